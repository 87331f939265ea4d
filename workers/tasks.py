"""The Celery tasks. All of them take a row's id or nothing, and may run at any time, any number of times."""

import gc
from typing import Any

from celery.signals import worker_before_create_process, worker_process_init

from factcheck.celery import app
from workers import capture, coverage, delivery, dispatch, maintenance, matching, publishing, shift, watching
from workers.flight import FLIGHT
from workers.handling import require_handlers

# Imported for their handlers.
__all__ = ["capture", "coverage", "delivery", "maintenance", "matching", "publishing", "watching"]

RECEIPT = "workers.receipts:Receipt"

require_handlers()


@app.task(name="workers.run", Request=RECEIPT)
def run(job_id: int) -> None:
    """Do one job, if its row says that it may be had, and what is due beside it."""
    shift.work(job_id)


@app.task(name="workers.dispatch", Request=RECEIPT)
def dispatch_facts() -> None:
    """Turn new facts into jobs and ring for what is due."""
    dispatch.heard()


@app.task(name="workers.tick", Request=RECEIPT)
def tick() -> None:
    """The sweep that needs no doorbell to have been heard."""
    dispatch.tick()


@worker_before_create_process.connect(dispatch_uid="workers.still")
def keep_what_is_loaded_still(**_: Any) -> None:
    """What every child begins with is collected once and passed over from then on, here and in the children.

    Celery collects before each fork. Over everything that is loaded that takes a tenth of a second, in which the worker
    hears nothing, and in each child it copies memory that nobody changes.
    """
    if gc.get_freeze_count() == 0:
        gc.collect()
        gc.freeze()


@worker_process_init.connect(dispatch_uid="workers.flight")
def one_at_a_time(**_: Any) -> None:
    """Each child of a prefork worker runs one job at a time."""
    FLIGHT.runs_one_at_a_time()
