"""What the ledger costs: no-op jobs per second, beside plain Celery's no-op on the same machine.

Both have two prefork processes and the same Redis. The ledger's time runs from the first record(), each in a
transaction of its own, to the last job's end by the database's clock; Celery's from the first delay() to an empty
queue. While one is measured the other group is stopped.
"""

import argparse
import os
import signal
import statistics
import time

from django.db import connection
from redis import Redis

from bench.stage import facts
from bench.stage.plain import noop
from bench.stage.servers import Stage
from workers.clock import database_now

BAR = 0.5
WARM_UP = 100
_DONE = """
SELECT count(*), extract(epoch FROM max(finished_at) - %s)::float8 FROM workers_job
 WHERE kind = 'bench.noop' AND state = 'done' AND created_at >= %s
"""


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """Jobs per second of both, round by round, and the ratio of each pair."""
    facts.prepare()
    ours, plain = stage.worker("ours"), stage.worker("plain", app="bench.stage.plain", queues="plain", beat=False)
    redis = Redis.from_url(os.environ["PLAIN_REDIS_URL"])
    numbers = iter(range(1, 10_000_000))
    _ledger([next(numbers) for _ in range(WARM_UP)])
    _plain(WARM_UP, redis)
    pairs = []
    for turn in range(asked.rounds):
        rates = {}
        for name in ("ledger", "plain") if turn % 2 else ("plain", "ledger"):
            idle = plain if name == "ledger" else ours
            stage.tell(idle, signal.SIGSTOP)
            if name == "ledger":
                rates[name] = _ledger([next(numbers) for _ in range(asked.jobs)])
            else:
                rates[name] = _plain(asked.jobs, redis)
            stage.tell(idle, signal.SIGCONT)
            time.sleep(1)
        pairs.append((rates["ledger"], rates["plain"]))
    ratios = sorted(ledger / plain_rate for ledger, plain_rate in pairs)
    median = statistics.median(ratios)
    return {
        "rounds": asked.rounds,
        "jobs": asked.jobs,
        "ledger_per_second": round(statistics.median(pair[0] for pair in pairs)),
        "plain_per_second": round(statistics.median(pair[1] for pair in pairs)),
        "ratio_median": round(median, 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "bar": BAR,
        "reached": median >= BAR,
    }


def _ledger(numbers: list[int]) -> float:
    start = database_now()
    facts.make_facts(numbers, kind="bench.noop")
    took = 0.0

    def done() -> bool:
        nonlocal took
        with connection.cursor() as cursor:
            cursor.execute(_DONE, [start, start])
            row = cursor.fetchone()
        assert row is not None
        took = row[1] or 0.0
        return bool(row[0] == len(numbers))

    assert facts.wait_for(done, seconds=120), "the ledger's jobs were not done"
    return len(numbers) / took


def _plain(number: int, redis: Redis) -> float:
    began = time.perf_counter()
    for _ in range(number):
        noop.delay()
    while redis.llen("plain") or redis.hlen("unacked"):
        time.sleep(0.02)
    return number / (time.perf_counter() - began)
