"""The parent's side of the reading child: one warm child per process, replaced when it dies, hangs or grows old."""

import atexit
import contextlib
import io
import json
import os
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, cast

CPU_SECONDS = 10
WALL_SECONDS = 20.0
REQUESTS_PER_CHILD = 500
_ROOT = Path(__file__).resolve().parents[2]


class ReadingFailed(Exception):
    """The bytes could not be read within the limits. The message is a sentence for an editor."""


class _Child:
    """A running reader and the lock that serves one request at a time."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.served = 0
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-m", "claims.capture.reader"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Nothing of ours goes along: what parses hostile bytes must have no secret to give away.
            env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def ask(self, request: bytes, body: bytes, *, wall: float) -> bytes:
        """One exchange. Raises ReadingFailed if the child ends before it answers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.served += 1
        timer = threading.Timer(wall, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            with contextlib.suppress(BrokenPipeError):
                for part in (request, body):
                    self.process.stdin.write(struct.pack(">I", len(part)) + part)
                self.process.stdin.flush()
            size = self.process.stdout.read(4)
            answer = self.process.stdout.read(struct.unpack(">I", size)[0]) if len(size) == 4 else b""
        finally:
            timer.cancel()
        if not answer:
            raise ReadingFailed("Reading it took more time or memory than is allowed, so it was stopped.")
        return answer

    def end(self) -> None:
        """End the child, whatever it does."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class _Slot:
    """Where this process keeps its warm child."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: _Child | None = None
        self.abandoned: list[_Child] = []

    def renew_after_fork(self) -> None:
        # The child belongs to the parent process; closing our copies of its pipes is all that may be done here. The
        # raw files, because a buffer's own lock may have been held by a thread that this process no longer has.
        self.lock = threading.Lock()
        if self.child is not None:
            for pipe in (self.child.process.stdin, self.child.process.stdout):
                cast("io.BufferedRandom", pipe).raw.close()
            self.abandoned.append(self.child)  # kept, so that it is never collected and warned about
            self.child = None

    def close(self) -> None:
        if self.child is not None and self.child.owner == os.getpid():
            self.child.end()
            self.child = None


_SLOT = _Slot()
os.register_at_fork(after_in_child=_SLOT.renew_after_fork)
atexit.register(_SLOT.close)


def read_in_child(
    kind: str, body: bytes, *, cpu_seconds: int = CPU_SECONDS, wall_seconds: float = WALL_SECONDS, **options: Any
) -> dict[str, Any]:
    """What the reader of this kind ("page" or "feed") makes of the bytes, as JSON.

    Raises ReadingFailed with a sentence for an editor; this process is unharmed whatever the bytes do.
    """
    request = json.dumps({**options, "kind": kind, "cpu_seconds": cpu_seconds}).encode()
    with _SLOT.lock:
        child = _SLOT.child
        if child is None or child.process.poll() is not None or child.served >= REQUESTS_PER_CHILD:
            if child is not None:
                child.end()
            child = _SLOT.child = _Child()
        try:
            answer: dict[str, Any] = json.loads(child.ask(request, body, wall=wall_seconds))
        except (ReadingFailed, ValueError) as error:
            child.end()
            _SLOT.child = None
            raise error if isinstance(error, ReadingFailed) else ReadingFailed("It cannot be read.") from error
        if answer.get("spent"):
            child.end()
            _SLOT.child = None
    if "error" in answer:
        raise ReadingFailed(str(answer["error"])[:300])
    return answer


def child_pid() -> int | None:
    """The process id of the warm child, if there is one (for tests and for operators)."""
    return _SLOT.child.process.pid if _SLOT.child is not None else None


def close() -> None:
    """End the warm child, if there is one."""
    with _SLOT.lock:
        _SLOT.close()
