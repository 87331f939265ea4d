"""The clock on the wall: one limit for all that a fetch does, whatever way the other side finds to be slow."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from claims.http.errors import RetryLater


class Wall:
    """Counts down `seconds` from now. Belongs to one fetch, in one thread."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._paused = 0.0

    @property
    def over(self) -> bool:
        """Whether no time is left."""
        return time.monotonic() >= self._ends

    @property
    def waited(self) -> float:
        """Seconds that did not count."""
        return self._paused

    def left(self, *, at_most: float = float("inf")) -> float:
        """Seconds for the next step, more than 0. Raises RetryLater (reason "timeout") when the time is over."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise RetryLater("The site took too long to answer; it is tried again later.", reason="timeout")
        return min(left, at_most)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Time spent inside does not count: waiting for our own turn is not the site's doing."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - began
            self._ends += spent
            self._paused += spent

    @contextmanager
    def part(self, seconds: float) -> Iterator[None]:
        """What happens inside may take no more than so much of what is left."""
        outer, paused = self._ends, self._paused
        self._ends = min(outer, time.monotonic() + seconds)
        try:
            yield
        finally:
            self._ends = outer + (self._paused - paused)
