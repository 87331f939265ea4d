"""Taking a job, finishing it, trying it again, giving it up.

Every step is one statement on the job's row, checked against the fence that the claim raised, so that a worker that was
frozen, cut off or declared dead can come back at any moment and change nothing.
"""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from functools import partial

import structlog
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import EventKind
from claims.errors import Conflict, Transient
from claims.http import RetryLater, WebError
from claims.text import plain
from workers.choices import JobState, Queue
from workers.clock import database_now
from workers.flight import FLIGHT
from workers.handling import HANDLERS, ClaimedJob, LeaseLost, Save
from workers.kinds import KINDS
from workers.models import Job
from workers.taking import ANY_PRIORITY, Beside, claim, claim_next, mark_done, mark_done_and_claim_next

__all__ = ["Result", "backoff", "cancel", "claim", "finish", "requeue", "run", "run_next", "run_now", "run_on"]
log = structlog.get_logger(__name__)

_LONGEST_RETRY_AFTER = 24 * 3600.0
_ERROR_TEXT_LIMIT = 4000
_DATABASE_BACK_WITHIN = (0.0, 0.5, 1.0, 2.0, 4.0)  # seconds between tries to write what became of a job


class Result(StrEnum):
    """What became of one run() of one job."""

    DONE = "done"
    RETRY = "retry"
    POSTPONED = "postponed"
    DEAD = "dead"
    STALE = "stale"
    NOT_MINE = "not_mine"


def run(job_id: int) -> Result:
    """Do the job if it can be had, and write what became of it. Never raises for what the job does wrong."""
    with FLIGHT.shared() as alone:
        job = claim(job_id, alone=alone)
        if job is not None:
            return _execute(job)
    if alone or not _must_run_alone(job_id):
        return Result.NOT_MINE
    with FLIGHT.exclusive():
        job = claim(job_id, alone=True)
        return Result.NOT_MINE if job is None else _execute(job)


def run_next(beside: Beside, *, least: int = ANY_PRIORITY) -> Result | None:
    """Do the most urgent due job of those, of at least this priority; None when there is none."""
    with FLIGHT.shared() as alone:
        job = claim_next(beside, alone=alone, least=least)
        return None if job is None else _execute(job)


def run_on(beside: Beside, *, until: float) -> bool:
    """Do one due job of those after the other, until that moment of the monotonic clock. True if time ran out.

    A job without results is marked done by the statement that takes the next one.
    """
    with FLIGHT.shared() as alone:
        job = claim_next(beside, alone=alone)
        while job is not None:
            taken: list[ClaimedJob | None] = []
            _execute(job, finish=partial(_finish_and_go_on, beside=beside, alone=alone, until=until, taken=taken))
            if taken:
                [job] = taken
            elif time.monotonic() >= until:
                return True
            else:
                job = claim_next(beside, alone=alone)
    return False


def _finish_and_go_on(
    job: ClaimedJob, save: Save | None, *, beside: Beside, alone: bool, until: float, taken: list[ClaimedJob | None]
) -> None:
    """As finish(); where nothing is to be saved and there is time, with the next job, or None, in `taken`."""
    if save is not None or time.monotonic() >= until:
        finish(job, save)
        return
    done, following = mark_done_and_claim_next(job, beside, alone=alone)
    taken.append(following)
    if not done:
        raise LeaseLost


def finish(job: ClaimedJob, save: Save | None) -> None:
    """Mark the job done and write the results, in one transaction that holds the job's row; one statement without any.

    Raises LeaseLost, having written nothing, if the job is no longer this worker's.
    """
    if save is None:
        mark_done(job)
        return
    with transaction.atomic():
        save(mark_done(job))


def requeue(*, job_id: int, actor: User) -> Job:
    """Give a dead job a fresh set of tries, from now. Raises NotAllowed, or Conflict if it is not dead."""
    require(actor, Operation.MANAGE_JOBS)
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state != JobState.DEAD:
            raise Conflict(f"Job {job_id} is {job.get_state_display().lower()}, not dead, so it needs no requeuing.")
        data = {"kind": job.kind, "key": job.key, "errors": job.errors, "losses": job.losses}
        _reset(job_id)
        record(kind=EventKind.JOB_REQUEUED, subject=job, actor=actor, at=database_now(), data=data)
        job.refresh_from_db()
    return job


def cancel(*, job_id: int, actor: User) -> Job:
    """Give up a waiting or running job; what a running one brings is not written.

    Raises NotAllowed, or Conflict if it is over.
    """
    require(actor, Operation.MANAGE_JOBS)
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state not in {JobState.QUEUED, JobState.RUNNING}:
            raise Conflict(f"Job {job_id} is {job.get_state_display().lower()} already.")
        Job.objects.filter(pk=job_id).update(
            state=JobState.DEAD,
            fence=F("fence") + 1,
            lease_until=None,
            finished_at=Now(),
            last_error=f"Cancelled by {actor.get_username()}.",
        )
        data = {"kind": job.kind, "key": job.key}
        record(kind=EventKind.JOB_CANCELLED, subject=job, actor=actor, at=database_now(), data=data)
        job.refresh_from_db()
    return job


