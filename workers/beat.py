"""The clock's process: it asks for a tick every few seconds and holds no schedule of its own."""

from typing import Any

from celery.beat import Scheduler

from workers.doorbell import publisher


class Beat(Scheduler):
    """Sends each due entry by the doorbell's publisher: short waits, and one line instead of a traceback per tick.

    Keeps nothing on disk; which due times were taken is decided by Slot rows, so several beats are as good as one.
    """

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        publisher().publish(entry.task, **entry.options)
