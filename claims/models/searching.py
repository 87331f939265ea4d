"""How the web is searched for a claim: by which words, when next, how much of a service is used."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from claims.choices import WATCHED_STATES, Outcome

LINE_LIMIT = 200  # characters; longer ones do not fit into an address once they are written as %XX


class ClaimQuery(models.Model):
    """The lines by which a claim is searched, as a person wrote them. No row, or no line: built from its words."""

    claim = models.OneToOneField("claims.Claim", on_delete=models.PROTECT, related_name="query")
    lines = ArrayField(models.CharField(max_length=LINE_LIMIT), default=list, blank=True)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1, editable=False)

    def __str__(self) -> str:
        return " | ".join(self.lines)


class SearchTurnQuerySet(models.QuerySet["SearchTurn"]):
    def wanted(self) -> Self:
        """Turns of claims that are worked on or published, watched or lapsed, and whose words are still there."""
        return self.filter(claim__state__in=WATCHED_STATES, claim__erased_at__isnull=True)


class SearchTurn(models.Model):
    """When one service is asked about one claim next."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="search_turns")
    connector = models.CharField(max_length=32)
    next_at = models.DateTimeField()
    period_minutes = models.PositiveIntegerField(help_text="The time from one turn to the next, when it goes well.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    last_at = models.DateTimeField(null=True, blank=True)

    objects = SearchTurnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "connector"], name="search_turn_once"),
            models.CheckConstraint(condition=Q(period_minutes__gte=1), name="search_turn_period_sane"),
        ]
        indexes = [models.Index(fields=["connector", "next_at"], name="search_turn_due")]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.connector}"


class ConnectorUse(models.Model):
    """What a service was asked today (UTC), how it last answered, and until when it is left alone."""

    connector = models.CharField(max_length=32, unique=True)
    day = models.DateField(null=True, blank=True)
    requests = models.PositiveIntegerField(default=0)
    throttles = models.PositiveIntegerField(default=0, help_text="In a row.")
    resting_until = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    last_outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    last_note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_outcome="", last_at__isnull=True)
                | Q(last_outcome__in=Outcome.values, last_at__isnull=False),
                name="connector_use_outcome_known",
            )
        ]

    def __str__(self) -> str:
        return self.connector


class QueryTrial(models.Model):
    """A try of some lines that stores no coverage; one result per service."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, related_name="query_trials")
    lines = ArrayField(models.CharField(max_length=LINE_LIMIT))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["claim", "asked_at"], name="query_trial_once")]

    def __str__(self) -> str:
        return " | ".join(self.lines)


class QueryTrialResult(models.Model):
    """What one service would find; empty until a worker has asked it."""

    trial = models.ForeignKey(QueryTrial, on_delete=models.PROTECT, related_name="results")
    connector = models.CharField(max_length=32)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    count = models.PositiveIntegerField(null=True)
    found = models.JSONField(default=list, help_text="The first of them: address and title each.")
    note = models.CharField(max_length=300, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trial", "connector"], name="query_trial_result_once"),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, outcome="", count__isnull=True)
                | Q(finished_at__isnull=False, outcome__in=Outcome.values),
                name="query_trial_result_finished_iff_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.connector} {self.outcome or 'waits'}"
