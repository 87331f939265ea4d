"""Worker groups killed with SIGKILL over and over: what is lost, what is done twice, and the same for plain Celery.

Each job calls a counting sink with a key of its own and writes a row. The ledger's group and the control's are killed
in turn with their own progress, so both have work in hand at each kill. The control's settings are as careful as
Celery's go: late acknowledgement, messages back when their worker is lost.
"""

import argparse
import random
import threading
import time
from typing import Any

from django.db import connection
from redis import Redis

from bench.stage import facts
from bench.stage.kinds import JOB_SECONDS
from bench.stage.plain import call
from bench.stage.servers import Stage
from bench.stage.sink import Sink
from workers.models import Job

PROCESSES = 4
QUIET_SECONDS = 20.0  # without any progress the control is over; its messages come back after three
LONGEST = 240.0


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """The storm once per seed."""
    runs = [_storm(stage, seed, jobs=asked.jobs, kills=asked.kills) for seed in asked.seeds]
    return {"jobs": asked.jobs, "kills": asked.kills, "runs": runs, "reached": all(run["reached"] for run in runs)}


def _storm(stage: Stage, seed: int, *, jobs: int, kills: int) -> dict[str, Any]:
    facts.prepare()
    ours, theirs = Sink(), Sink()
    facts.make_facts(range(1, jobs + 1), kind="bench.call")
    for number in range(1, jobs + 1):
        call.delay(number, JOB_SECONDS)
    control: dict[str, int] = {}
    beside = threading.Thread(target=_control, args=(stage, theirs, seed, jobs, kills, control))
    beside.start()
    in_flight: set[tuple[int, int]] = set()
    worker = _worker(stage, ours)
    done_of_kills = 0
    for goal in _goals(seed, jobs, kills):
        facts.wait_for(lambda goal=goal: facts.count("done") >= goal, seconds=LONGEST, every=0.02)
        stage.kill(worker)
        done_of_kills += 1
        in_flight |= set(Job.objects.filter(kind="bench.call", state="running").values_list("pk", "fence"))
        worker = _worker(stage, ours)
    whole = facts.wait_for(lambda: facts.count("done") == jobs, seconds=LONGEST)
    effects, distinct = facts.effects()
    beside.join()
    stage.kill(worker)
    ours.close()
    theirs.close()
    connection.close()
    lost = jobs - facts.count("done")
    by_key = len(ours.calls) - jobs
    return {
        "seed": seed,
        "kills": done_of_kills,
        "lost": lost,
        "effect_rows": effects,
        "effects_twice": effects - distinct,
        "in_flight_at_kills": len(in_flight),
        "extra_calls": ours.extra,
        "extra_by_key": by_key,
        "control": control,
        "reached": whole and (lost, effects, distinct, by_key) == (0, jobs, jobs, 0) and ours.extra <= len(in_flight),
    }


def _control(stage: Stage, sink: Sink, seed: int, jobs: int, kills: int, figures: dict[str, int]) -> None:
    worker = _plain_worker(stage, sink)
    for goal in _goals(seed, jobs, kills):
        _until(lambda goal=goal: sum(sink.calls.values()) >= goal)
        stage.kill(worker)
        worker = _plain_worker(stage, sink)
    seen, since = -1, time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        if sum(sink.calls.values()) != seen:
            seen, since = sum(sink.calls.values()), time.monotonic()
        time.sleep(0.2)
    stage.kill(worker)
    Redis.from_url(stage.variables()["PLAIN_REDIS_URL"]).flushdb()
    figures.update(kills=kills, lost=jobs - len(sink.calls), extra_calls=sink.extra)


def _goals(seed: int, jobs: int, kills: int) -> list[int]:
    """After how many jobs each kill comes: spread over the run, and not at the same point in any two."""
    chance = random.Random(seed)
    step = jobs / (kills + 1)
    return [round(step * (kill + 1) + chance.uniform(-step, step) / 3) for kill in range(kills)]


def _until(condition: Any) -> None:
    end = time.monotonic() + LONGEST
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def _worker(stage: Stage, sink: Sink) -> Any:
    return stage.worker("storm", concurrency=PROCESSES, LEASE_MARGIN_SECONDS="1", BENCH_SINK_PORT=str(sink.port))


def _plain_worker(stage: Stage, sink: Sink) -> Any:
    return stage.worker(
        "control",
        app="bench.stage.plain",
        queues="plain",
        beat=False,
        concurrency=PROCESSES,
        BENCH_SINK_PORT=str(sink.port),
        BENCH_PLAIN_CAREFUL="1",
    )
