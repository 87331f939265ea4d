"""Work as rows: what is to be done, which due times were taken, and whose turn it is at each host.

Redis only carries the news that a row is waiting. Every time that decides something is the database's clock.
"""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from workers.choices import JobState, RungBy


class JobQuerySet(models.QuerySet["Job"]):
    def due(self) -> Self:
        """Queued jobs whose time has come, by the database's clock."""
        return self.filter(state=JobState.QUEUED, run_at__lte=Now())

    def abandoned(self) -> Self:
        """Running jobs whose worker let the lease run out: it died, hangs, or lost the database."""
        return self.filter(state=JobState.RUNNING, lease_until__lt=Now())

    def dead(self) -> Self:
        """Jobs that were given up and wait for a person."""
        return self.filter(state=JobState.DEAD)


class Job(models.Model):
    """One piece of background work. The row is the truth; a message on the broker only says "look at this row"."""

    # Not bound to JobKind: a newer release may have written a kind that this one does not know. It waits.
    kind = models.CharField(max_length=40)
    # Kind, subject and cause (event id or due slot). The same cause never makes the same work twice.
    key = models.CharField(max_length=200)
    payload = models.JSONField(default=dict)  # ids only
    queue = models.CharField(max_length=16)
    state = models.CharField(max_length=8, choices=JobState, default=JobState.QUEUED)
    priority = models.SmallIntegerField(default=0)  # higher is rung first
    run_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    # Raised by every claim. A worker that comes back after its lease ran out holds an old fence and writes nothing.
    fence = models.BigIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    losses = models.PositiveIntegerField(default=0)  # how often the worker vanished in the middle
    losses_alone = models.PositiveIntegerField(default=0)  # of these, with no other job in its process to blame
    alone = models.BooleanField(default=False)  # the current attempt has its process to itself
    last_error = models.TextField(blank=True)
    cause = models.ForeignKey("claims.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    rung_at = models.DateTimeField(null=True, blank=True)
    rung_by = models.CharField(
        max_length=8, blank=True, choices=RungBy, db_default=""
    )  # what led to the newest ring or start
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], name="job_key_unique"),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(state=JobState.RUNNING, lease_until__isnull=False)
                | (~Q(state=JobState.RUNNING) & Q(lease_until__isnull=True)),
                name="job_lease_while_running",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[JobState.DONE, JobState.DEAD], finished_at__isnull=False)
                | Q(state__in=[JobState.QUEUED, JobState.RUNNING], finished_at__isnull=True),
                name="job_finished_when_over",
            ),
            models.CheckConstraint(condition=Q(losses_alone__lte=F("losses")), name="job_losses_alone_counted"),
            models.CheckConstraint(condition=Q(rung_by__in=["", *RungBy.values]), name="job_rung_by_known"),
        ]
        indexes = [
            # The sweep asks for these every few seconds; done jobs, the bulk of the table, stay out of both.
            models.Index(
                fields=["queue", "-priority", "run_at", "id"], condition=Q(state=JobState.QUEUED), name="job_queued"
            ),
            # A kind with a limit is looked for by itself, so that its waiting jobs stand in nobody's way.
            models.Index(
                fields=["kind", "-priority", "run_at", "id"], condition=Q(state=JobState.QUEUED), name="job_queued_kind"
            ),
            models.Index(fields=["lease_until"], condition=Q(state=JobState.RUNNING), name="job_running"),
            models.Index(fields=["-finished_at", "-id"], condition=Q(state=JobState.DEAD), name="job_dead"),
            models.Index(fields=["finished_at"], condition=Q(state=JobState.DONE), name="job_done"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind} {self.state}"


class Gate(models.Model):
    """Where the jobs of a limited kind take turns to start: one row per kind."""

    kind = models.CharField(max_length=40, unique=True)
    starts = ArrayField(models.DateTimeField(), default=list)  # those that still count against the kind's rate

    def __str__(self) -> str:
        return self.kind


class Slot(models.Model):
    """One due time of one schedule, taken by whoever inserted it first: any number of clocks may tick."""

    schedule = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="slot_taken_once")]

    def __str__(self) -> str:
        return f"{self.schedule} {self.due_at:%Y-%m-%dT%H:%M:%SZ}"


class Host(models.Model):
    """Whose turn it is at one scheme, host and port, for all workers together."""

    scheme = models.CharField(max_length=5)
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    next_at = models.DateTimeField(db_default=Now())  # the next turn that nobody has reserved
    last_at = models.DateTimeField(null=True, blank=True)  # when the last turn ended, or is over at the latest
    pace = models.FloatField(null=True, blank=True)  # seconds between turns; null is the installation's default
    crawl_delay = models.FloatField(null=True, blank=True)  # seconds, from the host's robots.txt
    retry_after_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    circuit_open_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "host", "port"], name="host_unique"),
            models.CheckConstraint(condition=Q(scheme__in=["http", "https"]), name="host_scheme_web"),
            models.CheckConstraint(condition=Q(port__gte=1, port__lte=65535), name="host_port_valid"),
            models.CheckConstraint(condition=Q(pace__isnull=True) | Q(pace__gte=0), name="host_pace_not_negative"),
            models.CheckConstraint(
                condition=Q(crawl_delay__isnull=True) | Q(crawl_delay__gte=0), name="host_crawl_delay_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"
