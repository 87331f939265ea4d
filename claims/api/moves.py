"""The moves of the workflow: one POST each, by the same operations as the admin's buttons."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.api.base import DeskViewSet, Input, Instant
from claims.api.claims import claim_response
from claims.api.examples import CLAIM, FOUR_EYES, ILLEGAL_MOVE, UNMET
from claims.api.public_shapes import ErrorBody
from claims.api.rows import ClaimDetail
from claims.choices import ChangeType, DeclineReason
from claims.models import Claim
from claims.review import operations as review
from claims.review import scheduling

REFUSED = {200: ClaimDetail, 400: ErrorBody, 403: ErrorBody, 404: ErrorBody, 409: ErrorBody}


class Nothing(Input):
    """An empty object, or no body."""


class DeclineInput(Input):
    reason = serializers.ChoiceField(choices=DeclineReason.choices)
    explanation = serializers.CharField(required=False, allow_blank=True)
    already_checked_url = serializers.URLField(required=False, allow_blank=True, max_length=2048)


class MergeInput(Input):
    into = serializers.SlugRelatedField[Claim](
        slug_field="public_id", queryset=Claim.objects.all(), help_text="The public id of the claim that stays."
    )


class CommentInput(Input):
    comment = serializers.CharField(required=False, allow_blank=True)


class ReasonInput(Input):
    reason = serializers.CharField(required=False, allow_blank=True, help_text="In writing; it cannot be empty.")


class ScheduleInput(Input):
    publish_at = Instant(help_text="When it becomes public; to come.")
    embargo_until = Instant(
        required=False,
        allow_null=True,
        help_text="Nobody publishes it by hand before either; not after `publish_at`. Left out, there is no embargo.",
    )


class UnscheduleInput(Input):
    reason = serializers.CharField(required=False, allow_blank=True)


class ReviseInput(Input):
    change_type = serializers.ChoiceField(choices=ChangeType.choices)
    public_note = serializers.CharField(allow_blank=True, help_text="What changes and why, for the public.")


class RetractionInput(Input):
    public_note = serializers.CharField(allow_blank=True, help_text="Why, for the public.")
    superseded_by = serializers.SlugRelatedField[Claim](
        slug_field="public_id",
        queryset=Claim.objects.select_related("public_head"),
        required=False,
        allow_null=True,
        help_text="The public id of the claim whose verdict stands, where a duplicate is retracted.",
    )


@extend_schema(tags=["Moves"], responses=REFUSED, examples=[CLAIM, ILLEGAL_MOVE, FOUR_EYES])
class MoveViewSet(DeskViewSet):
    """Each method makes one move and answers with the claim as it then stands."""

    serializer_class = ClaimDetail

    @extend_schema(operation_id="claims_accept", summary="Take a claim on", request=Nothing)
    def accept(self, request: Request, public_id: str) -> Response:
        """Inbox to researching; its first revision opens and it is watched."""
        claim = self.claim()
        self.given(Nothing)
        review.accept(claim_id=claim.pk, **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_decline", summary="Leave a claim unchecked", request=DeclineInput)
    def decline(self, request: Request, public_id: str) -> Response:
        """Inbox or researching to declined."""
        claim = self.claim()
        review.decline(claim_id=claim.pk, **self.given(DeclineInput), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_reopen", summary="Put a declined claim back", request=ReasonInput)
    def reopen(self, request: Request, public_id: str) -> Response:
        """Declined to inbox."""
        claim = self.claim()
        review.reopen(claim_id=claim.pk, reason=self.given(ReasonInput).get("reason", ""), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_merge", summary="Fold a claim into another", request=MergeInput)
    def merge(self, request: Request, public_id: str) -> Response:
        """Inbox or researching to merged."""
        claim = self.claim()
        review.merge(claim_id=claim.pk, into_id=self.given(MergeInput)["into"].pk, **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_unmerge", summary="Make a merged claim stand by itself", request=Nothing)
    def unmerge(self, request: Request, public_id: str) -> Response:
        """Back to where it was merged from."""
        claim = self.claim()
        self.given(Nothing)
        review.unmerge(claim_id=claim.pk, **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(
        operation_id="claims_submit",
        summary="Send the open revision to review",
        request=Nothing,
        responses={**REFUSED, 422: ErrorBody},
        examples=[UNMET],
    )
    def submit(self, request: Request, public_id: str) -> Response:
        """Researching to in review; the revision freezes with the bytes that would be public."""
        claim = self.claim()
        self.given(Nothing)
        review.submit(claim_id=claim.pk, **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_withdraw", summary="Take the revision back from review", request=Nothing)
    def withdraw(self, request: Request, public_id: str) -> Response:
        """In review to researching; the frozen revision stays, its copy opens."""
        claim = self.claim()
        self.given(Nothing)
        review.withdraw(claim_id=claim.pk, **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_return", summary="Send the revision back with a comment", request=CommentInput)
    def return_to_writer(self, request: Request, public_id: str) -> Response:
        """In review or approved to researching."""
        claim = self.claim()
        comment = self.given(CommentInput).get("comment", "")
        review.return_to_writer(claim_id=claim.pk, comment=comment, **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_approve", summary="Approve the revision as it stands", request=CommentInput)
    def approve(self, request: Request, public_id: str) -> Response:
        """In review to approved, by somebody who had no hand in it."""
        claim = self.claim()
        review.approve(claim_id=claim.pk, **self.given(CommentInput), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(
        operation_id="claims_override_approve", summary="Approve as a superuser, in writing", request=ReasonInput
    )
    def override_approve(self, request: Request, public_id: str) -> Response:
        """In review to approved, against the four eyes; shown to everyone for ever."""
        claim = self.claim()
        review.override_approve(claim_id=claim.pk, reason=self.given(ReasonInput).get("reason", ""), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_publish", summary="Make the approved bytes public", request=Nothing)
    def publish(self, request: Request, public_id: str) -> Response:
        """Approved to published."""
        claim = self.claim()
        self.given(Nothing)
        review.publish(claim_id=claim.pk, **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(
        operation_id="claims_schedule",
        summary="Set the time at which the approved bytes become public",
        request=ScheduleInput,
    )
    def schedule(self, request: Request, public_id: str) -> Response:
        """The state is kept. Every check of publishing is made again then; nothing is public before."""
        claim = self.claim()
        scheduling.schedule(claim_id=claim.pk, **self.given(ScheduleInput), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_unschedule", summary="Take that time back", request=UnscheduleInput)
    def unschedule(self, request: Request, public_id: str) -> Response:
        """The state is kept; an embargo is lifted with it."""
        claim = self.claim()
        scheduling.unschedule(claim_id=claim.pk, **self.given(UnscheduleInput), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_revise", summary="Open a revision of what is public", request=ReviseInput)
    def revise(self, request: Request, public_id: str) -> Response:
        """Published to researching; what is public stays until the revision is published."""
        claim = self.claim()
        review.revise(claim_id=claim.pk, **self.given(ReviseInput), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_abandon", summary="Give the open revision up", request=ReasonInput)
    def abandon(self, request: Request, public_id: str) -> Response:
        """Back to published; what is public stays."""
        claim = self.claim()
        review.abandon(claim_id=claim.pk, reason=self.given(ReasonInput).get("reason", ""), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(
        operation_id="claims_propose_retraction", summary="Propose to retract the live verdict", request=RetractionInput
    )
    def propose_retraction(self, request: Request, public_id: str) -> Response:
        """The state is kept; a second person then retracts."""
        claim = self.claim()
        review.propose_retraction(claim_id=claim.pk, **self.given(RetractionInput), **self.acting())
        return claim_response(claim.pk, request)

    @extend_schema(operation_id="claims_retract", summary="Approve and publish the retraction", request=CommentInput)
    def retract(self, request: Request, public_id: str) -> Response:
        """The state is kept; the public reads 410 with the reason."""
        claim = self.claim()
        review.retract(claim_id=claim.pk, **self.given(CommentInput), **self.acting())
        return claim_response(claim.pk, request)
