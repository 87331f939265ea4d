"""System checks of the map in workers/kinds.py."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from factcheck.celery import QUEUES
from workers.choices import JobKind, Queue
from workers.handling import HANDLERS
from workers.kinds import EVENT_WORK, KINDS, SCHEDULES


@register
def job_kinds_are_whole(**_: Any) -> list[CheckMessage]:
    """Every kind of job is described, has a queue that workers read, and, where handlers are loaded, a handler."""
    found: list[CheckMessage] = []
    started = {work.kind for works in EVENT_WORK.values() for work in works} | {each.kind for each in SCHEDULES}
    if undescribed := sorted((set(JobKind) | started) - set(KINDS)):
        found.append(Error(f"Job kinds that workers/kinds.py does not describe: {undescribed}.", id="workers.E001"))
    if set(Queue.values) != set(QUEUES):
        found.append(Error("workers/choices.py and factcheck/celery.py name different queues.", id="workers.E002"))
    if HANDLERS and (missing := sorted(set(KINDS) - set(HANDLERS))):
        found.append(Error(f"Job kinds without a handler: {missing}.", id="workers.E003"))
    return found
