"""Verdict revisions: the open draft, those before it, and the checklist with its waivers."""

import json
from typing import Any

from django.db import transaction
from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access.locking import expect, lock_claim
from claims.api import preconditions
from claims.api.base import DeskViewSet, Input
from claims.api.claims import IF_MATCH
from claims.api.examples import DRAFT, STALE
from claims.api.public_shapes import ErrorBody, PublicDocument
from claims.api.rows import ChecklistRow, RevisionDetail, RevisionRow
from claims.audit.contributions import open_revision
from claims.choices import ChangeType, ChecklistLine, MediaAuthenticity
from claims.models import Approval, Claim, Rating, Verdict, VerdictContributor
from claims.verdicts import operations
from claims.verdicts.candidate import document
from claims.verdicts.checklist import WAIVABLE, check
from claims.verdicts.operations import VerdictFields

LINE = OpenApiParameter("line", str, OpenApiParameter.PATH, enum=sorted(line.value for line in WAIVABLE))
_KEPT = ("rating", "headline", "summary", "explanation", "byline", "media_authenticity")


class DraftInput(Input):
    """What a writer gives of the open revision."""

    rating = serializers.PrimaryKeyRelatedField[Rating](
        queryset=Rating.objects.select_related("scale"), required=False, allow_null=True
    )
    headline = serializers.CharField(required=False, allow_blank=True, max_length=200)
    summary = serializers.CharField(required=False, allow_blank=True)
    explanation = serializers.CharField(required=False, allow_blank=True, help_text="Markdown.")
    byline = serializers.CharField(required=False, allow_blank=True, max_length=200)
    media_authenticity = serializers.ChoiceField(
        choices=MediaAuthenticity.choices, required=False, allow_blank=True, help_text="Of claims about media only."
    )
    change_type = serializers.ChoiceField(choices=ChangeType.choices, required=False)
    public_note = serializers.CharField(required=False, allow_blank=True)


class WaiverInput(Input):
    reason = serializers.CharField(allow_blank=True, help_text="In writing; it cannot be empty.")
    public = serializers.BooleanField(required=False, help_text="Publish the reason with the verdict.")


def revision_response(found: Verdict | None) -> Response:
    """The revision with its text; a draft carries the ETag that PATCH wants. Raises Verdict.DoesNotExist for None."""
    if found is None:
        raise Verdict.DoesNotExist
    row = VerdictViewSet.queryset.get(pk=found.pk)
    headers = {"ETag": preconditions.etag(row.number, row.lock_version)} if row.submitted_at is None else {}
    return Response(RevisionDetail(row).data, headers=headers)


