"""What every public read shares: open to every origin, validators, and what caches may keep."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
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
    request: Request, body: bytes, etag: str, last_modified: datetime | None = None, *, max_age: int = MAX_AGE
) -> HttpResponseBase:
    """The bytes with their validators, or 304 where the client has them already."""
    headers = {**cache_headers(request, max_age=max_age), "ETag": etag}
    response = HttpResponse(body, content_type="application/json", headers=headers)
    stamp = None
    if last_modified is not None:
        stamp = int(last_modified.timestamp())
        response.headers["Last-Modified"] = last_modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = get_conditional_response(request._request, etag, stamp, response)  # noqa: SLF001 - DRF's wrapper
    return answer if answer is not None else response
