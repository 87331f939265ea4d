"""Three clocks and two workers, killed at random, on a schedule that comes round every second.

Redis is wiped now and then too. Every due time must have its job exactly once, and the job its effect.
"""

import argparse
import random
import time
from datetime import timedelta

from redis import Redis

from bench.stage import facts
from bench.stage.kinds import SCHEDULE, every_second
from bench.stage.servers import CELERY, Stage
from scripts.devenv.session import Child
from workers.clock import database_now
from workers.models import Job, Slot

BEATS = 3
SWEEP = {"SWEEP_SECONDS": "0.3", "BENCH_EVERY_SECOND": "1", "LEASE_MARGIN_SECONDS": "1", "RING_AGAIN_SECONDS": "2"}


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """How many due times there were between the first and the last slot, and how many have exactly one job."""
    facts.prepare()
    every_second()
    chance = random.Random(asked.seeds[0])
    redis = Redis.from_url(stage.redis.url)
    workers = [_worker(stage, number) for number in range(2)]
    beats = [_beat(stage, number) for number in range(BEATS)]
    facts.wait_for(lambda: Slot.objects.filter(schedule=SCHEDULE).exists(), seconds=60)
    end = time.monotonic() + asked.seconds
    kills = {"beat": 0, "worker": 0, "flush": 0}
    while time.monotonic() < end:
        time.sleep(chance.uniform(1, 6))
        what = chance.choices(["beat", "worker", "flush"], [6, 1, 1])[0]
        kills[what] += 1
        number = chance.randrange(BEATS if what == "beat" else len(workers))
        if what == "beat":
            stage.kill(beats[number])
            beats[number] = _beat(stage, number)
        elif what == "worker":
            stage.kill(workers[number])
            workers[number] = _worker(stage, number)
        else:
            redis.flushall()
    last = database_now()
    wanted = Slot.objects.filter(schedule=SCHEDULE, due_at__lte=last).order_by("due_at")
    facts.wait_for(lambda: wanted.filter(due_at__gte=last - timedelta(seconds=1)).exists(), seconds=30)
    slots = list(wanted.values_list("due_at", flat=True))
    due = int((slots[-1] - slots[0]).total_seconds()) + 1
    jobs = Job.objects.filter(kind="bench.slot", key__in=[_key(slot) for slot in slots])
    facts.wait_for(lambda: jobs.filter(state="done").count() == len(slots), seconds=60)
    for child in beats:
        stage.kill(child)
    done = jobs.filter(state="done").count()
    effects, distinct = facts.slot_effects([job.pk for job in jobs])
    return {
        "seconds": asked.seconds,
        "killed": kills,
        "due_times": due,
        "slots": len(slots),
        "jobs_done": done,
        "effect_rows": effects,
        "effects_twice": effects - distinct,
        "reached": due == len(slots) == done == effects == distinct and due >= asked.seconds - 5,
    }


def _key(slot: object) -> str:
    return f"bench.slot:{SCHEDULE}={slot:%Y-%m-%dT%H:%M:%S.%fZ}"


def _worker(stage: Stage, number: int) -> Child:
    return stage.worker(f"clockwork{number}", beat=False, **SWEEP)


def _beat(stage: Stage, number: int) -> Child:
    return stage.python(f"beat{number}", *CELERY, "-A", "bench.stage.app", "beat", "-l", "WARNING", **SWEEP)
