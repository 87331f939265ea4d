"""Taking a job. One statement decides who has it; where a kind is limited, one row makes its takers go in turn.

`alone` says whether the claiming process runs nothing else meanwhile: a job whose worker vanished once is only given
out like that, so that a further loss is its own fault and counts; and only once the sweep has set it aside.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from workers.choices import JobState, RungBy
from workers.gates import has_room, lock_gate, note_start
from workers.handling import HANDLERS, ClaimedJob, LeaseLost
from workers.kinds import KINDS
from workers.models import Job

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")

_LOST_TEXT = "The worker vanished while it ran this job: killed, out of memory, or cut off from the database."
_KINDS = "unnest(%(kinds)s::text[], %(leases)s::float8[], %(max_losses)s::int[]) AS k (kind, lease, max_losses)"
_ANSWER = "j.id, j.state, j.kind, j.payload, j.fence, j.attempts, j.errors, j.losses, clock_timestamp()"
_CLAIM = f"""
WITH mine AS (
    SELECT j.id, k.lease,
           j.state = 'running' AS lost,
           j.state = 'running' AND j.alone AS lost_alone,
           j.state = 'running' AND j.alone AND j.losses_alone + 1 >= k.max_losses AS given_up
      FROM workers_job AS j JOIN {_KINDS} ON k.kind = j.kind
     WHERE j.id = %(id)s
       AND (
            (j.state = 'queued' AND j.run_at <= clock_timestamp() AND (%(alone)s OR j.losses = 0))
         OR (j.state = 'running' AND j.lease_until < clock_timestamp() AND %(alone)s AND j.queue = 'suspect')
       )
       FOR UPDATE OF j SKIP LOCKED
)
UPDATE workers_job AS j
   SET state = CASE WHEN mine.given_up THEN 'dead' ELSE 'running' END,
       fence = j.fence + 1,
       attempts = j.attempts + CASE WHEN mine.given_up THEN 0 ELSE 1 END,
       losses = j.losses + mine.lost::int,
       losses_alone = j.losses_alone + mine.lost_alone::int,
       last_error = CASE WHEN mine.lost THEN %(lost_text)s ELSE j.last_error END,
       alone = %(alone)s,
       rung_at = NULL,
       lease_until = CASE WHEN mine.given_up THEN NULL
                          ELSE clock_timestamp() + make_interval(secs => mine.lease) END,
       started_at = CASE WHEN mine.given_up THEN j.started_at ELSE clock_timestamp() END,
       finished_at = CASE WHEN mine.given_up THEN clock_timestamp() ELSE NULL END
  FROM mine
 WHERE j.id = mine.id
RETURNING {_ANSWER}
"""  # noqa: S608 - the parts are the constants above
# The most urgent job of some kinds in one queue. Jobs that were lost before are left to their own rings.
_NEXT = f"""
UPDATE workers_job AS j
   SET state = 'running', fence = j.fence + 1, attempts = j.attempts + 1, alone = %(alone)s, rung_at = NULL,
       rung_by = %(by)s, started_at = clock_timestamp(),
       lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE j.id = (
           SELECT id FROM workers_job
            WHERE queue = %(queue)s AND state = 'queued' AND run_at <= now() AND losses = 0
              AND kind = ANY(%(kinds)s) AND priority >= %(least)s
            ORDER BY priority DESC, run_at, id
            LIMIT 1
              FOR UPDATE SKIP LOCKED
       )
RETURNING {_ANSWER}
"""  # noqa: S608 - the part is the constant above
_DONE = """
UPDATE workers_job
   SET state = 'done', lease_until = NULL, finished_at = clock_timestamp(), last_error = '', alone = false
 WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
