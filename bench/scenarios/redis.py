"""Redis killed, and frozen, for a minute each, while people write and work arrives.

Writes through the API must go on as if nothing were, and what piled up must be done soon after Redis is back, by the
same workers.
"""

import argparse
import signal
import threading
import time
from typing import Any

from django.db import connection

from bench.stage import facts, web
from bench.stage.servers import Stage

NORMAL_SECONDS = 20.0
JOBS_PER_SECOND = 10.0
WRITES_PER_SECOND = 5.0
MORE_MS = 300.0
DRAINED_WITHIN = 120.0


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """Each harm once, on one web process and one group of workers."""
    facts.prepare()
    worker = stage.worker("redis", concurrency=2)
    process = web.start(stage)
    client = web.Client(web=process, per_second=WRITES_PER_SECOND)
    client.start()
    time.sleep(5)  # until everything is imported and connected
    began = time.monotonic()
    time.sleep(NORMAL_SECONDS)
    normal = client.between(began, time.monotonic())
    figures = {
        "killed": _away(stage, client, asked.seconds, _kill, _start, first=1),
        "frozen": _away(stage, client, asked.seconds, _freeze, _thaw, first=100_001),
    }
    client.stop()
    for one in figures.values():
        one["p95_more_ms"] = round(one["p95_ms"] - web.p95_ms(normal), 1)
    return {
        "seconds_away": asked.seconds,
        "p95_normal_ms": web.p95_ms(normal),
        **figures,
        "worker_restarted": not worker.runs(),
        "bar_more_ms": MORE_MS,
        "bar_drained_seconds": DRAINED_WITHIN,
        "reached": worker.runs()
        and all(
            one["drained_after_seconds"] is not None
            and one["drained_after_seconds"] <= DRAINED_WITHIN
            and one["p95_more_ms"] <= MORE_MS
            and set(one["statuses"]) <= {"200", "201"}
            and one["undone"] == one["effects_twice"] == 0
            for one in figures.values()
        ),
    }


def _away(stage: Stage, client: web.Client, seconds: float, harm: Any, mend: Any, *, first: int) -> dict[str, Any]:
    facts.prepare()
    numbers = range(first, first + int(JOBS_PER_SECOND * (seconds + 5)))
    producer = threading.Thread(target=_produce, args=(numbers,))
    producer.start()
    time.sleep(5)
    harm(stage)
    began = time.monotonic()
    time.sleep(seconds)
    during = client.between(began, time.monotonic())
    producer.join()
    waiting = len(numbers) - facts.count("done")
    mend(stage)
    back = time.monotonic()
    drained = facts.wait_for(lambda: facts.count("done") == len(numbers), seconds=DRAINED_WITHIN + 30)
    took = time.monotonic() - back
    effects, distinct = facts.effects()
    return {
        "p95_ms": web.p95_ms(during),
        "writes": sum(answer.wrote for answer in during),
        "statuses": web.statuses(during),
        "backlog": waiting,
        "drained_after_seconds": round(took, 1) if drained else None,
        "undone": len(numbers) - facts.count("done"),
        "effects_twice": effects - distinct,
    }


def _produce(numbers: range) -> None:
    facts.make_facts(numbers, kind="bench.work", per_second=JOBS_PER_SECOND)
    connection.close()


def _kill(stage: Stage) -> None:
    assert stage.redis_process is not None
    stage.kill(stage.redis_process)
    for address in stage.session.scratch.glob("redis.sock"):
        address.unlink()


def _start(stage: Stage) -> None:
    stage.redis_process = stage.redis.start()


def _freeze(stage: Stage) -> None:
    assert stage.redis_process is not None
    stage.tell(stage.redis_process, signal.SIGSTOP)


def _thaw(stage: Stage) -> None:
    assert stage.redis_process is not None
    stage.tell(stage.redis_process, signal.SIGCONT)