@extend_schema(tags=["Verdict revisions"])
class VerdictViewSet(DeskViewSet):
    """The open revision of a claim, and all its revisions."""

    serializer_class = RevisionRow
    keyset = ("-number",)

    queryset = (
        Verdict.objects.select_related("rating", "superseded_by", "publication")
        .prefetch_related(
            Prefetch("contributors", VerdictContributor.objects.select_related("user")),
            Prefetch("approvals", Approval.objects.select_related("reviewer").order_by("pk")),
        )
        .defer("candidate", "publication__body", "publication__search")
    )

    @extend_schema(operation_id="revisions_list", summary="A claim's revisions, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of revisions, proposals to retract among them."""
        return self.page(self.get_queryset().filter(claim=self.claim()), RevisionRow)

    @extend_schema(
        operation_id="revisions_retrieve", summary="One revision", responses={200: RevisionDetail, 404: ErrorBody}
    )
    def retrieve(self, request: Request, public_id: str, number: int) -> Response:
        """The revision with its text."""
        return revision_response(Verdict.objects.filter(claim=self.claim(), number=number).first())

    @extend_schema(
        operation_id="verdict_retrieve",
        summary="The open revision",
        description="404 where none is open.",
        responses={200: RevisionDetail, 404: ErrorBody},
    )
    def open(self, request: Request, public_id: str) -> Response:
        """The revision that work goes into now: a draft, or what is in review."""
        return revision_response(open_revision(self.claim()))

    @extend_schema(
        operation_id="verdict_preview",
        summary="What would be public",
        description="The whole document as the open revision makes it; in review, what was submitted.",
        responses={200: PublicDocument, 404: ErrorBody},
    )
    def preview(self, request: Request, public_id: str) -> Response:
        """The document of the open revision."""
        claim = self.claim()
        revision = open_revision(claim)
        if revision is None:
            raise Verdict.DoesNotExist
        if revision.candidate is not None:
            return Response(json.loads(bytes(revision.candidate)))
        return Response(document(claim=claim, verdict=revision))

    @extend_schema(
        operation_id="verdict_edit",
        summary="Write in the open draft",
        parameters=[IF_MATCH],
        request=DraftInput(partial=True),
        responses={200: RevisionDetail, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody, 412: ErrorBody, 428: ErrorBody},
        examples=[DRAFT, STALE],
    )
    def partial_update(self, request: Request, public_id: str) -> Response:
        """The draft as saved. Fields that are not named stay as they are."""
        tag = preconditions.required(request)
        given = self.given(DraftInput, partial=True)
        with transaction.atomic():
            claim = lock_claim(self.claim().pk)
            draft = open_revision(claim)
            number, _, version = tag.partition(".")
            lock_version = preconditions.version(version)
            kept: dict[str, Any] = {}
            if draft is not None and draft.submitted_at is None:
                if number != str(draft.number):
                    lock_version = preconditions.NEVER  # it was read off a revision before this one
                expect(draft, lock_version, given)
                kept = {name: getattr(draft, name) for name in _KEPT}
            saved = operations.save_draft(
                claim_id=claim.pk,
                given=VerdictFields(**{**kept, **given}),
                lock_version=lock_version,
                **self.acting(),
            )
        return revision_response(saved)


@extend_schema(tags=["Verdict revisions"])
class ChecklistViewSet(DeskViewSet):
    """What the open revision must meet before review."""

    queryset = Verdict.objects.none()
    serializer_class = ChecklistRow
    pagination_class = None

    @extend_schema(
        operation_id="checklist_retrieve",
        summary="The checklist of the open revision",
        description="404 where no revision is open.",
        responses={200: ChecklistRow(many=True), 404: ErrorBody},
    )
    def show(self, request: Request, public_id: str) -> Response:
        """Every line, with what to do where it is missing."""
        return self._lines(self.claim())

    @extend_schema(
        operation_id="checklist_waive",
        summary="Let a line stand unmet, with a written reason",
        parameters=[LINE],
        request=WaiverInput,
        responses={200: ChecklistRow(many=True), 400: ErrorBody, 403: ErrorBody, 409: ErrorBody},
    )
    def waive(self, request: Request, public_id: str, line: str) -> Response:
        """The checklist with the line waived."""
        claim = self.claim()
        operations.waive(claim_id=claim.pk, line=_line(line), **self.given(WaiverInput), **self.acting())
        return self._lines(claim)

    @extend_schema(
        operation_id="checklist_unwaive",
        summary="Take a waiver back",
        parameters=[LINE],
        request=Input,
        responses={200: ChecklistRow(many=True), 403: ErrorBody, 409: ErrorBody},
    )
    def unwaive(self, request: Request, public_id: str, line: str) -> Response:
        """The checklist without the waiver."""
        claim = self.claim()
        self.given(Input)
        operations.unwaive(claim_id=claim.pk, line=_line(line), **self.acting())
        return self._lines(claim)

    def _lines(self, claim: Claim) -> Response:
        revision = open_revision(claim)
        if revision is None:
            raise Verdict.DoesNotExist
        return Response(ChecklistRow(check(claim=claim, verdict=revision), many=True).data)


def _line(name: str) -> str:
    if name not in ChecklistLine.values:
        raise Verdict.DoesNotExist
    return name
