"""Jobs that keep the service's own books."""

from datetime import datetime

from claims.access import calls
from claims.audit.seal import seal_events
from claims.coverage import retention
from workers.choices import JobKind, JobState
from workers.handling import ClaimedJob, Save, handles
from workers.models import Job, Slot

SEALS_AT_ONCE = 10_000
ROWS_AT_ONCE = 10_000


@handles(JobKind.SEAL_EVENTS)
def seal(job: ClaimedJob) -> Save:  # noqa: ARG001 - every handler is given its job
    """Chain the committed events. Safe to run twice: an event that has its seal gets no other."""

    def save(_: datetime) -> None:
        seal_events(limit=SEALS_AT_ONCE)

    return save


@handles(JobKind.REMOVE_COPIES)
def remove_copies(job: ClaimedJob) -> Save:  # noqa: ARG001 - every handler is given its job
    """Take away copies past their keeping, and mark those whose time has come. Safe to run twice."""
    gone = retention.remove_files()

    def save(at: datetime) -> None:
        retention.store_removed(gone, at=at)
        retention.mark_past_keeping(at=at)

    return save


@handles(JobKind.PRUNE_LEDGER)
def prune(job: ClaimedJob) -> Save:  # noqa: ARG001 - every handler is given its job
    """Remove rows past their keeping. Safe to run twice: what is gone is gone, and its cause cannot come again."""

    def save(at: datetime) -> None:
        retention.prune_rows(at=at)
        calls.prune(at=at)
        before = retention.kept_since("jobs", at=at)
        if before is None:
            return
        done = Job.objects.filter(state=JobState.DONE, finished_at__lt=before).order_by("finished_at")
        Job.objects.filter(pk__in=done.values("pk")[:ROWS_AT_ONCE]).delete()
        old = Slot.objects.filter(taken_at__lt=before).order_by("pk")
        Slot.objects.filter(pk__in=old.values("pk")[:ROWS_AT_ONCE]).delete()

    return save
