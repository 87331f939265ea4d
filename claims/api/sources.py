"""Sources that workers poll: read by everybody on the desk, set up and polled at once by administrators."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api import preconditions
from claims.api.base import DeskViewSet, Input, Row, now
from claims.api.claims import IF_MATCH
from claims.api.filters import SourceFilter
from claims.api.moves import Nothing
from claims.api.public_shapes import ErrorBody
from claims.api.rows import OutletRow
from claims.choices import SourceKind
from claims.coverage.poll_days import poll_days
from claims.coverage.sources import request_poll, save_source
from claims.models import Organisation, Outlet, Source, SourcePoll

HEALTH_DAYS = 30


class SourceRow(Row):
    """A source with how it is doing. The ETag of its own address covers its settings."""

    outlet = OutletRow(allow_null=True)

    class Meta:
        model = Source
        fields = [
            "id",
            "name",
            "kind",
            "url",
            "outlet",
            "active",
            "poll_minutes",
            "fixed_period",
            "next_poll_at",
            "last_polled_at",
            "last_succeeded_at",
            "failures",
            "health_note",
            "moved_to",
        ]


class SourceInput(Input):
    name = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=SourceKind.choices, required=False)
    url = serializers.CharField(max_length=2048)
    outlet = serializers.SlugRelatedField[Outlet](
        slug_field="slug", queryset=Outlet.objects.all(), required=False, allow_null=True, help_text="An outlet's slug."
    )
    active = serializers.BooleanField(required=False)
    poll_minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=43_200, help_text="Its period if that is fixed, else where it starts."
    )
    fixed_period = serializers.BooleanField(required=False, help_text="Keep the period, whatever is learned.")


class PollRow(Row):
    """One attempt to read a source. Only the outcome `none` means that there was nothing new."""

    class Meta:
        model = SourcePoll
        fields = [
            "id",
            "started_at",
            "outcome",
            "http_status",
            "entries",
            "new_documents",
            "new_entries",
            "lost_entries",
            "size",
            "milliseconds",
            "next_poll_at",
            "note",
        ]


class PollDayRow(serializers.Serializer[Any]):
    """The polls of one day."""

    day = serializers.DateField()
    found = serializers.IntegerField(help_text="Polls that brought something new.")
    nothing_new = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Polls after which nobody knows what the source lists.")
    new_documents = serializers.IntegerField()
    lost = serializers.IntegerField(help_text="Polls before which entries may have been missed.")
    size = serializers.IntegerField(help_text="Bytes.")


class SourceHealth(serializers.Serializer[Any]):
    """Thirty days of polls, oldest first, in the desk's time zone."""

    time_zone = serializers.CharField()
    days = PollDayRow(many=True)


@extend_schema(tags=["Sources"])
class SourceViewSet(DeskViewSet):
    """Feeds and sitemaps that are polled for coverage."""

    queryset = Source.objects.select_related("outlet")
    serializer_class = SourceRow
    filterset_class = SourceFilter

    @extend_schema(operation_id="sources_list", summary="Sources, the newest first")
    def list(self, request: Request) -> Response:
        """One page of sources."""
        return self.page(self.get_queryset(), SourceRow)

    @extend_schema(
        operation_id="sources_create",
        summary="Add a source",
        request=SourceInput,
        responses={201: SourceRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody},
    )
    def create(self, request: Request) -> Response:
        """The new source, due at once."""
        made = _save(None, {"outlet": None, "active": True, "poll_minutes": 30, **self.given(SourceInput)}, self)
        answer = self._shown(made.pk, status=201)
        answer.headers["Location"] = f"{request.path}/{made.pk}"
        return answer

    @extend_schema(operation_id="sources_retrieve", summary="One source", responses={200: SourceRow, 404: ErrorBody})
    def retrieve(self, request: Request, pk: int) -> Response:
        """The source."""
        return self._shown(pk)

    @extend_schema(
        operation_id="sources_edit",
        summary="Change a source's settings",
        description="A new address or pace, or switching it on, makes it due now.",
        parameters=[IF_MATCH],
        request=SourceInput(partial=True),
        responses={200: SourceRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody, 412: ErrorBody, 428: ErrorBody},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """The source as saved. Fields that are not named stay as they are."""
        tag = preconditions.required(request)
        given = self.given(SourceInput, partial=True)
        with transaction.atomic():
            row = Source.objects.select_for_update(of=("self",)).select_related("outlet").get(pk=pk)
            standing = _standing(row)
            wanted = {**given, "outlet": given["outlet"] and given["outlet"].slug} if "outlet" in given else given
            preconditions.expect_content(tag, standing=standing, wanted=wanted)
            _save(pk, {**standing, "outlet": row.outlet, **given}, self)
        return self._shown(pk)

    @extend_schema(
        operation_id="sources_poll",
        summary="Poll a source soon, whatever its schedule says",
        description="Workers do it in the background; look for its outcome among the polls.",
        request=Nothing,
        responses={202: None, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody},
    )
    def poll(self, request: Request, pk: int) -> Response:
        """Nothing yet."""
        self.given(Nothing)
        request_poll(source_id=pk, **self.acting())
        return Response(status=202)

    @extend_schema(
        operation_id="sources_health",
        summary="How a source is doing, day by day",
        responses={200: SourceHealth, 404: ErrorBody},
    )
    def health(self, request: Request, pk: int) -> Response:
        """Days without a poll are among them."""
        source, name = Source.objects.get(pk=pk), Organisation.objects.current().time_zone
        days = poll_days(source_id=source.pk, until=now(), days=HEALTH_DAYS, zone=_zone(name))
        return Response(SourceHealth({"time_zone": name, "days": days}).data)

    def _shown(self, pk: int, *, status: int = 200) -> Response:
        row = self.get_queryset().get(pk=pk)
        headers = {"ETag": f'"{preconditions.content_tag(_standing(row))}"'}
        return Response(SourceRow(row).data, status=status, headers=headers)


@extend_schema(tags=["Sources"])
class SourcePollViewSet(DeskViewSet):
    """The polls of one source."""

    queryset = SourcePoll.objects.all()
    serializer_class = PollRow

    @extend_schema(operation_id="polls_list", summary="Polls of a source, the newest first")
    def list(self, request: Request, pk: int) -> Response:
        """One page of polls."""
        return self.page(self.get_queryset().filter(source=Source.objects.get(pk=pk)), PollRow)


def _zone(name: str) -> tzinfo:
    """The time zone; UTC where the name is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def _standing(row: Source) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": str(row.kind),
        "url": row.url,
        "outlet": row.outlet.slug if row.outlet is not None else None,
        "active": row.active,
        "poll_minutes": row.poll_minutes,
        "fixed_period": row.fixed_period,
    }


def _save(pk: int | None, given: dict[str, Any], view: SourceViewSet) -> Source:
    kind = SourceKind(given.pop("kind", SourceKind.RSS))
    return save_source(source_id=pk, kind=kind, **given, **view.acting())
