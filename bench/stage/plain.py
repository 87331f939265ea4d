"""Celery without the ledger, for comparison: the work is in the message, and nothing else knows of it."""

import os
import time

from celery import Celery

from bench.stage.sink import call_sink
from factcheck.celery import broker_address

app = Celery("plain", broker=broker_address(os.environ["PLAIN_REDIS_URL"]))
app.conf.update(task_ignore_result=True, task_default_queue="plain", broker_connection_retry_on_startup=True)
if os.environ.get("BENCH_PLAIN_CAREFUL"):  # as safe as its settings make it
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        broker_transport_options={
            "visibility_timeout": 3,
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
        },
        result_backend_transport_options={"visibility_timeout": 3},
        visibility_timeout=3,
    )


@app.task(name="plain.noop")
def noop() -> None:
    """Nothing."""


@app.task(name="plain.call")
def call(number: int, seconds: float) -> None:
    """Tell the counting sink after a moment's work."""
    time.sleep(seconds)
    call_sink(f"job-{number}")
