"""What the ledger costs: no-op jobs per second, beside plain Celery's no-op on the same machine at the same time."""

import os
import statistics
import time

from bench.stage.servers import Stage


def measure(stage: Stage, *, rounds: int, jobs: int) -> dict[str, object]:
    from django.db import connection, transaction
    from redis import Redis

    from bench.stage import kinds  # noqa: F401
    from claims.audit.operations import record
    from claims.models import Source
    from workers.clock import database_now
    from workers.models import Job

    os.environ["PLAIN_REDIS_URL"] = stage.redis.url.replace("db=0", "db=1")
    from bench.stage.plain import noop

    plain = stage.worker("plain", app="bench.stage.plain", queues="plain", beat=False)
    ours = stage.worker(
        "ours", app=os.environ.get("OURS", "bench.stage.app"), PYTHONPATH=f"{stage.session.layout.root}:/tmp"
    )
    client = Redis.from_url(os.environ["PLAIN_REDIS_URL"])
    number = 0

    def ledger(count: int) -> float:
        nonlocal number
        began = time.perf_counter()
        start = database_now()
        for _ in range(count):
            number += 1
            with transaction.atomic():
                record(kind="bench.noop", subject=Source(pk=number), actor=None, at=start)
        t_rec = time.perf_counter() - began
        print("   record", round(t_rec, 2), end=" ")
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*), extract(epoch FROM max(finished_at) - %s)::float8 FROM workers_job"
                    " WHERE kind = 'bench.noop' AND state = 'done' AND created_at >= %s",
                    [start, start],
                )
                done, took = cursor.fetchone()
            if done == count:
                return count / took
            time.sleep(0.1)

    def celery(count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            noop.delay()
        while client.llen("plain") or client.hlen("unacked"):
            time.sleep(0.02)
        return count / (time.perf_counter() - began)

    celery(50), ledger(50)
    a, b, ratios = [], [], []
    for n in range(rounds):
        c = celery(jobs)
        l = ledger(jobs)
        a.append(c)
        b.append(l)
        ratios.append(l / c)
        print(n, round(c), round(l), round(l / c, 3), os.getloadavg()[0], flush=True)
    return {"celery": statistics.median(a), "ledger": statistics.median(b), "ratio": statistics.median(ratios)}
