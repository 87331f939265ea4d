"""Claims, their other wordings, and who works on them."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, OuterRef, Q

from claims.choices import WATCHED_STATES, AssignmentRole, ClaimKind, ClaimState, DeclineReason, Priority, PublicStatus
from claims.text import new_public_id


class ClaimQuerySet(models.QuerySet["Claim"]):
    def watched(self, *, at: datetime) -> Self:
        """Claims that coverage is looked for at that instant: accepted, neither declined nor merged, not lapsed.

        Retracted ones too; one whose `watch_until` is empty is worked on and has no end yet. Never one whose words were
        erased: there is nothing to look for.
        """
        return self.filter(
            Q(watch_until__isnull=True) | Q(watch_until__gt=at), state__in=WATCHED_STATES, erased_at__isnull=True
        )

    def lapsed(self, *, at: datetime) -> Self:
        """Claims that were watched for their time after publication; they are looked at once a month from then on."""
        return self.filter(watch_until__lte=at, state__in=WATCHED_STATES, erased_at__isnull=True)

    def cluster(self, claim_id: int | OuterRef) -> Self:
        """The claim and those merged into it; merging is never chained. What hangs on any of them is read together."""
        return self.filter(Q(pk=claim_id) | Q(merged_into_id=claim_id))

    def with_public_status(self) -> Self:
        """Joins what public_status() reads, so that a list asks once."""
        return self.select_related("public_head__publication")


class Claim(models.Model):
    """One checkable statement, as the desk words it. `state` is moved by claims/review/operations.py alone."""

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    statement = models.CharField(max_length=500)
    original_text = models.TextField(blank=True, help_text="The words as they were said, if they were recorded.")
    language = models.CharField(max_length=35, default="en", help_text="BCP 47, such as en or pt-BR.")
    kind = models.CharField(max_length=16, choices=ClaimKind, default=ClaimKind.FACTUAL)
    claimant = models.ForeignKey(
        "claims.Claimant", on_delete=models.PROTECT, null=True, blank=True, related_name="claims"
    )
    claimed_on = models.DateField(null=True, blank=True)
    location = models.CharField(max_length=200, blank=True)
    context = models.TextField(blank=True)
    selection_reason = models.TextField(blank=True, help_text="Why the desk checks this one.")
    state = models.CharField(max_length=16, choices=ClaimState, default=ClaimState.INBOX, editable=False)
    decline_reason = models.CharField(max_length=16, choices=DeclineReason, blank=True, editable=False)
    priority = models.CharField(max_length=16, choices=Priority, default=Priority.NORMAL)
    check_worthiness = models.FloatField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    topics = models.ManyToManyField("claims.Topic", related_name="claims", blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    state_before_merge = models.CharField(max_length=16, blank=True, editable=False)
    translation_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="translations"
    )
    # Set by publishing, emptied while a revision is open.
    watch_until = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the words of this row were lawfully erased."
    )
    lock_version = models.PositiveIntegerField(default=1, editable=False)
    search = models.GeneratedField(
        expression=SearchVector("statement", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ClaimQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ClaimState.values), name="claim_state_known"),
            models.CheckConstraint(condition=Q(kind__in=ClaimKind.values), name="claim_kind_known"),
            models.CheckConstraint(condition=~Q(statement=""), name="claim_has_statement"),
            models.CheckConstraint(
                condition=Q(state=ClaimState.MERGED, merged_into__isnull=False)
                | (~Q(state=ClaimState.MERGED) & Q(merged_into__isnull=True)),
                name="claim_merged_iff_state",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="claim_not_merged_into_itself"
            ),
            models.CheckConstraint(
                condition=(Q(state=ClaimState.DECLINED) & Q(decline_reason__in=DeclineReason.values))
                | (~Q(state=ClaimState.DECLINED) & Q(decline_reason="")),
                name="claim_decline_reason_iff_declined",
            ),
            models.CheckConstraint(
                condition=Q(check_worthiness__isnull=True) | Q(check_worthiness__range=(0, 1)),
                name="claim_check_worthiness_share",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="claim_by_state"),
            GinIndex(fields=["search"], name="claim_search"),
        ]

    def __str__(self) -> str:
        return self.statement

    def public_status(self) -> PublicStatus:
        """What the public sees: none, live or retracted, from the newest publication."""
        head = getattr(self, "public_head", None)
        if head is None:
            return PublicStatus.NONE
        return PublicStatus.LIVE if head.live else PublicStatus.RETRACTED


class ClaimAlias(models.Model):
    """Another wording of the same claim."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="aliases")
    text = models.CharField(max_length=500)
    language = models.CharField(max_length=35, default="en")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "text"], name="claim_alias_once")]

    def __str__(self) -> str:
        return self.text


class Assignment(models.Model):
    """Somebody asked to write or to review a claim; it orders lists and bars nobody."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="assignments")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=16, choices=AssignmentRole)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "user", "role"], condition=Q(ended_at__isnull=True), name="assignment_once_while_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} of {self.claim_id}"
