"""Who else is in flight in this process, so that a vanished worker is blamed on the right job.

When a process dies, every job in it is lost, but at most one of them is to blame. A job that was lost once therefore
runs alone from then on: the process lets its other threads finish first, and starts none until that job is over.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Flight:
    """A shared/exclusive gate around the jobs of one process. Who waits for it exclusively goes before newcomers."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._shared = 0
        self._exclusive = False
        self._exclusive_waiting = 0
        self._single = False

    def runs_one_at_a_time(self) -> None:
        """This process never runs two jobs at once, so every job in it is alone (a prefork child)."""
        self._single = True

    @contextmanager
    def shared(self) -> Iterator[bool]:
        """Run beside others. Gives whether the job is alone all the same."""
        with self._turn:
            self._turn.wait_for(lambda: not self._exclusive and not self._exclusive_waiting)
            self._shared += 1
        try:
            yield self._single
        finally:
            with self._turn:
                self._shared -= 1
                self._turn.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Wait until nothing else runs in this process, and keep it so."""
        with self._turn:
            self._exclusive_waiting += 1
            try:
                self._turn.wait_for(lambda: not self._exclusive and not self._shared)
                self._exclusive = True
            finally:
                self._exclusive_waiting -= 1
        try:
            yield
        finally:
            with self._turn:
                self._exclusive = False
                self._turn.notify_all()


FLIGHT = Flight()
