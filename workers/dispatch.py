"""From facts to jobs, from due times to jobs, and from jobs to rings.

Each function may run in any number of processes at once, and may be killed at any point.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from claims.choices import EventKind
from claims.coverage.polling import due_sources
from claims.coverage.search_schedule import due_turns
from claims.models import Event, Outbox
from claims.review.scheduling import due_plans
from workers import rings
from workers.choices import JobKind, JobState, Queue, RungBy
from workers.clock import database_now
from workers.doorbell import publisher
from workers.kinds import EVENT_WORK, KINDS, SCHEDULES, Schedule
from workers.models import Job, Slot
from workers.taking import on_living_connection, runnable

log = structlog.get_logger(__name__)

RUN_TASK = "workers.run"
OUTBOX_BATCH = 500
OUTBOX_BATCHES = 20  # in one go; the next sweep takes the rest
SOURCES_AT_ONCE = 200
SEARCHES_AT_ONCE = 50  # per service
PLANS_AT_ONCE = 100
RING_DEPTH = 100  # a queue with so many messages gets no more: workers carry on without
NEARLY_EMPTY = 10  # below this, a job rung RING_AGAIN_SECONDS ago and still waiting has lost its message
RING_AGAIN_ANYWAY_SECONDS = 60.0  # on a longer queue a message may just wait its turn

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_unknown_reported: set[str] = set()


# By hand rather than by the ORM, which takes longer to write the statement than PostgreSQL to carry it out.
_INSERT = """
INSERT INTO workers_job (kind, key, payload, queue, priority, cause_id, run_at, state, fence, attempts, errors, losses,
                         losses_alone, alone, last_error)
SELECT kind, key, payload, queue, priority, cause, coalesce(run_at, statement_timestamp()), 'queued', 0, 0, 0, 0, 0,
       false, ''
  FROM unnest(%s::text[], %s::text[], %s::jsonb[], %s::text[], %s::smallint[], %s::bigint[], %s::timestamptz[])
    AS new (kind, key, payload, queue, priority, cause, run_at)
ON CONFLICT (key) DO NOTHING
"""


class _NewJob(NamedTuple):
    """A job to be made; its payload is JSON. Due at `run_at`, else at once."""

    kind: str
    key: str
    payload: str
    cause: int | None
    run_at: datetime | None


def heard() -> None:
    """The doorbell was heard: facts to jobs, then rings for what is due."""
    on_living_connection(dispatch_outbox)
    ring_due(by=RungBy.DOORBELL)


def tick() -> None:
    """One sweep: facts, schedules and whatever is due by rows of its own to jobs, lost jobs aside, then rings."""
    on_living_connection(dispatch_outbox)
    publish_due_plans()
    open_slots(SCHEDULES)
    poll_due_sources()
    search_due_claims()
    rings.set_aside_lost()
    ring_due(by=RungBy.SWEEP)
    report_unknown()


def dispatch_outbox() -> int:
    """Turn outbox rows into jobs by the map in workers/kinds.py. Gives how many rows were taken.

    Jobs and the end of their outbox rows are one transaction, and a job's key names its event, so a fact starts its
    work once whatever happens. Kinds of event that only a newer release knows stay in the outbox for it.
    """
    taken = 0
    for _ in range(OUTBOX_BATCHES):
        batch = _dispatch_batch()
        taken += batch
        if batch < OUTBOX_BATCH:
            break
    return taken


def open_slots(schedules: Iterable[Schedule]) -> int:
    """Make the jobs of each schedule's due times, unless another clock has. Gives how many were made here."""
    return sum(_take_slots(schedule) for schedule in schedules)


def enqueue(kind: str, *, subject: tuple[str, int], cause: str, run_at: datetime | None = None) -> None:
    """Make one job for the subject (name of its id, id) and cause, unless there is one; due at `run_at`, else now.

    For work that follows from work: belongs into the transaction that makes it true.
    """
    _add_jobs([_job(kind, subject=subject, cause=cause, run_at=run_at)])


def poll_due_sources() -> None:
    """Make a job for each source whose time has come, once per due time of that source."""
    due = due_sources(at=database_now(), limit=SOURCES_AT_ONCE)
    _add_jobs(
        [
            _job(JobKind.POLL_SOURCE, subject=("source_id", source_id), cause=f"due={_stamp(due_at)}")
            for source_id, due_at in due
        ]
    )


def publish_due_plans() -> None:
    """Make a job for each verdict whose time to be published has come, once per time that was set."""
    due = due_plans(at=database_now(), limit=PLANS_AT_ONCE)
    _add_jobs(
        [
            _job(JobKind.PUBLISH_PLANNED, subject=("plan_id", plan_id), cause=f"due={_stamp(due_at)}")
            for plan_id, due_at in due
        ]
    )


def search_due_claims() -> None:
    """Make a job for each claim whose turn at a service has come, once per turn."""
    due = due_turns(at=database_now(), limit=SEARCHES_AT_ONCE)
    _add_jobs(
        [
            _job(JobKind.SEARCH_WEB, subject=("turn_id", turn_id), cause=f"due={_stamp(due_at)}")
            for turn_id, due_at in due
        ]
    )


