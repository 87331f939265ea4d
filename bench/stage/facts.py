"""Facts for the bench's jobs, and what became of them. For processes in which Django is set up."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from django.db import InterfaceError, OperationalError, connection, transaction

from bench.stage.kinds import make_tables, register
from claims.audit.operations import record
from claims.models import Event, Source
from workers.clock import database_now
from workers.models import Job

register()
KINDS = "bench.%"


def prepare() -> None:
    """Empty tables for the effects of the bench's jobs, and no jobs."""
    make_tables()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM workers_job WHERE kind LIKE %s", [KINDS])


def make_fact(number: int, *, kind: str) -> None:
    """One fact in a transaction of its own, as an editor's click is."""
    with transaction.atomic():
        record(kind=kind, subject=Source(pk=number), actor=None, at=database_now())  # type: ignore[arg-type]


def make_facts(numbers: Sequence[int], *, kind: str, per_second: float | None = None) -> None:
    """One fact after the other, evenly over time if a pace is given. A fact that the database refused is told again."""
    began = time.monotonic()
    for done, number in enumerate(numbers):
        if per_second is not None:
            time.sleep(max(0.0, began + done / per_second - time.monotonic()))
        told = False
        while not told:
            try:
                make_fact(number, kind=kind)
                told = True
            except (OperationalError, InterfaceError):
                told = _known(number, kind)  # it may have been committed, and only the answer was lost


def _known(number: int, kind: str) -> bool:
    while True:
        connection.close()
        time.sleep(0.2)
        with suppress(OperationalError, InterfaceError):
            return Event.objects.filter(kind=kind, subject_id=number).exists()


def count(state: str) -> int:
    """How many of the bench's jobs are in the state."""
    return Job.objects.filter(kind__startswith="bench.", state=state).count()


def effects() -> tuple[int, int]:
    """How many effects there are, and of how many different jobs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT (kind, number)) FROM bench_effect")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def slot_effects(job_ids: Sequence[int]) -> tuple[int, int]:
    """How many effects these jobs of a schedule have, and of how many different jobs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT number) FROM bench_effect WHERE kind = 'bench.slot' AND number = ANY(%s)",
            [list(job_ids)],
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def stale_effects() -> int:
    """How many effects were written by other than the last holder of their job."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM bench_effect AS e JOIN workers_job AS j"
            " ON j.kind = e.kind AND (j.payload->>'number')::bigint = e.number WHERE j.fence <> e.fence"
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def wait_for(condition: Callable[[], bool], *, seconds: float, every: float = 0.1) -> bool:
    """Whether the condition came true in time. A database that is away is asked again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return True
        except (OperationalError, InterfaceError):
            connection.close()
        time.sleep(every)
    return False
