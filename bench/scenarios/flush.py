"""Redis wiped while it holds messages: everything is done, and soon.

Jobs arrive evenly at well under what the workers can do, and a burst of them comes right before each flush, so that
many messages are lost at once while workers are free within a second or two.
"""

import argparse
import random
import threading
import time
from datetime import datetime

from django.db import connection
from django.db.models import Max
from redis import Redis

from bench.stage import facts
from bench.stage.servers import Stage
from workers.clock import database_now
from workers.models import Job

SOON = 15.0  # seconds from a flush to the start of whatever was due
BURST = 150
PER_SECOND = 20.0


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """The slowest start after each flush, and what is left undone."""
    facts.prepare()
    chance = random.Random(asked.seeds[0])
    stage.worker("flush", concurrency=4)
    redis = Redis.from_url(stage.redis.url)
    numbers = iter(range(1, asked.jobs + 1))
    steady = asked.jobs - asked.flushes * BURST
    evenly = [next(numbers) for _ in range(steady)]
    producer = threading.Thread(target=_produce, args=(evenly,))
    producer.start()
    flushes = []
    for _ in range(asked.flushes):
        time.sleep(steady / PER_SECOND / (asked.flushes + 1) * chance.uniform(0.7, 1.1))
        facts.make_facts([next(numbers) for _ in range(BURST)], kind="bench.work")
        facts.wait_for(lambda: redis.llen("match") > 0, seconds=2, every=0.005)
        lost = int(redis.llen("match"))
        redis.flushall()
        now = database_now()
        due = set(Job.objects.due().filter(kind="bench.work").values_list("pk", flat=True))
        flushes.append((now, lost, due))
    producer.join()
    whole = facts.wait_for(lambda: facts.count("done") == asked.jobs, seconds=120)
    effects, distinct = facts.effects()
    slowest = [(_last_start(due) - at).total_seconds() if due else 0.0 for at, _, due in flushes]
    return {
        "jobs": asked.jobs,
        "messages_lost": [lost for _, lost, _ in flushes],
        "due_at_flush": [len(due) for _, _, due in flushes],
        "slowest_start_seconds": [round(seconds, 1) for seconds in slowest],
        "done": facts.count("done"),
        "effect_rows": effects,
        "effects_twice": effects - distinct,
        "bar_seconds": SOON,
        "reached": whole and effects == distinct == asked.jobs and max(slowest) <= SOON,
    }


def _last_start(due: set[int]) -> datetime:
    return Job.objects.filter(pk__in=due).aggregate(last=Max("started_at"))["last"]


def _produce(numbers: list[int]) -> None:
    facts.make_facts(numbers, kind="bench.work", per_second=PER_SECOND)
    connection.close()
