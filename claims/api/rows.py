"""How the API shows the desk's rows. Each field is one that clients may rely on; nothing here writes."""

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.api.base import Instant, Row
from claims.choices import ChecklistLine, DeclineReason, Move, PublicStatus
from claims.models import (
    Appearance,
    Approval,
    Assignment,
    Capture,
    Claim,
    ClaimAlias,
    Claimant,
    ClaimSearch,
    Coverage,
    Document,
    Evidence,
    Outlet,
    PublicationPlan,
    Rating,
    RatingScale,
    ReplyRequest,
    ReviewNote,
    Topic,
    Verdict,
)


class PersonRow(Row):
    """A colleague."""

    name = serializers.CharField(source="get_full_name")

    class Meta:
        model = User
        fields = ["username", "name"]


class ClaimantRow(Row):
    class Meta:
        model = Claimant
        fields = ["id", "name", "kind", "job_title", "same_as", "living"]
        extra_kwargs = {"same_as": {"help_text": "Addresses that identify them elsewhere."}}


class TopicRow(Row):
    class Meta:
        model = Topic
        fields = ["id", "slug", "labels"]


class OutletRow(Row):
    class Meta:
        model = Outlet
        fields = ["id", "slug", "name", "domains", "homepage", "country", "language", "kind"]


class RatingRow(Row):
    class Meta:
        model = Rating
        fields = ["id", "slug", "value", "labels", "colour", "position"]


class RatingScaleRow(Row):
    ratings = RatingRow(many=True)

    class Meta:
        model = RatingScale
        fields = [
            "id",
            "slug",
            "version",
            "name",
            "description",
            "claim_kinds",
            "minimum_evidence",
            "minimum_outlets",
            "active",
            "ratings",
        ]


class ClaimRow(Row):
    """A claim in a list. `id` is its public id; `public_status` is derived from its newest publication."""

    id = serializers.CharField(source="public_id")
    claimant = ClaimantRow(allow_null=True)
    topics = serializers.SlugRelatedField[Topic](slug_field="slug", many=True, read_only=True)
    public_status = serializers.SerializerMethodField()
    merged_into = serializers.CharField(source="merged_into.public_id", default=None, allow_null=True)

    class Meta:
        model = Claim
        fields = [
            "id",
            "statement",
            "language",
            "kind",
            "state",
            "public_status",
            "claimant",
            "claimed_on",
            "topics",
            "priority",
            "check_worthiness",
            "due_at",
            "merged_into",
            "created_at",
            "changed_at",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=PublicStatus.choices))
    def get_public_status(self, claim: Claim) -> str:
        """None, live or retracted."""
        return claim.public_status().value


class MoveRow(serializers.Serializer[Any]):
    """One move of the workflow as it stands for whoever asks."""

    move = serializers.ChoiceField(choices=Move.choices)
    label = serializers.CharField(source="move.label")  # type: ignore[assignment]  # DRF takes declared fields off the class
    open = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why it is closed to you; empty while it is open.")
    needs = serializers.CharField(help_text="The field that must be given; empty for none.")


class ChecklistRow(serializers.Serializer[Any]):
    """One line of the checklist: met, waived with its reason, or missing with what to do."""

    line = serializers.ChoiceField(choices=ChecklistLine.choices)
    label = serializers.CharField(source="line.label")  # type: ignore[assignment]  # DRF takes declared fields off the class
    state = serializers.ChoiceField(choices=["met", "waived", "missing"])
    message = serializers.CharField()
    waivable = serializers.BooleanField()
    reason = serializers.CharField()
    public = serializers.BooleanField()


class PlanRow(Row):
    """A time that is set. Until `embargo_until` nobody publishes it by hand either."""

    by = PersonRow()

    class Meta:
        model = PublicationPlan
        fields = ["publish_at", "embargo_until", "by", "at"]


class ClaimDetail(ClaimRow):
    """A claim with what is open to whoever asks. The ETag header carries its lock version for PATCH."""

    decline_reason = serializers.ChoiceField(choices=DeclineReason.choices, allow_blank=True)
    translation_of = serializers.CharField(source="translation_of.public_id", default=None, allow_null=True)
    created_by = PersonRow(allow_null=True)
    scheduled = PlanRow(
        allow_null=True, help_text="When the approved revision is to be published; null where no time is set."
    )
    moves = MoveRow(many=True, source="open_moves")
    checklist = ChecklistRow(many=True, source="checked_lines", help_text="Empty where no revision is open.")

    class Meta:
        model = Claim
        fields = [
            *ClaimRow.Meta.fields,
            "original_text",
            "location",
            "context",
            "selection_reason",
            "decline_reason",
            "translation_of",
            "watch_until",
            "created_by",
            "lock_version",
            "scheduled",
            "moves",
            "checklist",
        ]


