"""Celery as it comes, for comparison: the work is in the message, and nothing else knows of it."""

import os

from celery import Celery
from factcheck.celery import broker_address

app = Celery("plain", broker=broker_address(os.environ["PLAIN_REDIS_URL"]))
app.conf.update(task_ignore_result=True, task_default_queue="plain", broker_connection_retry_on_startup=True)


@app.task
def noop() -> None:
    """Nothing."""
