"""Kinds of job that only tests have. Workers that load tests/workers/app.py know them.

Effects are rows without any uniqueness, so that doing a job twice would show.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime

from django.db import connection

from workers.choices import Queue
from workers.handling import ClaimedJob, Save, handles
from workers.kinds import KINDS, KindSpec

EFFECTS = "CREATE TABLE IF NOT EXISTS test_effect (id bigserial PRIMARY KEY, job_id bigint, fence bigint, pid int)"
_STARTS = "CREATE TABLE IF NOT EXISTS test_start (id bigserial PRIMARY KEY, job_id bigint, pid int)"
TABLES = (EFFECTS, _STARTS)


def make_tables() -> None:
    with connection.cursor() as cursor:
        for statement in TABLES:
            cursor.execute(statement)


def _effect(job: ClaimedJob) -> Save:
    def save(at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO test_effect (job_id, fence, pid) VALUES (%s, %s, %s)", [job.id, job.fence, os.getpid()]
            )

    return save


def _started(job: ClaimedJob) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_start (job_id, pid) VALUES (%s, %s)", [job.id, os.getpid()])


def _quick(job: ClaimedJob) -> Save:
    return _effect(job)


def _slow(job: ClaimedJob) -> Save:
    """Takes `seconds`; only its first attempt, when the payload says so."""
    _started(job)
    if job.attempt == 1 or not job.payload.get("first_only"):
        time.sleep(job.payload.get("seconds", 0.02))
    return _effect(job)


def _poison(job: ClaimedJob) -> Save:
    raise ValueError("this never works")


def _deadly(job: ClaimedJob) -> Save:
    """Ends its process, as a crash in C code or the kernel's out-of-memory killer would."""
    _started(job)
    os.kill(os.getpid(), 9)
    raise AssertionError("unreachable")


KINDS_OF_TESTS: dict[str, Callable[[ClaimedJob], Save]] = {
    "test.quick": _quick,
    "test.slow": _slow,
    "test.poison": _poison,
    "test.deadly": _deadly,
}


def spec_of(kind: str) -> KindSpec:
    """A worker that vanishes is noticed a second or two later."""
    hard = 1.0 if kind == "test.deadly" else 2.0
    return KindSpec(queue=Queue.MATCH, soft_limit=hard / 2, hard_limit=hard, backoff_base=0, backoff_cap=0)


if os.environ.get("TEST_JOB_KINDS"):
    for name, function in KINDS_OF_TESTS.items():
        KINDS[name] = spec_of(name)
        handles(name)(function)
