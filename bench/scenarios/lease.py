"""A worker that is stopped in the middle of its jobs and wakes when others have done them.

Twenty jobs at a time are taken by a worker with threads, which is stopped; their leases run out, another worker does
them, and the first one goes on where it was. What it then tries to write is stale.
"""

import argparse
import signal
import time
from contextlib import suppress

from bench.stage import facts
from bench.stage.servers import Stage
from workers.models import Job

AT_ONCE = 20
PAUSED_SECONDS = "3"
SHORT = {"LEASE_MARGIN_SECONDS": "1", "SWEEP_SECONDS": "0.5", "RING_AGAIN_SECONDS": "2"}


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """How many stale writes came through."""
    facts.prepare()
    sleeper = stage.worker(
        "sleeper",
        beat=False,
        pool="threads",
        concurrency=AT_ONCE,
        queues="match",
        LOG_LEVEL="INFO",
        BENCH_PAUSED_SECONDS=PAUSED_SECONDS,
        **SHORT,
    )
    stage.worker("clock", concurrency=1, queues="default,facts", **SHORT)
    rescuer = stage.worker(
        "rescuer", beat=False, concurrency=4, queues="match,suspect", BENCH_PAUSED_SECONDS=PAUSED_SECONDS, **SHORT
    )
    time.sleep(8)  # until all of them listen
    rounds = asked.trials // AT_ONCE
    paused = 0
    for turn in range(rounds):
        numbers = [turn * AT_ONCE + n for n in range(1, AT_ONCE + 1)]
        stage.tell(rescuer, signal.SIGSTOP)
        facts.make_facts(numbers, kind="bench.paused")
        jobs = Job.objects.filter(kind="bench.paused", payload__number__in=numbers)
        facts.wait_for(lambda jobs=jobs: jobs.filter(state="running").count() == AT_ONCE, seconds=20, every=0.01)
        stage.tell(sleeper, signal.SIGSTOP)
        paused += jobs.filter(state="running", attempts=1).count()
        stage.tell(rescuer, signal.SIGCONT)
        facts.wait_for(lambda jobs=jobs: jobs.filter(state="done").count() == AT_ONCE, seconds=60)
        stage.tell(sleeper, signal.SIGCONT)
        time.sleep(3.5)
    refused = stage.session.log("sleeper").read_text(encoding="utf-8", errors="replace").count("result not written")
    with suppress(ProcessLookupError):
        stage.kill(sleeper)
    effects, distinct = facts.effects()
    stale = facts.stale_effects()
    return {
        "trials": paused,
        "refused_and_logged": refused,
        "stale_writes": stale,
        "effect_rows": effects,
        "effects_twice": effects - distinct,
        "reached": stale == 0 and effects == distinct == rounds * AT_ONCE and paused == asked.trials == refused,
    }
