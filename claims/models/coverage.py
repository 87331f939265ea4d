"""What workers poll and search, what came of it, and the coverage suggested to a claim."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When

from claims.choices import CoverageState, FoundBy, Outcome, SourceKind, Stance, SuggestedStance
from claims.models.claim import Claim


class SourceQuerySet(models.QuerySet["Source"]):
    def active(self) -> Self:
        """Sources that a person has switched on."""
        return self.filter(active=True)


class Source(models.Model):
    """A feed that workers poll, with its schedule, what was learned of its rhythm, validators and health."""

    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=SourceKind, default=SourceKind.RSS)
    url = models.URLField(max_length=2048, unique=True)
    config = models.JSONField(default=dict, blank=True)
    outlet = models.ForeignKey("claims.Outlet", on_delete=models.PROTECT, null=True, blank=True, related_name="sources")
    active = models.BooleanField(default=True)
    poll_minutes = models.PositiveIntegerField(default=30)
    fixed_period = models.BooleanField(default=False)
    rhythm = models.JSONField(default=dict, blank=True, editable=False)
    next_poll_at = models.DateTimeField(null=True, blank=True, editable=False)
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=200, blank=True, editable=False)
    body_hash = models.CharField(max_length=64, blank=True, editable=False)
    last_polled_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_succeeded_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_unconditional_at = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.FloatField(default=0, editable=False)
    health_note = models.CharField(max_length=300, blank=True, editable=False)
    moved_to = models.URLField(max_length=2048, blank=True, editable=False)
    moved_polls = models.PositiveSmallIntegerField(default=0, editable=False)
    moved_since = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SourceKind.values), name="source_kind_known"),
            models.CheckConstraint(condition=Q(poll_minutes__range=(1, 43_200)), name="source_period_sane"),
            models.CheckConstraint(condition=Q(failures__gte=0), name="source_failures_not_negative"),
        ]
        indexes = [models.Index(fields=["next_poll_at"], condition=Q(active=True), name="source_due")]

    def __str__(self) -> str:
        return self.name


class SourcePoll(models.Model):
    """One attempt to read a source: its outcome, and what it brought."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="polls")
    started_at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=Outcome)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    entries = models.PositiveIntegerField(null=True, help_text="Entries in the feed; null if it could not be read.")
    new_documents = models.PositiveIntegerField(default=0)
    new_entries = models.PositiveIntegerField(
        null=True, help_text="Entries that the list before did not hold; null if no list was read."
    )
    lost_entries = models.BooleanField(default=False, help_text="No entry was in the list before: some were missed.")
    conditional = models.BooleanField(default=False, help_text="It was asked whether anything had changed.")
    size = models.PositiveIntegerField(null=True, help_text="Bytes of the answer as it came; null without an answer.")
    milliseconds = models.PositiveIntegerField(null=True, help_text="From the question to the end of the answer.")
    next_poll_at = models.DateTimeField(null=True, help_text="When the next poll was planned after this one.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "started_at"], name="source_poll_once_per_moment"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="source_poll_outcome_known"),
            models.CheckConstraint(
                condition=Q(outcome__in=[Outcome.FOUND, Outcome.NONE]) | Q(new_documents=0),
                name="source_poll_failure_found_nothing",
            ),
        ]
        indexes = [models.Index(fields=["source", "-started_at"], name="source_poll_recent")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.outcome}"


class ClaimSearch(models.Model):
    """One search for a claim's coverage; "none" and "not measured" are different answers."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="searches")
    connector = models.CharField(max_length=32)
    query = models.TextField()
    started_at = models.DateTimeField()
    outcome = models.CharField(max_length=16, choices=Outcome)
    count = models.PositiveIntegerField(null=True, help_text="Null if it was not measured.")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "connector", "started_at"], name="claim_search_once"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="claim_search_outcome_known"),
            models.CheckConstraint(
                condition=(Q(outcome=Outcome.FOUND, count__gt=0) | Q(outcome=Outcome.NONE, count=0))
                | (~Q(outcome__in=[Outcome.FOUND, Outcome.NONE]) & Q(count__isnull=True)),
                name="claim_search_count_fits_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.connector} {self.outcome}"


class CoverageQuerySet(models.QuerySet["Coverage"]):
    def undecided(self) -> Self:
        """Suggestions that wait for a person."""
        return self.filter(state=CoverageState.SUGGESTED)

    def of_cluster(self, claim_id: int | OuterRef) -> Self:
        """Coverage of the claim and of those merged into it, each page once.

        Where several have the same page, a decided row stands before one that waits, then the claim's own.
        """
        place = Case(When(state=CoverageState.SUGGESTED, then=2), default=0) + Case(
            When(claim__merged_into__isnull=False, then=1), default=0
        )
        before = Q(place__lt=OuterRef("place")) | Q(place=OuterRef("place"), pk__lt=OuterRef("pk"))
        deeper = OuterRef(claim_id) if isinstance(claim_id, OuterRef) else claim_id
        others = Coverage.objects.annotate(place=place).filter(
            before, document=OuterRef("document"), claim__in=Claim.objects.cluster(deeper)
        )
        return self.filter(claim__in=Claim.objects.cluster(claim_id)).annotate(place=place).exclude(Exists(others))

    def with_documents(self) -> Self:
        """Joins the page and its outlet, which every list shows."""
        return self.select_related("document__outlet")


class Coverage(models.Model):
    """A document suggested as coverage of a claim, with its score and reasons. A person's "no" is remembered."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="coverage")
    document = models.ForeignKey("claims.Document", on_delete=models.PROTECT, related_name="coverage")
    score = models.FloatField(help_text="0 to 1.")
    reasons = models.JSONField(default=list, help_text="Sentences that a person can read.")
    suggested_stance = models.CharField(max_length=16, choices=SuggestedStance, default=SuggestedStance.UNCLEAR)
    state = models.CharField(max_length=16, choices=CoverageState, default=CoverageState.SUGGESTED)
    stance = models.CharField(  # null is "nobody has said", which no stance is
        max_length=16,
        choices=Stance,
        null=True,
        blank=True,
        help_text="What the page does with the claim, as said by whoever kept it; null while nobody has said.",
    )
    found_by = models.CharField(max_length=16, choices=FoundBy)
    found_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = CoverageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "document"], name="coverage_once_per_document"),
            models.CheckConstraint(condition=Q(state__in=CoverageState.values), name="coverage_state_known"),
            models.CheckConstraint(condition=Q(score__range=(0, 1)), name="coverage_score_share"),
            models.CheckConstraint(
                condition=Q(stance__isnull=True) | Q(stance__in=Stance.values, state=CoverageState.KEPT),
                name="coverage_stance_known_of_kept",
            ),
            models.CheckConstraint(
                condition=Q(state=CoverageState.SUGGESTED, decided_at__isnull=True)
                | (~Q(state=CoverageState.SUGGESTED) & Q(decided_at__isnull=False)),
                name="coverage_decided_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True) | Q(decided_at__gte=F("found_at")),
                name="coverage_decided_after_found",
            ),
        ]
        indexes = [models.Index(fields=["claim", "state", "-score", "id"], name="coverage_triage")]

    def __str__(self) -> str:
        return f"{self.document_id} for {self.claim_id}: {self.state}"
