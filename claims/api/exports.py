"""Everything live as one file: streamed as it is now, or as it was last night with a checksum."""

import base64
import re
import threading
from collections.abc import Iterator, Sequence
from typing import IO, Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import http_date, parse_http_date_safe
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.errors import Problem
from claims.api.filters import VerdictFilter
from claims.api.public import PublicView, cache_headers
from claims.api.public_shapes import ErrorBody
from claims.models import Dump
from claims.publishing import dumps, queries
from claims.publishing.changes import changes_after
from claims.publishing.export import FORMATS, batches

AFTER = "after"
COME_AGAIN = 10  # seconds, for whoever finds no place
BLOCK = 64 * 1024
# How the description shows each form: one JSON object, or text that is read line by line.
SHAPES = {
    kind.suffix: OpenApiTypes.OBJECT if kind.media_type == "application/ld+json" else OpenApiTypes.STR
    for kind in FORMATS.values()
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
# Each stream holds a thread of the server for as long as its reader takes, so the others must suffice.
_places = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 4))


class Streamed:
    """Chunks that hold a place until they are read or given up, whether or not anybody began to read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        if not _places.acquire(blocking=False):
            message = "Too many exports are being read. Come again in a moment, or take last night's file."
            raise Problem(message, code="busy", status=503, headers={"Retry-After": str(COME_AGAIN)})
        self._chunks = chunks
        self._held = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Gives the place back; a second time does nothing."""
        if self._held:
            self._held = False
            _places.release()


class Part:
    """Blocks of a file from one byte to another, both included; closed when they are read or given up."""

    def __init__(self, file: IO[bytes], first: int, last: int) -> None:
        file.seek(first)
        self._file = file
        self._left = last - first + 1

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self._file.read(min(BLOCK, self._left))
        if not block:
            raise StopIteration
        self._left -= len(block)
        return block

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


