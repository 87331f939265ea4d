"""A process that dies between COMMIT and the doorbell, and transactions that roll back or die before COMMIT."""

import argparse
import os
from collections.abc import Callable

from django.db import connection, transaction

from bench.stage import facts
from bench.stage.servers import Stage
from workers.models import Job

ROLLED_BACK = 1_000_000  # the numbers of facts that were never true


def measure(stage: Stage, asked: argparse.Namespace) -> dict[str, object]:
    """How many of the crashes' jobs ran, and how many of the rollbacks'."""
    facts.prepare()
    connection.close()  # a child must not share it
    crashed = sum(_child(number, _crash_after_commit) for number in range(1, asked.crashes + 1))
    for number in range(asked.rollbacks // 2):
        _roll_back(ROLLED_BACK + number)
    connection.close()
    killed = sum(
        _child(ROLLED_BACK + number, _crash_before_commit) for number in range(asked.rollbacks // 2, asked.rollbacks)
    )
    stage.worker("gap", concurrency=2)
    whole = facts.wait_for(lambda: facts.count("done") >= asked.crashes, seconds=180)
    jobs = Job.objects.filter(kind="bench.work")
    of_rollbacks = jobs.filter(payload__number__gte=ROLLED_BACK).count()
    effects, distinct = facts.effects()
    return {
        "crashes": crashed,
        "their_jobs_done": jobs.filter(state="done", payload__number__lt=ROLLED_BACK).count(),
        "rollbacks": asked.rollbacks,
        "of_them_killed_before_commit": killed,
        "their_jobs": of_rollbacks,
        "effect_rows": effects,
        "effects_twice": effects - distinct,
        "reached": whole and crashed == asked.crashes == effects == distinct and of_rollbacks == 0,
    }


def _child(number: int, work: Callable[[int], None]) -> bool:
    """Fork, do it there, and say whether the child died as it was meant to."""
    pid = os.fork()
    if pid == 0:
        try:
            work(number)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status) == 9


def _crash_after_commit(number: int) -> None:
    with transaction.atomic():
        transaction.on_commit(lambda: os._exit(9))  # before the doorbell's own, which record() hangs in next
        facts.make_fact(number, kind="bench.work")


def _crash_before_commit(number: int) -> None:
    with transaction.atomic():
        facts.make_fact(number, kind="bench.work")
        os._exit(9)


def _roll_back(number: int) -> None:
    with transaction.atomic():
        facts.make_fact(number, kind="bench.work")
        transaction.set_rollback(True)
