"""The parent's side of the reading children: warm, few, and each replaced when it dies, hangs, swells or grows old.

A child is borrowed by one caller for one page, so what two threads read never meets. It belongs to the process that
started it: a fork forgets it, and it dies with its process, however that one ends.
"""

import atexit
import contextlib
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import Any, cast

CPU_SECONDS = 10
WALL_SECONDS = 20.0
REQUESTS_PER_CHILD = 2_000
CHILDREN = 2  # at once in one process; prefork workers use one each, threads may use both
ANSWER_LIMIT = 5_000_000
_ROOT = Path(__file__).resolve().parents[2]
_SLICE = 64 * 1024


class ReadingFailed(Exception):
    """The bytes could not be read within the limits. The message is a sentence for an editor."""


class _GoneBefore(Exception):
    """The child had ended by itself, because nobody asked it for a while, before it took this question."""


class _Child:
    """A running reader. Its third pipe, the lifeline, carries nothing: its end is how the child learns of ours."""

    def __init__(self) -> None:
        self.served = 0
        theirs, self.lifeline = os.pipe()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own program, by our own hand
                [sys.executable, "-s", "-m", "claims.capture.reader", str(theirs)],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs,),
                bufsize=0,
                # Nothing of ours goes along: what parses hostile bytes must have no secret to give away.
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            )
        except BaseException:
            os.close(self.lifeline)
            raise
        finally:
            os.close(theirs)
        self.source, self.sink = cast("FileIO", self.process.stdout), cast("FileIO", self.process.stdin)
        for pipe in (self.source, self.sink):
            os.set_blocking(pipe.fileno(), False)

    @property
    def usable(self) -> bool:
        return self.process.poll() is None and self.served < REQUESTS_PER_CHILD

    def ask(self, head: dict[str, Any], body: bytes, *, wall: float) -> dict[str, Any]:
        """One exchange. Raises ReadingFailed if no whole answer to this very question comes in time."""
        ends = time.monotonic() + wall
        self.served += 1
        request = json.dumps({**head, "number": self.served}).encode()
        try:
            self._send(struct.pack(">I", len(request)) + request + struct.pack(">I", len(body)), ends)
            self._send(body, ends)
            (size,) = struct.unpack(">I", self._receive(4, ends))
            if size > ANSWER_LIMIT:
                raise _too_much()
            answer: dict[str, Any] = json.loads(self._receive(size, ends))
        except OSError as error:
            raise self._gone() from error
        except ValueError as error:
            raise ReadingFailed("It cannot be read.") from error
        if answer.pop("number", None) != self.served:
            raise ReadingFailed("It cannot be read.")
        return answer

    def _gone(self) -> Exception:
        """Why the child is there no more. It ends with 0 by itself only, which it does between two questions."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.process.wait(timeout=1.0) == 0:
                return _GoneBefore()
        return _too_much()

    def _send(self, data: bytes, ends: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self.sink, select.POLLOUT, ends)
            rest = rest[self.sink.write(rest) or 0 :]

    def _receive(self, size: int, ends: float) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._wait(self.source, select.POLLIN, ends)
            more = self.source.read(min(_SLICE, size - len(data)))
            if not more:
                raise BrokenPipeError
            data += more
        return bytes(data)

    @staticmethod
    def _wait(pipe: FileIO, event: int, ends: float) -> None:
        poll = select.poll()
        poll.register(pipe, event)
        if not poll.poll(max(ends - time.monotonic(), 0.0) * 1000):
            raise _too_much()

    def end(self) -> None:
        """End the child, whatever it does."""
        self.process.kill()
        self.process.wait()
        self.let_go()

    def let_go(self) -> None:
        """Close our ends of its pipes, which is all that a forked process may do to it."""
        self.source.close()
        self.sink.close()
        with contextlib.suppress(OSError):
            os.close(self.lifeline)


class _Pool:
    """The children of this process."""

    def __init__(self) -> None:
        self.idle: list[_Child] = []
        self.forgotten: list[_Child] = []
        self._start_anew()

    def _start_anew(self) -> None:
        self.lock = threading.Lock()
        self.room = threading.BoundedSemaphore(CHILDREN)
        self.all: set[_Child] = set()

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[_Child]:
        """A child that nobody else uses meanwhile. It goes back unless something goes wrong inside."""
        with self.room:
            child = self._take()
            try:
                yield child
            except BaseException:
                self._discard(child)
                raise
            with self.lock:
                self.idle.append(child)

    def _take(self) -> _Child:
        while True:
            with self.lock:
                child = self.idle.pop() if self.idle else None
            if child is None:
                child = _Child()
                with self.lock:
                    self.all.add(child)
            if child.usable:
                return child
            self._discard(child)

    def _discard(self, child: _Child) -> None:
        child.end()
        with self.lock:
            self.all.discard(child)

    def forget(self) -> None:
        """In a forked process: the children belong to the one that started them, and its locks may be held."""
        for child in self.all:
            child.let_go()
        self.forgotten.extend(self.all)  # kept, so that they are never collected and warned about
        self.idle.clear()
        self._start_anew()

    def close(self) -> None:
        """End the children that are not at work."""
        with self.lock:
            idle, self.idle = self.idle, []
        for child in idle:
            self._discard(child)


_POOL = _Pool()
os.register_at_fork(after_in_child=_POOL.forget)
atexit.register(_POOL.close)


def read_in_child(
    kind: str, body: bytes, *, cpu_seconds: int = CPU_SECONDS, wall_seconds: float = WALL_SECONDS, **options: Any
) -> dict[str, Any]:
    """What the reader of this kind ("page", "pdf" or "feed") makes of the bytes, as JSON.

    Raises ReadingFailed with a sentence for an editor; this process is unharmed whatever the bytes do.
    """
    head = {**options, "kind": kind, "cpu_seconds": cpu_seconds}
    try:
        answer = _exchange(head, body, wall_seconds)
    except _GoneBefore:
        try:
            answer = _exchange(head, body, wall_seconds)
        except _GoneBefore as error:
            raise _too_much() from error
    if "error" in answer:
        raise ReadingFailed(str(answer["error"])[:300])
    return answer


class _Spent(Exception):
    """The child has given its answer and is not to be used again."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__()
        self.answer = answer


def _exchange(head: dict[str, Any], body: bytes, wall: float) -> dict[str, Any]:
    try:
        with _POOL.borrowed() as child:
            answer = child.ask(head, body, wall=wall)
            if answer.pop("spent", False):
                raise _Spent(answer)
    except _Spent as last:
        return last.answer
    return answer


def _too_much() -> ReadingFailed:
    return ReadingFailed("Reading it took more time or memory than is allowed, so it was stopped.")


def child_pid() -> int | None:
    """The process id of the warm child that is asked next, if there is one (for tests and for operators)."""
    return _POOL.idle[-1].process.pid if _POOL.idle else None


def pids() -> list[int]:
    """The process ids of all children of this process, at work or not."""
    return [child.process.pid for child in list(_POOL.all)]


def close() -> None:
    """End the warm children."""
    _POOL.close()