class DocumentRow(Row):
    """A page of the web, without its text. Pages that carry one story share `near_duplicate_group`.

    `split_at` is when a person said that the page is a story of its own.
    """

    outlet = OutletRow(allow_null=True)

    class Meta:
        model = Document
        fields = [
            "id",
            "url",
            "title",
            "byline",
            "published_at",
            "language",
            "outlet",
            "fetch_state",
            "fetch_note",
            "near_duplicate_group",
            "split_at",
        ]


class CaptureRow(Row):
    class Meta:
        model = Capture
        fields = ["id", "fetched_at", "final_url", "http_status", "sha256", "length"]


class EvidenceRow(Row):
    """A source that a person linked to a claim. The ETag of its own address carries its lock version."""

    claim = serializers.CharField(source="claim.public_id")
    document = DocumentRow(allow_null=True)
    capture = CaptureRow(allow_null=True)
    added_by = PersonRow()

    class Meta:
        model = Evidence
        fields = [
            "id",
            "claim",
            "kind",
            "stance",
            "document",
            "capture",
            "archive_url",
            "file_sha256",
            "file_name",
            "file_type",
            "file_size",
            "stated_by",
            "stated_at",
            "stated_how",
            "quote",
            "quote_found",
            "note",
            "is_primary",
            "accessed_at",
            "coverage",
            "added_by",
            "added_at",
            "withdrawn_at",
            "withdrawn_reason",
            "lock_version",
        ]


class CoverageRow(Row):
    """A page suggested as coverage of a claim: a machine's proposal until a person decides."""

    claim = serializers.CharField(source="claim.public_id")
    document = DocumentRow()
    reasons = serializers.ListField(child=serializers.CharField())
    decided_by = PersonRow(allow_null=True)

    class Meta:
        model = Coverage
        fields = [
            "id",
            "claim",
            "document",
            "score",
            "reasons",
            "suggested_stance",
            "state",
            "stance",
            "found_by",
            "found_at",
            "decided_by",
            "decided_at",
        ]


class SearchRow(Row):
    """One search for a claim's coverage. `count` is null where it was not measured."""

    class Meta:
        model = ClaimSearch
        fields = ["id", "connector", "query", "started_at", "outcome", "count", "note"]


class ApprovalRow(Row):
    """A reviewer's decision. A written `override_reason` means that the four eyes were overridden."""

    reviewer = PersonRow()

    class Meta:
        model = Approval
        fields = ["reviewer", "decision", "comment", "override_reason", "at"]


class RevisionRow(Row):
    """One revision of a verdict in a list."""

    rating = RatingRow(allow_null=True)
    contributors = serializers.SerializerMethodField()
    approvals = ApprovalRow(many=True)
    published_version = serializers.IntegerField(source="publication.version", default=None, allow_null=True)
    superseded_by = serializers.CharField(source="superseded_by.public_id", default=None, allow_null=True)

    class Meta:
        model = Verdict
        fields = [
            "number",
            "rating",
            "headline",
            "summary",
            "change_type",
            "public_note",
            "byline",
            "media_authenticity",
            "superseded_by",
            "opened_at",
            "saved_at",
            "submitted_at",
            "candidate_hash",
            "published_version",
            "contributors",
            "approvals",
        ]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_contributors(self, verdict: Verdict) -> list[str]:
        """Names of those who had a hand in it; none of them may approve it."""
        return sorted(contributor.user.get_username() for contributor in verdict.contributors.all())


class RevisionDetail(RevisionRow):
    """One revision with its text. While it is a draft, the ETag carries its number and lock version for PATCH."""

    class Meta:
        model = Verdict
        fields = [*RevisionRow.Meta.fields, "explanation", "lock_version"]


class NoteRow(Row):
    claim = serializers.CharField(source="claim.public_id")
    author = PersonRow()

    class Meta:
        model = ReviewNote
        fields = ["id", "claim", "author", "text", "at"]


class ReplyRow(Row):
    claim = serializers.CharField(source="claim.public_id")
    by = PersonRow()

    class Meta:
        model = ReplyRequest
        fields = ["id", "claim", "asked_of", "how", "asked_at", "deadline_at", "answer", "answered_at", "by"]


class AssignmentRow(Row):
    user = PersonRow()
    by = PersonRow()

    class Meta:
        model = Assignment
        fields = ["id", "user", "role", "by", "at", "ended_at"]


class AppearanceRow(Row):
    claim = serializers.CharField(source="claim.public_id")
    document = DocumentRow(allow_null=True)
    outlet = OutletRow(allow_null=True)

    class Meta:
        model = Appearance
        fields = ["id", "claim", "document", "outlet", "description", "quote", "is_first", "added_at"]


class AliasRow(Row):
    claim = serializers.CharField(source="claim.public_id")

    class Meta:
        model = ClaimAlias
        fields = ["id", "claim", "text", "language", "added_at"]


class PublicationRow(serializers.Serializer[Any]):
    """What a publishing move answers: what the public now has."""

    id = serializers.CharField(source="claim.public_id")
    version = serializers.IntegerField()
    sequence = serializers.IntegerField()
    kind = serializers.CharField()
    change_type = serializers.CharField()
    published_at = Instant(source="valid_from")
