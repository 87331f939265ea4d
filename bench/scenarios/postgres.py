"""PostgreSQL restarted as after a crash, again and again, while work arrives and people write.

The web process must say 503 while the database is away, never 500, and everything must come back by itself.
"""

import argparse
import random
import threading
import time

from django.db import connection

from bench.stage import facts, web
from bench.stage.servers import Stage

JOBS_PER_SECOND = 15.0
WRITES_PER_SECOND = 20.0
BETWEEN = 12.0  # seconds
AFTER = 60.0


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """What became of the jobs, and what clients were told."""
    facts.prepare()
    chance = random.Random(asked.seeds[0])
    worker = stage.worker("postgres", concurrency=4, LEASE_MARGIN_SECONDS="2")
    process = web.start(stage)
    client = web.Client(web=process, per_second=WRITES_PER_SECOND)
    client.start()
    seconds = asked.restarts * BETWEEN + 5
    numbers = range(1, int(JOBS_PER_SECOND * seconds) + 1)
    producer = threading.Thread(target=_produce, args=(numbers,))
    producer.start()
    time.sleep(5)
    for _ in range(asked.restarts):
        stage.restart_postgres()
        connection.close()
        time.sleep(BETWEEN * chance.uniform(0.8, 1.2))
    producer.join()
    whole = facts.wait_for(lambda: facts.count("done") == len(numbers), seconds=AFTER)
    since = time.monotonic()
    time.sleep(5)
    client.stop()
    settled = web.statuses(client.between(since, since + 4))
    effects, distinct = facts.effects()
    counts = web.statuses(client.answers)
    return {
        "jobs": len(numbers),
        "restarts": asked.restarts,
        "done": facts.count("done"),
        "dead": facts.count("dead"),
        "stuck": facts.count("running"),
        "effect_rows": effects,
        "effects_twice": effects - distinct,
        "web_statuses": counts,
        "web_at_the_end": settled,
        "worker_restarted": not worker.runs(),
        "reached": whole
        and effects == distinct == len(numbers)
        and worker.runs()
        and counts.get("503", 0) > 0
        and set(counts) <= {"200", "201", "503"}
        and set(settled) <= {"200", "201"},
    }


def _produce(numbers: range) -> None:
    facts.make_facts(numbers, kind="bench.work", per_second=JOBS_PER_SECOND)
    connection.close()