class DumpRow(serializers.ModelSerializer[Dump]):
    """A file of one night. `sha256` is of the bytes as they are served; from `head` on, the changes go on."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = Dump
        fields = ["name", "format", "url", "made_at", "verdicts", "size", "sha256", "feed_epoch", "head"]

    def get_url(self, dump: Dump) -> str:
        """Where it is."""
        return str(self.context["request"].build_absolute_uri(reverse("api:export-file", args=[dump.name])))


class DumpList(serializers.Serializer[Any]):
    """Every file that is kept."""

    results = DumpRow(many=True)


class Exports(PublicView):
    """What files there are."""

    @extend_schema(
        operation_id="exports_list",
        summary="The nightly files, the newest first",
        description="Each night everything live is written to one file per format. They may be read in parts (Range).",
        tags=["Public verdicts"],
        responses={200: DumpList},
    )
    def get(self, request: Request) -> Response:
        """All that are kept."""
        rows = DumpRow(Dump.objects.order_by("-made_at", "-id"), many=True, context={"request": request})
        return Response({"results": rows.data}, headers=cache_headers(request))


class VerdictExport(PublicView, GenericAPIView[Any]):
    """Live verdicts as one stream, in the order of their sequence."""

    filter_backends = [DjangoFilterBackend]
    filterset_class = VerdictFilter
    queryset = queries.live_verdicts()

    def parameters(self) -> Sequence[str]:
        """The filters of the list, and where to go on."""
        return [*VerdictFilter.base_filters, AFTER]

    @extend_schema(
        operation_id="exports_stream",
        summary="Live verdicts as CSV, JSON lines or a ClaimReview DataFeed",
        description=(
            "The same filters as the list. Whoever is cut off goes on with `after`, the last sequence that came "
            "through whole. A verdict that is changed meanwhile comes again at the end with its higher sequence: the "
            "later one holds. The Link header leads to the changes from where the export began. No cell of the CSV "
            "begins a formula: what would is led by an apostrophe."
        ),
        tags=["Public verdicts"],
        parameters=[
            OpenApiParameter("form", str, OpenApiParameter.PATH, enum=[kind.suffix for kind in FORMATS.values()]),
            OpenApiParameter(AFTER, int, description="The last `sequence` that you have; 0 unless told."),
        ],
        responses={
            **{(200, kind.media_type.partition(";")[0]): SHAPES[kind.suffix] for kind in FORMATS.values()},
            400: ErrorBody,
            404: ErrorBody,
            503: ErrorBody,
        },
    )
    def get(self, request: Request, form: str) -> HttpResponseBase:
        """The stream; a few at once, the others are asked to come again."""
        kind = next((kind for kind in FORMATS.values() if kind.suffix == form), None)
        if kind is None:
            raise Problem("There is no such format.", code="not_found", status=404)
        after = _after(request)
        rows = self.filter_queryset(self.get_queryset())
        head = changes_after(after=0, limit=0).head
        changes = request.build_absolute_uri(f"{reverse('api:changes')}?after={head}")
        headers = {
            **cache_headers(request, max_age=0),
            "Content-Disposition": f'attachment; filename="verdicts.{kind.suffix}"',
            "Link": f'<{changes}>; rel="next"',
        }
        if request.method == "HEAD":
            return HttpResponse(content_type=kind.media_type, headers=headers)
        chunks = Streamed(kind.stream(batches(after=after, rows=rows)))
        return StreamingHttpResponse(chunks, content_type=kind.media_type, headers=headers)


class ExportFile(PublicView):
    """One nightly file, whole or in part."""

    @extend_schema(
        operation_id="exports_file",
        summary="A nightly file",
        description="The ETag is strong and of the whole file; Range and If-Range work. `NAME.sha256` is its checksum.",
        tags=["Public verdicts"],
        responses={
            (200, "application/gzip"): OpenApiTypes.BINARY,
            (200, "text/plain"): OpenApiTypes.STR,
            (206, "application/gzip"): OpenApiTypes.BINARY,
            304: None,
            404: ErrorBody,
            416: ErrorBody,
        },
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """The bytes that were asked for."""
        dump = Dump.objects.filter(name=name.removesuffix(".sha256")).first()
        if dump is None:
            raise _missing()
        if name != dump.name:
            return HttpResponse(f"{dump.sha256}  {dump.name}\n", content_type="text/plain; charset=utf-8")
        etag = f'"{dump.sha256}"'
        digest = base64.b64encode(bytes.fromhex(dump.sha256)).decode()
        headers = {
            **cache_headers(request, max_age=3600),
            "ETag": etag,
            "Last-Modified": http_date(dump.made_at.timestamp()),
            "Accept-Ranges": "bytes",
            "Repr-Digest": f"sha-256=:{digest}:",
            "Content-Disposition": f'attachment; filename="{dump.name}"',
        }
        if etag in request.headers.get("If-None-Match", ""):
            return HttpResponse(status=304, headers=headers)
        part = _wanted(request, dump, etag)
        first, last = part or (0, dump.size - 1)
        headers["Content-Length"] = str(last - first + 1)
        if part is not None:
            headers["Content-Range"] = f"bytes {first}-{last}/{dump.size}"
        status = 200 if part is None else 206
        if request.method == "HEAD":
            return HttpResponse(status=status, content_type="application/gzip", headers=headers)
        file = dumps.opened(dump)
        if file is None:
            raise _missing()
        return StreamingHttpResponse(
            Part(file, first, last), status=status, content_type="application/gzip", headers=headers
        )


def _wanted(request: Request, dump: Dump, etag: str) -> tuple[int, int] | None:
    """The part asked for (RFC 9110, 14), one alone; None for the whole, which answers what cannot be read too.

    Raises Problem for one that lies beyond the end.
    """
    raw, still = request.headers.get("Range", ""), request.headers.get("If-Range")
    found = _RANGE.fullmatch(raw.replace(" ", ""))
    same = still is None or still == etag or parse_http_date_safe(still) == int(dump.made_at.timestamp())
    if found is None or found.groups() == ("", "") or not same:
        return None
    first, last = found.groups()
    if first == "":
        begin, end = max(0, dump.size - int(last)), dump.size - 1
    else:
        begin, end = int(first), min(int(last) if last else dump.size - 1, dump.size - 1)
    if begin > end or (first == "" and int(last) == 0):
        headers = {"Content-Range": f"bytes */{dump.size}"}
        raise Problem("That part lies beyond the end.", code="range_not_satisfiable", status=416, headers=headers)
    return begin, end


def _after(request: Request) -> int:
    raw = request.query_params.get(AFTER, "0")
    if not raw.isascii() or not raw.isdigit() or len(raw) > 18:
        message = "A whole number from 0."
        raise Problem("after cannot be used.", code="invalid", fields={AFTER: [message]})
    return int(raw)


def _missing() -> Problem:
    return Problem("There is no such file.", code="not_found", status=404)
