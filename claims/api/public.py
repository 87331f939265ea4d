"""What every public read shares: open to every origin, validators, and what caches may keep."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.auth import KeyAuthentication, key_of
from claims.api.base import Checked

MAX_AGE = 30  # seconds that a shared cache may hide a correction for
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "ETag, Last-Modified, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
    ),
}
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}


class PublicView(Checked):
    """Open to everybody and to pages of every origin. A key, where one is sent, must be good."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]  # no body
        """A browser's preflight."""
        return HttpResponse(status=204, headers=_PREFLIGHT)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Lets pages of every origin read the answer, a refusal too."""
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in _CORS.items():
            final.headers[name] = value
        return final


def cache_headers(request: Request, *, max_age: int = MAX_AGE) -> dict[str, str]:
    """Shared caches may keep what anybody gets; what came with a key, nobody else sees from a cache.

    `max_age` is in seconds; 0 makes every cache ask whether the answer still holds.
    """
    policy = f"public, max-age={max_age}" if max_age else "public, no-cache"
    return {"Cache-Control": "private, no-cache" if key_of(request) is not None else policy, "Vary": "Authorization"}


def conditional(
    request: Request,
    body: bytes | Sequence[bytes],
    etag: str,
    last_modified: datetime | None = None,
    *,
    max_age: int = MAX_AGE,
    content_type: str = "application/json",
) -> HttpResponseBase:
    """The bytes with their validators, or 304 where the client has them already.

    A body in several pieces is sent piece by piece, and never stands in memory a second time.
    """
    if has_already(request, etag):
        return not_modified(request, etag, max_age=max_age)
    headers = {**cache_headers(request, max_age=max_age), "ETag": etag}
    stamp = None
    if last_modified is not None:
        stamp = int(last_modified.timestamp())
        headers["Last-Modified"] = http_date(stamp)
    if isinstance(body, bytes):
        response = HttpResponse(body, content_type=content_type, headers=headers)
    else:
        headers["Content-Length"] = str(sum(map(len, body)))
        response = HttpResponse(body[0], content_type=content_type, headers=headers)
        response.writelines(body[1:])
    if not _ASKS.isdisjoint(request.META):
        return get_conditional_response(request._request, etag, stamp, response) or response  # noqa: SLF001 - DRF's
    return response


# The conditions of RFC 9110 that are left to Django; the usual one is looked at here, at a fraction of the cost.
_ASKS = frozenset({"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_UNMODIFIED_SINCE"})


def has_already(request: Request, etag: str) -> bool:
    """Whether the client named this one tag, and asked for nothing that comes before it (RFC 9110, 13.2.2)."""
    meta = request.META
    if "HTTP_IF_MATCH" in meta or "HTTP_IF_UNMODIFIED_SINCE" in meta:
        return False
    named: str = meta.get("HTTP_IF_NONE_MATCH", "")
    return named.removeprefix("W/") == etag.removeprefix("W/")


def not_modified(request: Request, etag: str, *, max_age: int = MAX_AGE) -> HttpResponseNotModified:
    """304, with what a cache needs and no more (RFC 9110, 15.4.5)."""
    return HttpResponseNotModified(headers={**cache_headers(request, max_age=max_age), "ETag": etag})
