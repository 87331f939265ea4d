"""Jobs that take their process down or never end, among good ones: they are given up, and the others hardly notice.

The good jobs arrive at half of what the workers were seen to do, first alone and then with the poison among them. A
job's latency runs from the moment it was due to its end. As in an installation, one process has the jobs that were lost
before to itself; it does no good job, so the capacity is the others'.
"""

import argparse
import random
import threading

from django.db import connection

from bench.stage import facts
from bench.stage.servers import Stage
from workers.models import Job

PROCESSES = 4
POISONS = ("bench.exits", "bench.segfaults", "bench.eats_memory", "bench.hangs")
GOOD = "bench.tenth"
TRIAL = 150  # jobs by which the workers' capacity is seen
ATTEMPTS = 5
BAR = 2.0
_P95 = """
SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))::float8
  FROM workers_job WHERE kind = %s AND state = 'done'
"""


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """Both runs, and what became of the poison."""
    facts.prepare()
    stage.worker("work", concurrency=PROCESSES, queues="match,default,facts", LEASE_MARGIN_SECONDS="1")
    stage.worker("suspect", concurrency=1, queues="suspect", beat=False, LEASE_MARGIN_SECONDS="1")
    capacity = _capacity()
    pace = capacity / 2
    alone = _run(asked, pace, poison=0)
    beside = _run(asked, pace, poison=asked.poison)
    poisoned = Job.objects.filter(kind__in=POISONS)
    facts.wait_for(lambda: poisoned.filter(state="dead").count() == asked.poison, seconds=150)
    attempts = sorted(set(poisoned.values_list("attempts", flat=True)))
    dead = poisoned.filter(state="dead").count()
    effects, distinct = facts.effects()
    return {
        "capacity_per_second": round(capacity, 1),
        "arrivals_per_second": round(pace, 1),
        "p95_alone_seconds": round(alone["p95"], 3),
        "p95_beside_poison_seconds": round(beside["p95"], 3),
        "ratio": round(beside["p95"] / alone["p95"], 2),
        "good_done": beside["done"],
        "good_twice": effects - distinct,
        "poison_dead": dead,
        "poison_attempts": attempts,
        "bar": BAR,
        "reached": beside["done"] == asked.good
        and effects == distinct
        and dead == asked.poison
        and attempts == [ATTEMPTS]
        and beside["p95"] <= BAR * alone["p95"],
    }


def _capacity() -> float:
    numbers = range(1, TRIAL + 1)
    for _ in range(2):  # the first time everything is imported and connected
        facts.prepare()
        facts.make_facts(numbers, kind=GOOD)
        facts.wait_for(lambda: facts.count("done") == TRIAL, seconds=120)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 FROM workers_job WHERE kind = %s",
            [GOOD],
        )
        row = cursor.fetchone()
    assert row is not None
    return float(TRIAL / row[0])


def _run(asked: argparse.Namespace, pace: float, *, poison: int) -> dict[str, float]:
    facts.prepare()
    chance = random.Random(asked.seeds[0])
    seconds = asked.good / pace
    moments = sorted(chance.uniform(0, seconds * 0.8) for _ in range(poison))
    timers = [
        threading.Timer(moment, _poison, args=(number + 1, POISONS[number % len(POISONS)]))
        for number, moment in enumerate(moments)
    ]
    for timer in timers:
        timer.start()
    facts.make_facts(range(1, asked.good + 1), kind=GOOD, per_second=pace)
    for timer in timers:
        timer.join()
    good = Job.objects.filter(kind=GOOD)
    facts.wait_for(lambda: good.filter(state="done").count() == asked.good, seconds=120)
    with connection.cursor() as cursor:
        cursor.execute(_P95, [GOOD])
        row = cursor.fetchone()
    assert row is not None
    return {"p95": float(row[0]), "done": good.filter(state="done").count()}


def _poison(number: int, kind: str) -> None:
    facts.make_fact(number, kind=kind)
    connection.close()