def ring_due(*, by: RungBy = RungBy.SWEEP, queues: Sequence[str] = Queue.values) -> int:
    """Send a message for each job that is due, as far as the broker's queues have room. Gives how many were sent.

    A job is rung once when it becomes due, and again when nobody has taken it for a while: its message may be lost, but
    it may also still wait in a long queue, so how soon depends on how full that queue is. Of a limited kind no more are
    rung than may start now.
    """
    bell = publisher()
    rung = 0
    for queue in rings.queues_to_ring(queues):
        depth = bell.waiting(queue)
        if depth is None:
            return rung
        room = RING_DEPTH - depth
        if room <= 0:
            continue
        again = settings.RING_AGAIN_SECONDS if depth < NEARLY_EMPTY else RING_AGAIN_ANYWAY_SECONDS
        for job_id, kind in rings.take(queue, room=room, again=again, by=by):
            spec = KINDS[kind]
            sent = bell.publish(
                RUN_TASK,
                queue=queue,
                args=(job_id,),
                soft_time_limit=spec.soft_limit + spec.carry_on,
                time_limit=spec.hard_limit + spec.carry_on,
            )
            if not sent:
                return rung
            rung += 1
    return rung


def ring_on(queue: str) -> None:
    """Ring for what is due in the queue, from a worker that has no more time for it.

    Not while messages wait there: each leads to what is due, and more of them would only keep workers from the work.
    """
    depth = publisher().waiting(queue)
    if depth is not None and depth < NEARLY_EMPTY:
        ring_due(by=RungBy.WORKER, queues=[queue])


def report_unknown() -> None:
    """Log each kind of job or event once that this release cannot do. They wait for one that can."""
    kinds = Job.objects.filter(state=JobState.QUEUED).exclude(kind__in=runnable()).values_list("kind", flat=True)
    events = Outbox.objects.exclude(event__kind__in=_known_facts()).values_list("event__kind", flat=True)
    for kind in {*kinds.distinct(), *events.distinct()} - _unknown_reported:
        _unknown_reported.add(kind)
        log.warning("work of an unknown kind waits; upgrade the workers, or remove it in the admin", kind=kind)


def _dispatch_batch() -> int:
    with transaction.atomic():
        rows = list(
            Outbox.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(event__kind__in=_known_facts())
            .select_related("event")
            .order_by("pk")[:OUTBOX_BATCH]
        )
        # A fact leaves the outbox with its jobs, so there is none to look for first.
        _insert([job for row in rows for job in _jobs_for(row.event)])
        Outbox.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _jobs_for(event: Event) -> list[_NewJob]:
    jobs = []
    for work in EVENT_WORK.get(event.kind, ()):
        subject_id = work.read(event)
        if subject_id is not None:
            jobs.append(_job(work.kind, subject=(work.names, subject_id), cause=f"event={event.pk}", event=event))
    return jobs


def _job(
    kind: str,
    *,
    cause: str,
    subject: tuple[str, int] | None = None,
    event: Event | None = None,
    run_at: datetime | None = None,
) -> _NewJob:
    payload = {} if subject is None else {subject[0]: subject[1]}
    key = ":".join([str(kind), *(f"{name}={value}" for name, value in payload.items()), cause])
    return _NewJob(str(kind), key, json.dumps(payload), None if event is None else event.pk, run_at)


def _add_jobs(jobs: Sequence[_NewJob]) -> None:
    """Insert the jobs whose keys are new. Two processes may do this with the same keys at the same time."""
    known = set(Job.objects.filter(key__in=[job.key for job in jobs]).values_list("key", flat=True))
    # Looking first spares the id sequence; the constraint decides all the same.
    _insert([job for job in jobs if job.key not in known])


def _insert(jobs: Sequence[_NewJob]) -> None:
    if not jobs:
        return
    kinds, keys, payloads, causes, times = zip(*jobs, strict=True)
    specs = [KINDS[kind] for kind in kinds]
    queues, priorities = [str(spec.queue) for spec in specs], [spec.priority for spec in specs]
    columns = [list(kinds), list(keys), list(payloads), queues, priorities, list(causes), list(times)]
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, columns)


def _take_slots(schedule: Schedule) -> int:
    """How many due times of the schedule this process was the first to take; each has its job then."""
    due = _due_times(schedule, database_now())
    known = set(Slot.objects.filter(schedule=schedule.name, due_at__in=due).values_list("due_at", flat=True))
    if not set(due) - known:
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workers_slot (schedule, due_at) SELECT %s, unnest(%s::timestamptz[])"
            " ON CONFLICT DO NOTHING RETURNING due_at",
            [schedule.name, due],
        )
        taken = sorted(due_at for (due_at,) in cursor.fetchall())
        _add_jobs([_job(schedule.kind, cause=f"{schedule.name}={_stamp(due_at)}") for due_at in taken])
    return len(taken)


def _due_times(schedule: Schedule, now: datetime) -> list[datetime]:
    """The current due time, and those before it that are made up for if they were missed since the schedule began."""
    current = _current_slot(schedule, now)
    first = current
    if schedule.makes_up:
        since = Slot.objects.filter(schedule=schedule.name, due_at__gte=current - schedule.makes_up)
        first = since.aggregate(first=Min("due_at"))["first"] or current
    return [first + n * schedule.every for n in range((current - first) // schedule.every + 1)]


def _current_slot(schedule: Schedule, now: datetime) -> datetime:
    """The latest due time not after now: whole multiples of the interval since 1970, the same on every machine."""
    return now - (now - _EPOCH) % schedule.every


def _known_facts() -> set[str]:
    return {*EventKind.values, *EVENT_WORK}


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
