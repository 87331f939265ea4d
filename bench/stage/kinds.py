"""Kinds of job that only the bench has. Processes that load bench/stage/app.py know them.

A fact of the same name starts one job about its subject. Effects are rows in a table of the bench's own, without any
uniqueness, so that doing a job twice would show.
"""

import ctypes
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from bench.stage.sink import SINK_SECONDS, call_sink
from workers import dispatch, kinds
from workers.choices import Queue
from workers.handling import HANDLERS, ClaimedJob, Save
from workers.kinds import EVENT_WORK, KINDS, KindSpec, Schedule, Work

TABLES = (
    "CREATE TABLE IF NOT EXISTS bench_effect (id bigserial PRIMARY KEY, kind text, number bigint, fence bigint)",
    "CREATE TABLE IF NOT EXISTS bench_start (id bigserial PRIMARY KEY, job_id bigint, pid int)",
)
JOB_SECONDS = 0.02
SCHEDULE = "bench"


def make_tables() -> None:
    """The bench's own tables, empty."""
    with connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)
        cursor.execute("TRUNCATE bench_effect, bench_start")


def _effect(job: ClaimedJob) -> Save:
    def save(_: datetime) -> None:
        _write(job, number=job.payload["number"])

    return save


def _write(job: ClaimedJob, *, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_effect (kind, number, fence) VALUES (%s, %s, %s)", [job.kind, number, job.fence]
        )


def _started(job: ClaimedJob) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_start (job_id, pid) VALUES (%s, %s)", [job.id, os.getpid()])


def _noop(job: ClaimedJob) -> None:  # noqa: ARG001 - every handler is given its job
    return None


def _work(job: ClaimedJob) -> Save:
    """Takes a moment and leaves one row."""
    time.sleep(JOB_SECONDS)
    return _effect(job)


def _call(job: ClaimedJob) -> Save:
    """Tells the counting sink after a moment, with the job's key for idempotency, and leaves one row."""
    time.sleep(JOB_SECONDS)
    call_sink(f"job-{job.payload['number']}")
    return _effect(job)


def _tenth(job: ClaimedJob) -> Save:
    """Takes a tenth of a second and leaves one row."""
    time.sleep(0.1)
    return _effect(job)


def _slot(job: ClaimedJob) -> Save:
    """Leaves one row for a due time."""

    def save(_: datetime) -> None:
        _write(job, number=job.id)

    return save


def _paused(job: ClaimedJob) -> Save:
    """Notes that it began, and takes long enough to be stopped in the middle by another."""
    _started(job)
    if job.attempt == 1:
        time.sleep(float(os.environ["BENCH_PAUSED_SECONDS"]))
    return _effect(job)


def _exits(job: ClaimedJob) -> Save:
    """Ends its process as C code does that calls exit()."""
    _started(job)
    os._exit(3)


def _segfaults(job: ClaimedJob) -> Save:
    """Ends its process by reading where nothing is."""
    _started(job)
    ctypes.string_at(0)
    raise AssertionError("unreachable")


def _eats_memory(job: ClaimedJob) -> Save:
    """Ends as under the kernel's out-of-memory killer: it grows to its bound and is killed from outside of Python."""
    _started(job)
    hoard = []
    while len(hoard) < 24:  # 192 MB, so that the machine of the measurement stays well
        hoard.append(bytearray(os.urandom(1024)) * 8192)
    os.kill(os.getpid(), 9)
    raise AssertionError("unreachable")


def _hangs(job: ClaimedJob) -> Save:
    """Never comes back, and hears no soft limit."""
    _started(job)
    while True:
        try:
            time.sleep(3600)
        except BaseException:  # noqa: BLE001 - deaf on purpose
            continue


def _spec(hard: float, **more: int) -> KindSpec:
    return KindSpec(
        queue=Queue.MATCH, soft_limit=hard * 0.8, hard_limit=hard, backoff_base=0.5, backoff_cap=2.0, **more
    )


KINDS_OF_BENCH: dict[str, tuple[Callable[[ClaimedJob], Save | None], KindSpec]] = {
    "bench.noop": (_noop, _spec(60.0)),
    "bench.work": (_work, _spec(2.0)),
    "bench.tenth": (_tenth, _spec(2.0)),
    "bench.slot": (_slot, _spec(2.0)),
    "bench.call": (_call, _spec(SINK_SECONDS + 1)),
    "bench.paused": (_paused, _spec(4.0)),
    "bench.exits": (_exits, _spec(2.0)),
    "bench.segfaults": (_segfaults, _spec(2.0)),
    "bench.eats_memory": (_eats_memory, _spec(2.0)),
    "bench.hangs": (_hangs, _spec(2.0)),
}


def every_second() -> None:
    """Make this process know a schedule that comes round every second and makes up for what was missed."""
    seconds = Schedule(SCHEDULE, timedelta(seconds=1), "bench.slot", makes_up=timedelta(minutes=2))
    dispatch.SCHEDULES = (*kinds.SCHEDULES, seconds)


def register() -> None:
    """Make this process know the bench's kinds."""
    for kind, (handler, spec) in KINDS_OF_BENCH.items():
        KINDS[kind] = spec
        HANDLERS.setdefault(kind, handler)
        EVENT_WORK[kind] = (Work(kind, "number"),)  # type: ignore[arg-type] # not one of the service's own


if os.environ.get("BENCH_JOB_KINDS"):
    register()
if os.environ.get("BENCH_EVERY_SECOND"):
    every_second()
