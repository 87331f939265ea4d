"""What reviewers decide and say, replies asked of claimants, and what needs another look."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length

from claims.choices import ApprovalDecision, ChallengeOutcome, ReviewItemKind, ReviewItemState
from claims.text import one_line

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


class Approval(models.Model):
    """A reviewer's decision on a submitted revision, bound to the bytes that were decided on. Append-only.

    A trigger refuses one by somebody who contributed, and an override by anybody but a superuser.
    """

    verdict = models.ForeignKey("claims.Verdict", on_delete=models.PROTECT, related_name="approvals")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=16, choices=ApprovalDecision)
    comment = models.TextField(blank=True)
    candidate_hash = models.CharField(max_length=64)
    override_reason = models.TextField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(decision__in=ApprovalDecision.values), name="approval_decision_known"),
            models.CheckConstraint(
                condition=Q(decision=ApprovalDecision.APPROVED) | ~Q(comment=""), name="approval_return_has_comment"
            ),
            models.CheckConstraint(
                condition=Q(override_reason__isnull=True) | Q(override_reason__length__gte=20),
                name="approval_override_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(override_reason__isnull=True) | Q(decision=ApprovalDecision.APPROVED),
                name="approval_override_only_approves",
            ),
            models.UniqueConstraint(
                fields=["verdict"], condition=Q(decision=ApprovalDecision.APPROVED), name="approval_one_per_verdict"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision} by {self.reviewer_id}"


class ReviewNote(models.Model):
    """A note of the desk on a claim; never public."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="notes")
    verdict = models.ForeignKey("claims.Verdict", on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="review_note_not_empty")]

    def __str__(self) -> str:
        return self.text[:80]


class ReplyRequest(models.Model):
    """Right of reply: whom we asked, how, when, by when, and what they answered."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="reply_requests")
    asked_of = models.CharField(max_length=200)
    how = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    deadline_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="reply_answered_iff_answer",
            ),
            models.CheckConstraint(
                condition=Q(deadline_at__isnull=True) | Q(deadline_at__gte=F("asked_at")),
                name="reply_deadline_after_asked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked_of}, {self.how}"


class Challenge(models.Model):
    """A reader contests a published verdict."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="challenges")
    text = models.TextField()
    contact = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=ChallengeOutcome, default=ChallengeOutcome.OPEN)
    outcome_note = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.text[:80]


class ReviewItemQuerySet(models.QuerySet["ReviewItem"]):
    def open(self) -> Self:
        """Items that wait for somebody to look again."""
        return self.filter(state=ReviewItemState.OPEN)


class ReviewItem(models.Model):
    """Something changed under a verdict: look again. One while open per cause."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="review_items")
    kind = models.CharField(max_length=24, choices=ReviewItemKind)
    cause = models.CharField(max_length=200, help_text="What it is about, such as claimant:7.")
    difference = models.JSONField(default=dict)
    state = models.CharField(max_length=16, choices=ReviewItemState, default=ReviewItemState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closing_note = models.TextField(blank=True)

    objects = ReviewItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "kind", "cause"],
                condition=Q(state=ReviewItemState.OPEN),
                name="review_item_once_while_open",
            ),
            models.CheckConstraint(condition=Q(kind__in=ReviewItemKind.values), name="review_item_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ReviewItemState.values), name="review_item_state_known"),
            models.CheckConstraint(
                condition=Q(state=ReviewItemState.OPEN, closed_at__isnull=True)
                | (~Q(state=ReviewItemState.OPEN) & Q(closed_at__isnull=False)),
                name="review_item_closed_iff_not_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.cause}"

    def brief(self) -> str:
        """What it is about in one line, for lists; "" where its kind says all."""
        said = self.difference if isinstance(self.difference, dict) else {}
        headline = said.get("headline")
        if isinstance(headline, list) and len(headline) == 2:
            return one_line(f"“{headline[0]}” is now “{headline[1]}”", limit=160)
        return one_line(str(said.get("source") or said.get("publisher") or said.get("why_it_stopped") or ""), limit=160)
