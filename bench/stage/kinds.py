"""Kinds of job that only the bench has. Processes that load bench/stage/app.py know them."""

import os
from collections.abc import Callable
from datetime import datetime

from workers.choices import Queue
from workers.handling import HANDLERS, ClaimedJob, Save
from workers.kinds import EVENT_WORK, KINDS, KindSpec, Work


def _noop(job: ClaimedJob) -> None:
    return None


HANDLERS_OF_BENCH: dict[str, tuple[Callable[[ClaimedJob], Save | None], KindSpec]] = {
    "bench.noop": (_noop, KindSpec(queue=Queue.MATCH, soft_limit=60, hard_limit=90)),
}


def register() -> None:
    """Make this process know the bench's kinds: a fact of the same name starts one job about its subject."""
    for kind, (handler, spec) in HANDLERS_OF_BENCH.items():
        KINDS[kind] = spec
        HANDLERS.setdefault(kind, handler)
        EVENT_WORK[kind] = (Work(kind, "number"),)  # type: ignore[index,arg-type]


if os.environ.get("BENCH_JOB_KINDS"):
    register()
