"""The words that the web is searched by for a claim: read, changed, and tried without storing anything."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api import preconditions
from claims.api.base import DeskViewSet, Input, Instant, Row
from claims.api.claims import IF_MATCH
from claims.api.public_shapes import ErrorBody
from claims.api.rows import PersonRow
from claims.choices import Outcome
from claims.coverage import trials
from claims.coverage.query_lines import MOST_LINES, save_lines
from claims.matching.query import built_lines
from claims.models import Claim, ClaimQuery, QueryTrial, QueryTrialResult
from claims.models.searching import LINE_LIMIT


class LinesInput(Input):
    """Each line is a search of its own: words that a page must hold, phrases in quotation marks."""

    lines = serializers.ListField(
        child=serializers.CharField(max_length=LINE_LIMIT, allow_blank=True),
        max_length=MOST_LINES,
        help_text="None, to save: built from the claim's own words again.",
    )


class QueriesRow(serializers.Serializer[Any]):
    """The lines in use. `written` says whether a person wrote them; `built` is what would be used otherwise."""

    lines = serializers.ListField(child=serializers.CharField())
    written = serializers.BooleanField()
    built = serializers.ListField(child=serializers.CharField())
    saved_by = PersonRow(allow_null=True)
    saved_at = Instant(allow_null=True)
    lock_version = serializers.IntegerField(help_text="0 while nobody ever wrote any.")


class FoundPage(serializers.Serializer[Any]):
    url = serializers.CharField()
    title = serializers.CharField()


class TrialResultRow(Row):
    """What one service would find; `outcome` is null until it answered, `count` where it was not measured."""

    outcome = serializers.SerializerMethodField()
    found = FoundPage(many=True, help_text="The first of them.")

    class Meta:
        model = QueryTrialResult
        fields = ["connector", "outcome", "count", "found", "note", "finished_at"]

    @extend_schema_field(serializers.ChoiceField(choices=Outcome.choices, allow_null=True))
    def get_outcome(self, result: QueryTrialResult) -> str | None:
        """The outcome, once there is one."""
        return result.outcome or None


class TrialRow(Row):
    asked_by = PersonRow()
    results = TrialResultRow(many=True)

    class Meta:
        model = QueryTrial
        fields = ["id", "lines", "asked_by", "asked_at", "results"]


@extend_schema(tags=["Coverage"])
class ClaimQueryViewSet(DeskViewSet):
    """The search queries of one claim."""

    queryset = ClaimQuery.objects.none()
    serializer_class = QueriesRow
    pagination_class = None

    @extend_schema(
        operation_id="queries_retrieve",
        summary="The search queries of a claim",
        responses={200: QueriesRow, 404: ErrorBody},
    )
    def show(self, request: Request, public_id: str) -> Response:
        """The lines in use."""
        return _queries(self.claim())

    @extend_schema(
        operation_id="queries_edit",
        summary="Search for a claim by other words",
        parameters=[IF_MATCH],
        request=LinesInput,
        responses={200: QueriesRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody, 412: ErrorBody, 428: ErrorBody},
    )
    def partial_update(self, request: Request, public_id: str) -> Response:
        """The lines as saved; services are asked by them from the next search on."""
        tag = preconditions.version(preconditions.required(request))
        claim = self.claim()
        save_lines(claim_id=claim.pk, lines=self.given(LinesInput)["lines"], lock_version=tag, **self.acting())
        return _queries(claim)


@extend_schema(tags=["Coverage"])
class QueryTrialViewSet(DeskViewSet):
    """Dry runs of search queries."""

    queryset = QueryTrial.objects.select_related("asked_by").prefetch_related(
        Prefetch("results", QueryTrialResult.objects.order_by("pk"))
    )
    serializer_class = TrialRow

    @extend_schema(operation_id="tries_list", summary="Tries of a claim's queries, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of tries."""
        return self.page(self.get_queryset().filter(claim=self.claim()), TrialRow)

    @extend_schema(
        operation_id="tries_create",
        summary="Try queries without storing what they find",
        description="Every service that may be asked answers in the background; look at the try again.",
        request=LinesInput,
        responses={202: TrialRow, 400: ErrorBody, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody},
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The try, without answers yet."""
        claim = self.claim()
        made = trials.request_trial(claim_id=claim.pk, lines=self.given(LinesInput)["lines"], **self.acting())
        answer = Response(TrialRow(self.get_queryset().get(pk=made.pk)).data, status=202)
        answer.headers["Location"] = f"/api/v1/query-tries/{made.pk}"
        return answer

    @extend_schema(operation_id="tries_retrieve", summary="One try", responses={200: TrialRow, 404: ErrorBody})
    def retrieve(self, request: Request, pk: int) -> Response:
        """The try, with the answers so far."""
        return Response(TrialRow(self.get_queryset().get(pk=pk)).data)


def _queries(claim: Claim) -> Response:
    row = ClaimQuery.objects.filter(claim=claim).select_related("saved_by").first()
    built = built_lines(claim)
    version = row.lock_version if row is not None else 0
    shown = {
        "lines": row.lines if row is not None and row.lines else built,
        "written": row is not None and bool(row.lines),
        "built": built,
        "saved_by": row.saved_by if row is not None else None,
        "saved_at": row.saved_at if row is not None else None,
        "lock_version": version,
    }
    return Response(QueriesRow(shown).data, headers={"ETag": preconditions.etag(version)})
