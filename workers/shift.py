"""What a worker does with one message: the job it names, any that is more urgent, and then what is due beside it.

A message costs more than a quick job, so a worker that was quick carries on without one. It stays within the limits
that the message was sent with: only kinds with the same ones follow, and only while little of them is used up.
"""

import time

from workers import dispatch, ledger
from workers.choices import JobState
from workers.doorbell import ring
from workers.kinds import KINDS
from workers.models import Job
from workers.taking import Beside, on_living_connection, runnable


def work(job_id: int) -> None:
    """Do the job if it can be had, and go on for a moment. Never raises for what a job does wrong."""
    began = time.monotonic()
    rows = Job.objects.filter(pk=job_id).only("queue", "kind", "priority", "state")
    named = on_living_connection(rows.first)
    if named is None or named.kind not in runnable():
        return
    spec = KINDS[named.kind]
    if spec.limited:
        ledger.run(job_id)
        ring()  # another of its kind may have room now
        return
    beside = Beside(named.queue, [kind for kind in runnable() if KINDS[kind].runs_like(spec)])
    if ledger.run_next(beside, least=named.priority + 1) is None:
        if named.state not in {JobState.DONE, JobState.DEAD}:  # as where another message carried on with it
            ledger.run(job_id)
    else:
        # Something more urgent came while the message waited, and has used it up.
        Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(rung_at=None)
    until = began + spec.carry_on
    if time.monotonic() >= until or ledger.run_on(beside, until=until):
        dispatch.ring_on(named.queue)
