"""The public read: published verdicts as stored bytes, for anybody, with or without a key."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api import pagination
from claims.api.auth import KeyAuthentication, key_of
from claims.api.base import Checked
from claims.api.errors import Problem
from claims.api.examples import RETRACTED, VERDICT
from claims.api.filters import VerdictFilter
from claims.api.public_shapes import ErrorBody, PublicVerdict
from claims.publishing import queries
from claims.publishing.queries import PublicVersion
from claims.text import sha256

MAX_AGE = 30  # seconds that a shared cache may hide a correction for
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
# An unencoded plus arrives as a space.
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+\- ]\d\d:\d\d)")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link, Retry-After, X-Request-ID",
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


def cache_headers(request: Request) -> dict[str, str]:
    """Shared caches may keep what anybody gets; what came with a key, nobody else sees from a cache."""
    policy = "private, no-cache" if key_of(request) is not None else f"public, max-age={MAX_AGE}"
    return {"Cache-Control": policy, "Vary": "Authorization"}


def conditional(request: Request, body: bytes, etag: str, last_modified: datetime | None = None) -> HttpResponseBase:
    """The bytes with their validators, or 304 where the client has them already."""
    response = HttpResponse(body, content_type="application/json", headers={**cache_headers(request), "ETag": etag})
    stamp = None
    if last_modified is not None:
        stamp = int(last_modified.timestamp())
        response.headers["Last-Modified"] = last_modified.strftime("%a, %d %b %Y %H:%M:%S GMT")
    answer = get_conditional_response(request._request, etag, stamp, response)  # noqa: SLF001 - DRF's wrapper
    return answer if answer is not None else response


class VerdictList(PublicView, GenericAPIView[Any]):
    """Live verdicts, the newest publication first."""

    pagination_class: Any = pagination.Keyset
    filter_backends = [DjangoFilterBackend]
    filterset_class = VerdictFilter
    serializer_class = PublicVerdict
    queryset = queries.live_verdicts()
    keyset = ("-sequence",)

    def parameters(self) -> Sequence[str]:
        """Paging and the filters."""
        return [*VerdictFilter.base_filters, pagination.CURSOR, pagination.SIZE]

    @extend_schema(
        operation_id="verdicts_list",
        summary="Live verdicts, the newest first",
        description=(
            "Every claim with a live verdict, once, at its newest version. Retracted ones are left out. "
            "Open to everybody; the ETag is weak."
        ),
        tags=["Public verdicts"],
        responses={200: PublicVerdict(many=True)},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """One page as bytes: the envelopes are put together, never parsed."""
        paginator = self.pagination_class()
        rows = self.filter_queryset(self.get_queryset())
        found = queries.listed(paginator.paginate_queryset(rows, request, self))
        links = json.dumps({"next": paginator.next, "previous": paginator.previous}, separators=(",", ":"))
        envelopes = b",".join(version.envelope() for version in found)
        body = b"".join([links[:-1].encode(), b',"results":[', envelopes, b"]}"])
        return conditional(request, body, f'W/"{sha256(body)[:32]}"')


class VerdictDetail(PublicView):
    """One claim's public document: the newest, one version, or what stood at an instant."""

    def parameters(self) -> Sequence[str]:
        """The two ways to ask for another than the newest."""
        return ("version", "as_of")

    @extend_schema(
        operation_id="verdicts_retrieve",
        summary="One published verdict",
        description=(
            "The document is served byte for byte as it was approved. A retracted verdict answers 410 with the reason; "
            "its versions stay readable by `version` and are marked retracted. The ETag is strong."
        ),
        tags=["Public verdicts"],
        parameters=[
            OpenApiParameter("version", int, description="A version by its number, from 1. Not together with as_of."),
            OpenApiParameter(
                "as_of",
                str,
                description="An instant in RFC 3339 with its offset: what we had published then. Not in the future.",
            ),
        ],
        responses={200: PublicVerdict, 304: None, 308: ErrorBody, 404: ErrorBody, 410: ErrorBody, 451: ErrorBody},
        examples=[VERDICT, RETRACTED],
    )
    def get(self, request: Request, public_id: str) -> HttpResponseBase:
        """Stored bytes in their envelope. One query in the plain case."""
        number, moment = _version_asked(request), _instant_asked(request)
        if number is not None and moment is not None:
            raise Problem("Ask by version or by instant, not both.", code="invalid", fields={"as_of": ["One of two."]})
        if number is not None:
            found = queries.one_version(public_id, number)
            if found is None:
                raise _missing("There is no such version of a verdict.")
        elif moment is not None:
            found = _at(public_id, moment, request)
        else:
            found = queries.newest_version(public_id) or _elsewhere(public_id, request)
        if number is None and found.kind == "tombstone":
            raise _retracted(found, request)
        if found.body is None:
            raise Problem("This version was erased for legal reasons.", code="redacted", status=451)
        body = found.envelope()
        return conditional(request, body, f'"{sha256(body)[:32]}"', found.changed_at)


