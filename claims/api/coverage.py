"""Coverage: what machines suggested for a claim; people keep, dismiss and cite."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet, Input
from claims.api.evidence import EvidenceWords, evidence_response
from claims.api.filters import CoverageFilter
from claims.api.moves import Nothing
from claims.api.public_shapes import ErrorBody
from claims.api.rows import CoverageRow, EvidenceRow, SearchRow
from claims.choices import Stance
from claims.coverage import operations
from claims.editing.evidence import EvidenceFields, cite
from claims.matching.operations import request_search
from claims.models import ClaimSearch, Coverage

DECIDED = {200: CoverageRow, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody}


class KeepInput(Input):
    """What the page does with the claim, for those who can say; an empty object, or no body, leaves that open."""

    stance = serializers.ChoiceField(choices=Stance.choices, required=False)


@extend_schema(tags=["Coverage"])
class ClaimCoverageViewSet(DeskViewSet):
    """The coverage of one claim, the best first."""

    queryset = (
        Coverage.objects.with_documents()
        .select_related("claim", "decided_by")
        .defer("document__text", "document__search", "claim__search")
    )
    serializer_class = CoverageRow
    filterset_class = CoverageFilter
    keyset = ("-score", "id")

    @extend_schema(operation_id="coverage_list", summary="A claim's coverage, the best first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of coverage, that of merged claims too, each document once; `claim` says whose it is."""
        rows: Any = self.get_queryset()
        return self.page(rows.of_cluster(self.claim().pk), CoverageRow)


@extend_schema(tags=["Coverage"])
class ClaimSearchViewSet(DeskViewSet):
    """Searches for one claim's coverage. Outcome `none` means that we looked; `not_measured` that we could not."""

    queryset = ClaimSearch.objects.all()
    serializer_class = SearchRow

    @extend_schema(operation_id="searches_list", summary="Searches for a claim's coverage, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of searches."""
        return self.page(self.get_queryset().filter(claim=self.claim()), SearchRow)

    @extend_schema(
        operation_id="searches_request",
        summary="Ask for a new search",
        description="Workers do it in the background; look for its outcome in the list.",
        request=Nothing,
        responses={202: None, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody},
    )
    def create(self, request: Request, public_id: str) -> Response:
        """Nothing yet."""
        claim = self.claim()
        self.given(Nothing)
        request_search(claim_id=claim.pk, **self.acting())
        return Response(status=202)


@extend_schema(tags=["Coverage"], responses=DECIDED)
class CoverageViewSet(DeskViewSet):
    """Decisions on one piece of coverage. A "no" is remembered."""

    serializer_class = CoverageRow

    @extend_schema(operation_id="coverage_retrieve", summary="One piece of coverage")
    def retrieve(self, request: Request, pk: int) -> Response:
        """The piece."""
        return self._shown(pk)

    @extend_schema(
        operation_id="coverage_keep",
        summary="Keep a suggestion as coverage, and say its stance",
        request=KeepInput,
        responses={**DECIDED, 400: ErrorBody},
    )
    def keep(self, request: Request, pk: int) -> Response:
        """The piece, kept. One kept before takes the stance that is said now."""
        operations.keep(coverage_id=pk, **self.given(KeepInput), **self.acting())
        return self._shown(pk)

    @extend_schema(operation_id="coverage_dismiss", summary="Say that it is no coverage", request=Nothing)
    def dismiss(self, request: Request, pk: int) -> Response:
        """The piece, dismissed."""
        self.given(Nothing)
        operations.dismiss(coverage_id=pk, **self.acting())
        return self._shown(pk)

    @extend_schema(operation_id="coverage_restore", summary="Undo a decision", request=Nothing)
    def restore(self, request: Request, pk: int) -> Response:
        """The piece, waiting again."""
        self.given(Nothing)
        operations.restore(coverage_id=pk, **self.acting())
        return self._shown(pk)

    @extend_schema(
        operation_id="coverage_cite",
        summary="Make evidence of it, and keep it",
        request=EvidenceWords,
        responses={201: EvidenceRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody},
    )
    def cite(self, request: Request, pk: int) -> Response:
        """The new source."""
        made = cite(coverage_id=pk, given=EvidenceFields(**self.given(EvidenceWords)), **self.acting())
        return evidence_response(made.pk, status=201)

    def _shown(self, pk: int) -> Response:
        return Response(CoverageRow(ClaimCoverageViewSet.queryset.get(pk=pk)).data)
