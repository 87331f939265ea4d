"""How many jobs of a kind may run at once, and how many may start in a while: exact for all processes together.

A kind with a limit has one row, its gate. Whoever takes such a job holds the gate's row for that moment, so the count
of what runs is true when it decides. Kinds without a limit never come here, and a kind waits at no gate but its own.
"""

from typing import Any

from django.db import connection

from workers.kinds import KINDS

_LOCK = """
INSERT INTO workers_gate (kind, starts) VALUES (%(kind)s, '{}')
ON CONFLICT (kind) DO UPDATE SET kind = excluded.kind
"""
# Asked after the lock, in a statement of its own, so that it sees what the last holder of the gate has committed.
_FREE = """
SELECT %(concurrency)s - (
           SELECT count(*) FROM workers_job
            WHERE kind = %(kind)s AND state = 'running' AND lease_until >= clock_timestamp() AND id <> %(apart_from)s
       ),
       %(starts)s - (
           SELECT count(*) FROM workers_gate, unnest(starts) AS started
            WHERE kind = %(kind)s AND started > clock_timestamp() - make_interval(secs => %(seconds)s)
       )
"""
_NOTE = """
UPDATE workers_gate
   SET starts = array(
           SELECT started FROM unnest(starts) AS started
            WHERE started > clock_timestamp() - make_interval(secs => %(seconds)s)
       ) || clock_timestamp()
 WHERE kind = %(kind)s
"""
_NO_JOB = 0


def lock_gate(kind: str) -> None:
    """Hold the kind's gate until the transaction ends. Waits for its holder, who is as quick."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"kind": kind})


def has_room(kind: str, *, apart_from: int) -> bool:
    """Whether one more job of the kind may start now. True only while the caller holds the gate."""
    return free(kind, apart_from=apart_from) > 0


def free(kind: str, *, apart_from: int = _NO_JOB) -> int:
    """How many more jobs of a limited kind may start now. Without the gate's lock a good guess, no more."""
    spec = KINDS[kind]
    values: dict[str, Any] = {
        "kind": kind,
        "apart_from": apart_from,
        "concurrency": spec.concurrency,
        "starts": None if spec.rate is None else spec.rate.starts,
        "seconds": 0.0 if spec.rate is None else spec.rate.seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FREE, values)
        row = cursor.fetchone()
    assert row is not None
    return min(int(room) for room in row if room is not None)


def note_start(kind: str) -> None:
    """Count a start against the kind's rate, forgetting those that are too old to matter."""
    rate = KINDS[kind].rate
    if rate is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"kind": kind, "seconds": rate.seconds})