RETURNING clock_timestamp()
"""
_DONE_AND_NEXT = f"""
WITH done AS ({_DONE}), next AS ({_NEXT})
SELECT EXISTS (SELECT FROM done), next.* FROM (SELECT) AS always LEFT JOIN next ON true
"""  # noqa: S608 - the parts are the constants above
ANY_PRIORITY = -32768


@dataclass(frozen=True, slots=True)
class Beside:
    """What a worker may go on with: jobs of these unlimited kinds, which have the same limits, in one queue."""

    queue: str
    kinds: Sequence[str]

    def terms(self, *, alone: bool, least: int = ANY_PRIORITY) -> dict[str, Any]:
        """What the statements ask for."""
        return {
            "queue": self.queue,
            "kinds": list(self.kinds),
            "lease": KINDS[self.kinds[0]].lease,
            "alone": alone,
            "by": RungBy.WORKER,
            "least": least,
        }


def claim(job_id: int, *, alone: bool = False) -> ClaimedJob | None:
    """Take the job if it is due, or was set aside as lost; count the attempt and raise the fence.

    None when it is not to be had: done, not due, held by another, of a kind that this release does not know or that has
    no room right now, lost before and `alone` is false, or given up just now because its worker vanished too often.
    """
    asked = {"id": job_id, "alone": alone, "lost_text": _LOST_TEXT}
    kinds = runnable()
    row = on_living_connection(lambda: _one(_CLAIM, {**asked, **_terms([k for k in kinds if not KINDS[k].limited])}))
    limited = [kind for kind in kinds if KINDS[kind].limited]
    if row is None and limited:
        kind = Job.objects.filter(pk=job_id, kind__in=limited).values_list("kind", flat=True).first()
        row = None if kind is None else _claim_in_turn(kind, job_id, asked)
    return None if row is None else _claimed(row)


def claim_next(beside: Beside, *, alone: bool, least: int = ANY_PRIORITY) -> ClaimedJob | None:
    """Take the most urgent due job of those, if its priority is at least `least`."""
    row = on_living_connection(lambda: _one(_NEXT, beside.terms(alone=alone, least=least)))
    return None if row is None else _claimed(row)


def mark_done(job: ClaimedJob) -> datetime:
    """Mark the job done, and give when. Raises LeaseLost if it is no longer this worker's."""
    row = _one(_DONE, {"id": job.id, "fence": job.fence})
    if row is None:
        raise LeaseLost
    now: datetime = row[0]
    return now


def mark_done_and_claim_next(job: ClaimedJob, beside: Beside, *, alone: bool) -> tuple[bool, ClaimedJob | None]:
    """Both in one statement and one commit. Gives whether the job was still this worker's, and the next one if any."""
    row = _one(_DONE_AND_NEXT, {"id": job.id, "fence": job.fence, **beside.terms(alone=alone)})
    assert row is not None
    done, *taken = row
    return bool(done), None if taken[0] is None else _claimed(tuple(taken))


def runnable() -> list[str]:
    """The kinds of job that this process can do."""
    return [str(kind) for kind in KINDS if kind in HANDLERS]


def on_living_connection(ask: Callable[[], Answer]) -> Answer:
    """Ask the database; once more on a new connection if the one at hand turns out to be cut.

    Only for what may be asked twice, and outside a transaction.
    """
    try:
        return ask()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close()
        return ask()


def _claim_in_turn(kind: str, job_id: int, asked: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Claim a job of a limited kind. Its takers wait for each other at the kind's gate, and for nobody else."""
    with transaction.atomic():
        lock_gate(kind)
        if not has_room(kind, apart_from=job_id):
            # Its message is used up, so it is rung anew when there is room. A row that another holds is left alone:
            # waiting for it here would keep the whole kind waiting.
            waits = Job.objects.filter(pk=job_id)
            (waits.filter(state=JobState.QUEUED) | waits.abandoned()).update(rung_at=None)
            return None
        row = _one(_CLAIM, {**asked, **_terms([kind])})
        if row is not None and row[1] == JobState.RUNNING:
            note_start(kind)
    return row


def _terms(kinds: Sequence[str]) -> dict[str, Any]:
    return {
        "kinds": list(kinds),
        "leases": [KINDS[kind].lease for kind in kinds],
        "max_losses": [KINDS[kind].max_losses for kind in kinds],
    }


def _one(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _claimed(row: tuple[Any, ...]) -> ClaimedJob | None:
    job_id, state, kind, payload, fence, attempt, errors, losses, now = row
    job_log = log.bind(job_id=job_id, kind=kind, attempt=attempt)
    if state == JobState.DEAD:
        job_log.error("job given up: its worker vanished each time; see dead letters in the admin", losses=losses)
        return None
    if losses:
        job_log.warning("running a job again whose worker vanished; nothing to do unless it is given up", losses=losses)
    return ClaimedJob(
        id=job_id,
        kind=kind,
        payload=json.loads(payload),
        fence=fence,
        attempt=attempt,
        errors=errors,
        claimed_at=now,
        renew=lambda: _renew(job_id=job_id, kind=kind, fence=fence),
    )


_RENEW = """
UPDATE workers_job SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 WHERE id = %(id)s AND fence = %(fence)s AND state = 'running'
   AND (NOT %(limited)s OR lease_until >= clock_timestamp()) RETURNING id
"""  # where a kind is limited, the place of a lease that ran out may be another's by now


def _renew(*, job_id: int, kind: str, fence: int) -> None:
    asked = {"id": job_id, "fence": fence, "lease": KINDS[kind].lease, "limited": KINDS[kind].limited}
    if _one(_RENEW, asked) is None:
        raise LeaseLost
