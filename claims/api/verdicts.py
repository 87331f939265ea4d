"""The public read: published verdicts as stored bytes, for anybody, with or without a key."""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request

from claims.api import pagination
from claims.api.errors import Problem
from claims.api.examples import (
    MERGED,
    NOT_YET_PUBLISHED,
    REDACTED,
    RETRACTED,
    UNKNOWN_PARAMETER,
    VERDICT,
)
from claims.api.fields import ALWAYS, FIELDS, cut, fields_asked
from claims.api.filters import VerdictFilter
from claims.api.instants import FORM, read_instant
from claims.api.public import PublicView, cache_headers, conditional, has_already, not_modified
from claims.api.public_shapes import ErrorBody, PublicVerdict
from claims.api.reach import note_served
from claims.publishing import queries
from claims.publishing.queries import PublicVersion
from claims.text import sha256

_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_FIELDS = OpenApiParameter(
    FIELDS,
    str,
    description=(
        "Parts of each verdict by dotted name, divided by commas, such as `published_at,document.verdict.rating.slug`. "
        f"{', '.join(f'`{name}`' for name in ALWAYS)} always come along. The ETag is of the answer cut so."
    ),
)


class VerdictList(PublicView, GenericAPIView[Any]):
    """Live verdicts, the newest publication first."""

    pagination_class: Any = pagination.Keyset
    filter_backends = [DjangoFilterBackend]
    filterset_class = VerdictFilter
    serializer_class = PublicVerdict
    queryset = queries.live_verdicts()
    keyset = ("-sequence",)

    def parameters(self) -> Sequence[str]:
        """Paging, the filters, and which parts."""
        return [*VerdictFilter.base_filters, pagination.CURSOR, pagination.SIZE, FIELDS]

    @extend_schema(
        operation_id="verdicts_list",
        summary="Live verdicts, the newest first",
        description=(
            "Every claim with a live verdict, once, at its newest version. Retracted ones are left out. "
            "Open to everybody; the ETag is weak."
        ),
        tags=["Public verdicts"],
        parameters=[_FIELDS],
        responses={200: PublicVerdict(many=True), 304: None, 400: ErrorBody},
        examples=[UNKNOWN_PARAMETER],
    )
    def get(self, request: Request) -> HttpResponseBase:
        """One page as bytes: the envelopes are put together, and parsed only where parts of them are asked for."""
        parts, asked = fields_asked(request), request.query_params.get(FIELDS, "")
        # As with one verdict: whoever names what they have is mostly right.
        named = "HTTP_IF_NONE_MATCH" in request.META and not self._filtered(request)
        links, found = self._page(request, with_body=not named)
        openings = [version.opening() for version in found]
        etag = _tag(links, openings, found, asked)
        if named:
            if has_already(request, etag):
                return not_modified(request, etag)
            links, found = self._page(request)
            openings = [version.opening() for version in found]
            etag = _tag(links, openings, found, asked)
        envelopes = [cut(version.envelope(opening), parts) for version, opening in zip(found, openings, strict=True)]
        body = b"".join([links[:-1], b',"results":[', b",".join(envelopes), b"]}"])
        return conditional(request, body, etag)

    def _filtered(self, request: Request) -> bool:
        return not VerdictFilter.base_filters.keys().isdisjoint(request.query_params)

    def _page(self, request: Request, *, with_body: bool = True) -> tuple[bytes, list[PublicVersion]]:
        """The links of the page as JSON, and its versions."""
        paginator = self.pagination_class()
        if self._filtered(request):
            rows = self.filter_queryset(self.get_queryset())
            found = queries.listed(paginator.paginate_queryset(rows, request, self))
        else:

            def fetch(order: Sequence[str], values: Sequence[float], count: int) -> list[PublicVersion]:
                beyond = int(values[0]) if values else None
                return queries.live_page(
                    beyond=beyond, back=not order[0].startswith("-"), count=count, with_body=with_body
                )

            found = paginator.page(fetch, request, self.keyset)
        links = {"next": paginator.next, "previous": paginator.previous}
        return json.dumps(links, separators=(",", ":")).encode(), found


def _tag(links: bytes, openings: Sequence[bytes], found: Sequence[PublicVersion], asked: str) -> str:
    """What tells this page from all others; each document's hash stands for it."""
    hashes = "".join(version.body_hash for version in found)
    return f'W/"{sha256(b"".join([links, *openings, hashes.encode(), asked.encode()]))[:32]}"'


class VerdictDetail(PublicView):
    """One claim's public document: the newest, one version, or what stood at an instant."""

    def parameters(self) -> Sequence[str]:
        """The two ways to ask for another than the newest, and which parts."""
        return ("version", "as_of", FIELDS)

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
            _FIELDS,
        ],
        responses={
            200: PublicVerdict,
            304: None,
            308: ErrorBody,
            400: ErrorBody,
            404: ErrorBody,
            410: ErrorBody,
            451: ErrorBody,
        },
        examples=[VERDICT, MERGED, UNKNOWN_PARAMETER, NOT_YET_PUBLISHED, RETRACTED, REDACTED],
    )
    def get(self, request: Request, public_id: str) -> HttpResponseBase:
        """Stored bytes in their envelope. One query in the plain case."""
        number, moment, parts = _version_asked(request), _instant_asked(request), fields_asked(request)
        if number is not None and moment is not None:
            raise Problem("Ask by version or by instant, not both.", code="invalid", fields={"as_of": ["One of two."]})
        # Whoever names what they have is mostly right, so the document itself is not fetched before it is wanted.
        named = number is None and moment is None and "HTTP_IF_NONE_MATCH" in request.META
        found = _found(public_id, number, moment, request, with_body=not named)
        asked = request.query_params.get(FIELDS, "")
        if named:
            etag = found.tag(asked)
            if has_already(request, etag):
                return not_modified(request, etag)
            found = _found(public_id, number, moment, request)
        return conditional(request, cut(found.envelope(), parts), found.tag(asked), found.changed_at)


def _found(
    public_id: str, number: int | None, moment: datetime | None, request: Request, *, with_body: bool = True
) -> PublicVersion:
    """The version asked for. Raises Problem where there is none to be read, or sends to the claim that has it."""
    if number is not None:
        version = queries.one_version(public_id, number)
        if version is None:
            raise _missing("There is no such version of a verdict.")
        found = version
    elif moment is not None:
        found = _at(public_id, moment, request)
    else:
        found = queries.newest_version(public_id, with_body=with_body) or _elsewhere(public_id, request)
    if found.body is not None or found.kind == "tombstone":
        note_served(request, found)
    if found.body is None:
        raise Problem(
            "This version was erased for legal reasons.",
            code="redacted",
            status=451,
            # RFC 7725, 4: who withholds it, which is this desk.
            headers={**cache_headers(request), "Link": f'<{request.build_absolute_uri("/")}>; rel="blocked-by"'},
        )
    if number is None and found.kind == "tombstone":
        raise _retracted(found, request)
    return found


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
    try:
        return read_instant(raw)
    except ValueError as error:
        raise Problem("as_of cannot be read.", code="invalid", fields={"as_of": [FORM]}) from error


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
