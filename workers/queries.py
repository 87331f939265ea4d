"""How the work stands, for operators' pages and watchdogs."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min, Q

from workers.choices import JobState
from workers.clock import database_now
from workers.models import Job


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """One queue at a glance. `oldest` is how long the job that is due the longest has waited, None if none is due."""

    queue: str
    waiting: int
    running: int
    dead: int
    oldest: timedelta | None


def queue_health() -> list[QueueHealth]:
    """Every queue with work that is not done, by name; age counts, not length."""
    now = database_now()
    rows = (
        Job.objects.exclude(state=JobState.DONE)
        .values("queue")
        .annotate(
            waiting=Count("pk", filter=Q(state=JobState.QUEUED)),
            running=Count("pk", filter=Q(state=JobState.RUNNING)),
            dead=Count("pk", filter=Q(state=JobState.DEAD)),
            oldest=Min("run_at", filter=Q(state=JobState.QUEUED, run_at__lte=now)),
        )
        .order_by("queue")
    )
    return [
        QueueHealth(
            queue=row["queue"],
            waiting=row["waiting"],
            running=row["running"],
            dead=row["dead"],
            oldest=None if row["oldest"] is None else now - row["oldest"],
        )
        for row in rows
    ]