def _version_asked(request: Request) -> int | None:
    raw = request.query_params.get("version")
    if raw is None:
        return None
    if not _VERSION.fullmatch(raw):
        raise Problem("A version is a number from 1.", code="invalid", fields={"version": ["A number from 1."]})
    return int(raw)


def _instant_asked(request: Request) -> datetime | None:
    raw = request.query_params.get("as_of")
    if raw is None:
        return None
    found = _INSTANT.fullmatch(raw)
    try:
        if found is None:
            raise ValueError(raw)
        day, time, offset = found.groups()
        return datetime.fromisoformat(f"{day}T{time[:15]}{'+00:00' if offset in 'Zz' else offset.replace(' ', '+')}")
    except ValueError as error:
        message = "Give an instant with its offset, such as 2026-03-02T12:00:00Z."
        raise Problem("as_of cannot be read.", code="invalid", fields={"as_of": [message]}) from error


def _at(public_id: str, moment: datetime, request: Request) -> PublicVersion:
    if moment > queries.database_now():
        message = "Lies in the future; we cannot say what we will have published."
        raise Problem("as_of lies in the future.", code="invalid", fields={"as_of": [message]})
    found = queries.version_at(public_id, moment)
    if found is not None:
        return found
    if queries.newest_version(public_id) is None:
        return _elsewhere(public_id, request)
    raise Problem("At that instant nothing was published yet.", code="not_yet_published", status=404)


def _elsewhere(public_id: str, request: Request) -> PublicVersion:
    """Never returns: sends to the claim that this one was merged into, or raises 404."""
    other = queries.merged_into(public_id)
    if other is None:
        raise _missing("There is no published verdict of this id.")
    address = _address(request, other)
    query = request.META.get("QUERY_STRING", "")
    raise Problem(
        "This claim says the same as another and was merged into it.",
        code="merged",
        status=308,
        details={"id": other, "url": address},
        headers={**cache_headers(request), "Location": f"{address}?{query}" if query else address},
    )


def _retracted(tombstone: PublicVersion, request: Request) -> Problem:
    here = _address(request, tombstone.public_id)
    last = f"{here}?version={tombstone.version - 1}"
    details = {
        "reason": tombstone.public_note,
        "retracted_at": queries.instant(tombstone.valid_from),
        "version": tombstone.version,
        "last_version_url": last,
    }
    other = queries.stands_instead(tombstone.public_id, tombstone.version)
    if other is not None:
        details |= {"superseded_by": other, "superseded_by_url": _address(request, other)}
    return Problem(
        "This verdict was retracted. Its versions stay readable by their numbers.",
        code="retracted",
        status=410,
        details=details,
        headers={**cache_headers(request), "Link": f'<{last}>; rel="predecessor-version"'},
    )


def _missing(message: str) -> Problem:
    return Problem(message, code="not_found", status=404)


def _address(request: Request, public_id: str) -> str:
    return request.build_absolute_uri(reverse("api:verdict", args=[public_id]))
