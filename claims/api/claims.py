"""Claims: list, create, read with what is open to whoever asks, edit."""

from dataclasses import fields
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access.locking import lock_claim
from claims.api import preconditions
from claims.api.auth import person_of
from claims.api.base import DeskViewSet, Input, Instant
from claims.api.examples import CLAIM, NEW_CLAIM, STALE
from claims.api.filters import ClaimFilter
from claims.api.public_shapes import ErrorBody
from claims.api.rows import ClaimDetail, ClaimRow
from claims.audit.contributions import open_revision
from claims.choices import ClaimKind, Priority
from claims.editing import claims as editing
from claims.editing.claims import ClaimFields
from claims.models import Claim, Claimant, Topic
from claims.review.queries import moves_for
from claims.review.steps import waiting_plan
from claims.verdicts.checklist import check

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The ETag of what you read."
)
MAY_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The ETag of what you read; refused if it changed since."
)


class ClaimInput(Input):
    """What an editor gives of a claim. State is moved by the moves alone."""

    statement = serializers.CharField(max_length=500)
    original_text = serializers.CharField(required=False, allow_blank=True)
    language = serializers.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z", required=False, max_length=35, help_text="BCP 47."
    )
    kind = serializers.ChoiceField(choices=ClaimKind.choices, required=False)
    claimant = serializers.PrimaryKeyRelatedField[Claimant](
        queryset=Claimant.objects.all(), required=False, allow_null=True
    )
    claimed_on = serializers.DateField(required=False, allow_null=True)
    location = serializers.CharField(required=False, allow_blank=True, max_length=200)
    context = serializers.CharField(required=False, allow_blank=True)  # type: ignore[assignment]  # DRF takes declared fields off the class
    selection_reason = serializers.CharField(required=False, allow_blank=True)
    translation_of = serializers.SlugRelatedField[Claim](
        slug_field="public_id",
        queryset=Claim.objects.all(),
        required=False,
        allow_null=True,
        help_text="The public id of the claim that this one says in another language.",
    )
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    due_at = Instant(required=False, allow_null=True)
    topics = serializers.SlugRelatedField[Topic](
        slug_field="slug", queryset=Topic.objects.all(), many=True, required=False
    )


def claim_response(claim_id: int, request: Request, *, status: int = 200) -> Response:
    """The claim as it stands now, with the moves open to whoever asks, its checklist and its ETag."""
    claim: Any = Claim.objects.select_related("claimant", "merged_into", "translation_of", "created_by", "public_head")
    claim = claim.prefetch_related("topics").get(pk=claim_id)
    claim.scheduled = waiting_plan(claim)
    claim.open_moves = moves_for(claim=claim, user=person_of(request), plan=claim.scheduled)
    revision = open_revision(claim)
    claim.checked_lines = check(claim=claim, verdict=revision) if revision is not None else []
    headers = {"ETag": preconditions.etag(claim.lock_version)}
    return Response(ClaimDetail(claim).data, status=status, headers=headers)


@extend_schema(tags=["Claims"])
class ClaimViewSet(DeskViewSet):
    """The desk's claims."""

    queryset = (
        Claim.objects.select_related("claimant", "merged_into", "public_head")
        .prefetch_related("topics")
        .defer("search")
    )
    serializer_class = ClaimRow
    filterset_class = ClaimFilter

    @extend_schema(operation_id="claims_list", summary="Claims, the newest first")
    def list(self, request: Request) -> Response:
        """One page of claims."""
        return self.page(self.get_queryset(), ClaimRow)

    @extend_schema(
        operation_id="claims_create",
        summary="Put a claim into the inbox",
        request=ClaimInput,
        responses={201: ClaimDetail, 400: ErrorBody},
        examples=[NEW_CLAIM],
    )
    def create(self, request: Request) -> Response:
        """The new claim."""
        made = editing.create_claim(given=ClaimFields(**self.given(ClaimInput)), **self.acting())
        answer = claim_response(made.pk, request, status=201)
        answer.headers["Location"] = f"{request.path}/{made.public_id}"
        return answer

    @extend_schema(
        operation_id="claims_retrieve",
        summary="One claim, with the moves open to you and its checklist",
        responses={200: ClaimDetail, 404: ErrorBody},
        examples=[CLAIM],
    )
    def retrieve(self, request: Request, public_id: str) -> Response:
        """The claim."""
        return claim_response(self.claim().pk, request)

    @extend_schema(
        operation_id="claims_edit",
        summary="Edit a claim's fields",
        parameters=[IF_MATCH],
        request=ClaimInput(partial=True),
        responses={200: ClaimDetail, 400: ErrorBody, 409: ErrorBody, 412: ErrorBody, 428: ErrorBody},
        examples=[STALE],
    )
    def partial_update(self, request: Request, public_id: str) -> Response:
        """The claim as saved. Fields that are not named stay as they are."""
        tag = preconditions.version(preconditions.required(request))
        given = self.given(ClaimInput, partial=True)
        with transaction.atomic():
            claim = lock_claim(self.claim().pk)
            kept = {f.name: getattr(claim, f.name) for f in fields(ClaimFields) if f.name != "topics"}
            editing.edit_claim(
                claim_id=claim.pk, given=ClaimFields(**{**kept, **given}), lock_version=tag, **self.acting()
            )
        return claim_response(claim.pk, request)
