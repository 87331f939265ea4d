"""Which due jobs are rung for next. Marks them as rung, so that no two dispatchers ring for the same one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from workers import gates
from workers.choices import Queue, RungBy
from workers.kinds import KINDS
from workers.taking import runnable

_Taken = tuple[int, str, int, datetime]  # id, kind, priority, run_at

# One question for all queues: it is asked at every ring and every sweep, and mostly the answer is none.
_QUEUES = """
SELECT queue FROM unnest(%(queues)s::text[]) AS asked (queue)
 WHERE EXISTS (
           SELECT FROM workers_job AS j
            WHERE j.queue = asked.queue AND j.kind = ANY(%(kinds)s) AND j.state = 'queued' AND j.run_at <= now()
              AND (j.rung_at IS NULL OR j.rung_at < now() - make_interval(secs => %(again)s))
       )
    OR EXISTS (
           SELECT FROM workers_job AS j
            WHERE j.queue = asked.queue AND j.kind = ANY(%(kinds)s) AND j.state = 'running' AND j.lease_until < now()
              AND j.queue = 'suspect'
              AND (j.rung_at IS NULL OR j.rung_at < now() - make_interval(secs => %(again)s))
       )
"""
_TAKE = """
WITH due AS (
    SELECT id FROM workers_job
     WHERE queue = %(queue)s AND kind = ANY(%(kinds)s)
       AND ((state = 'queued' AND run_at <= clock_timestamp())
            OR (state = 'running' AND lease_until < clock_timestamp() AND queue = 'suspect'))
       AND (rung_at IS NULL OR rung_at < clock_timestamp() - make_interval(secs => %(again)s))
     ORDER BY priority DESC, run_at, id
     LIMIT %(room)s
       FOR UPDATE SKIP LOCKED
), rung AS (
    UPDATE workers_job AS j SET rung_at = clock_timestamp(), rung_by = %(by)s FROM due WHERE j.id = due.id
    RETURNING j.id, j.kind, j.priority, j.run_at
)
SELECT id, kind, priority, run_at FROM rung ORDER BY priority DESC, run_at, id
"""
_SET_ASIDE = """
UPDATE workers_job SET queue = 'suspect', rung_at = NULL
 WHERE id IN (
           SELECT id FROM workers_job
            WHERE state = 'running' AND lease_until < clock_timestamp() AND queue <> 'suspect'
              FOR UPDATE SKIP LOCKED
       )
"""
_ON_THEIR_WAY = """
SELECT count(*) FROM workers_job
 WHERE kind = %(kind)s AND state = 'queued' AND rung_at >= clock_timestamp() - make_interval(secs => %(again)s)
"""


def set_aside_lost() -> int:
    """Move jobs whose lease ran out to the suspects' queue, where alone they are given out again. Gives how many.

    Most took nobody down and are done there at once. One that does takes only the suspects' process with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SET_ASIDE)
        return int(cursor.rowcount)


def queues_to_ring(queues: Sequence[str]) -> list[str]:
    """Those of the queues with a due job that was not rung, or was rung too long ago."""
    asked: dict[str, Any] = {"queues": list(queues), "kinds": runnable(), "again": settings.RING_AGAIN_SECONDS}
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES, asked)
        return [queue for (queue,) in cursor.fetchall()]


def take(queue: str, *, room: int, again: float, by: RungBy) -> list[tuple[int, str]]:
    """Mark up to `room` due jobs as rung now, and give their (id, kind), most urgent first. Skips what others take.

    A job rung less than `again` seconds ago is left alone. Limited kinds get as many as may start now, and each is
    looked for by itself: a thousand of them that must wait keep nobody else from being rung.
    """
    here = [kind for kind in runnable() if queue in {KINDS[kind].queue, Queue.SUSPECT}]
    taken = _take(queue, [kind for kind in here if not KINDS[kind].limited], room=room, again=again, by=by)
    for kind in here:
        if KINDS[kind].limited:
            may_start = min(room, gates.free(kind) - _on_their_way(kind, again=again))
            if may_start > 0:
                taken += _take(queue, [kind], room=may_start, again=again, by=by)
    ordered = sorted(taken, key=lambda one: (-one[2], one[3], one[0]))
    return [(job_id, kind) for job_id, kind, _, _ in ordered]


def _take(queue: str, kinds: Sequence[str], *, room: int, again: float, by: RungBy) -> list[_Taken]:
    asked: dict[str, Any] = {"queue": queue, "kinds": list(kinds), "room": room, "again": again, "by": by}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, asked)
        taken: list[_Taken] = cursor.fetchall()
    return taken


def _on_their_way(kind: str, *, again: float) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_ON_THEIR_WAY, {"kind": kind, "again": again})
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])
