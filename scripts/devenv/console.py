"""Progress for a person: one line when a step begins and one when it is done, each with the time since the start."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Console:
    """Prints lines that begin with the seconds since the command began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def elapsed(self) -> float:
        """Seconds since the command began."""
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        """One line, at once, also into a pipe. A reader that went away is no reason to fail."""
        try:
            print(f"[{self.elapsed():6.1f} s] {text}", flush=True)
        except BrokenPipeError:
            # Everything still has to be stopped in order, so later lines go nowhere instead of raising again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and say how long it took once it has worked."""
        self.say(f"{title} ...")
        began = time.monotonic()
        yield
        self.say(f"{title}: done in {time.monotonic() - began:.1f} s")


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; a plain remark when there are none."""
    try:
        with log.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 20_000))
            text = stream.read().decode("utf-8", "replace")
    except FileNotFoundError:
        text = ""
    last = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"    | {line}" for line in last) or f"    | (nothing in {log})"