def run_now(*, job_id: int, actor: User) -> Job:
    """Let a job that waits for its time, or for its next try, run now. Raises NotAllowed, or Conflict if none waits."""
    require(actor, Operation.MANAGE_JOBS)
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        now = database_now()
        if job.state != JobState.QUEUED or job.run_at <= now:
            state = "due already" if job.state == JobState.QUEUED else job.get_state_display().lower()
            raise Conflict(f"Job {job_id} is {state}, so there is nothing to bring forward.")
        data = {"kind": job.kind, "key": job.key, "run_at": job.run_at.isoformat()}
        Job.objects.filter(pk=job_id).update(run_at=now, rung_at=None)
        record(kind=EventKind.JOB_RUN_NOW, subject=job, actor=actor, at=now, data=data)
        job.refresh_from_db()
    return job


def _execute(job: ClaimedJob, *, finish: Callable[[ClaimedJob, Save | None], None] = finish) -> Result:
    job_log = log.bind(job_id=job.id, kind=job.kind, attempt=job.attempt)
    with structlog.contextvars.bound_contextvars(job_id=job.id, job_kind=job.kind):
        try:
            save = HANDLERS[job.kind](job)
            if connection.in_atomic_block:
                raise RuntimeError(f"The handler of {job.kind} left a transaction open.")
            finish(job, save)
        except LeaseLost:
            job_log.warning("result not written: another worker has this job; nothing to do")
            return Result.STALE
        except RetryLater as error:
            if error.reason in {"pace", "circuit"}:  # nobody was asked
                return _settle(job, postponed=True, after=error.after, text=str(error))
            return _settle(job, after=error.after, text=str(error))
        except Transient as error:
            return _settle(job, after=error.after, text=str(error))
        except WebError as error:  # the web's weather: counted like any error, but no fault of ours to trace
            return _settle(job, after=None, text=str(error))
        except Exception as error:  # noqa: BLE001 - the edge: whatever the job does, its row must say so
            job_log.exception("job failed; it is tried again by itself, and shown as a dead letter if it never works")
            return _settle(job, after=None, text=f"{type(error).__name__}: {error}")
    job_log.info("job done; nothing to do")
    return Result.DONE


def _settle(job: ClaimedJob, *, after: float | None, text: str, postponed: bool = False) -> Result:
    for pause in _DATABASE_BACK_WITHIN:
        try:
            return _write_failure(job, after=after, text=text, postponed=postponed)
        except (OperationalError, InterfaceError):
            # The database went away under the job. It is mostly back in seconds; failing that, the lease runs out.
            connection.close()
            time.sleep(pause)
    return _write_failure(job, after=after, text=text, postponed=postponed)


def _write_failure(job: ClaimedJob, *, after: float | None, text: str, postponed: bool) -> Result:
    spec = KINDS[job.kind]
    job_log = log.bind(job_id=job.id, kind=job.kind, attempt=job.attempt)
    held = Job.objects.filter(pk=job.id, fence=job.fence, state=JobState.RUNNING)
    text = plain(text)[:_ERROR_TEXT_LIMIT]  # an error may quote any bytes; what the row cannot hold would lose it
    if postponed:
        # Nothing was tried, so nothing is counted. A little jitter keeps a crowd from coming back at once.
        wait = min(after or 1.0, _LONGEST_RETRY_AFTER) + random.uniform(0, 1)  # noqa: S311 - spread, not secrecy
        changed = held.update(
            state=JobState.QUEUED,
            lease_until=None,
            rung_at=None,
            alone=False,
            attempts=F("attempts") - 1,
            run_at=Now() + timedelta(seconds=wait),
        )
        return Result.POSTPONED if changed else Result.STALE
    errors = job.errors + 1
    if errors >= spec.max_errors:
        changed = held.update(
            state=JobState.DEAD, lease_until=None, errors=errors, last_error=text, finished_at=Now(), alone=False
        )
        if changed:
            job_log.error("job given up after its last try; see dead letters in the admin", error=text)
            return Result.DEAD
        return Result.STALE
    wait = min(after or 0.0, _LONGEST_RETRY_AFTER) + backoff(errors, base=spec.backoff_base, cap=spec.backoff_cap)
    changed = held.update(
        state=JobState.QUEUED,
        lease_until=None,
        rung_at=None,
        alone=False,
        errors=errors,
        last_error=text,
        run_at=Now() + timedelta(seconds=wait),
    )
    if not changed:
        return Result.STALE
    job_log.info("job will be tried again; nothing to do", wait_seconds=round(wait, 1), error=text)
    return Result.RETRY


def backoff(errors: int, *, base: float, cap: float) -> float:
    """Seconds before the next try after so many errors (1, 2 …): anything from 0 to min(cap, base·2^(errors-1)).

    Full jitter: jobs that failed together do not come back together.
    """
    ceiling = min(cap, base * 2.0 ** min(errors - 1, 60))
    return random.uniform(0, ceiling)  # noqa: S311 - spread, not secrecy


def _must_run_alone(job_id: int) -> bool:
    jobs = Job.objects.filter(pk=job_id)
    return jobs.due().filter(losses__gt=0).exists() or jobs.abandoned().filter(queue=Queue.SUSPECT).exists()


def _reset(job_id: int) -> None:
    Job.objects.filter(pk=job_id).update(
        state=JobState.QUEUED,
        fence=F("fence") + 1,
        errors=0,
        losses=0,
        losses_alone=0,
        alone=False,
        run_at=Now(),
        rung_at=None,
        finished_at=None,
    )
