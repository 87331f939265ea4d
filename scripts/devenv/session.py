"""One command's processes, on record, so that the next command can end what a killed one left behind."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from scripts.devenv import processes
from scripts.devenv.errors import Failed, Stopped
from scripts.devenv.layout import Layout

# A Unix socket's path may be about 100 bytes; the folder is followed by a file name such as /pg/.s.PGSQL.5432.
LONGEST_SCRATCH = 70
ORDERLY = ((signal.SIGTERM, 8.0),)
# What works on the terminal, as pytest does, says on SIGINT how far it came.
INTERRUPTED = ((signal.SIGINT, 8.0), (signal.SIGTERM, 3.0))


@dataclass(slots=True)
class Child:
    """A process that this command started."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    began: float
    ending: Sequence[tuple[int, float]]
    asked: bool = False

    def runs(self) -> bool:
        """Whether it has not ended yet."""
        return self.popen.poll() is None

    def ask(self) -> None:
        """Ask it to end in order. Once only: to many programs a second signal means "at once"."""
        if not self.asked:
            self.asked = True
            processes.tell(self.popen.pid, self.ending[0][0])


class Session:
    """Everything that one command starts. Leaving the `with` block ends all of it."""

    def __init__(self, *, layout: Layout, kind: str) -> None:
        self.layout = layout
        self.kind = kind
        self.key = secrets.token_hex(8)
        self.children: list[Child] = []
        self.hurry = False
        self.closing = False
        self._path = layout.local / "sessions" / f"{kind}-{self.key}.jsonl"
        self._record: IO[str]

    def __enter__(self) -> Self:
        # The lock tells later commands that we live. The system drops it however we die; children do not inherit it.
        with self.layout.lock("sessions"):
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._record = os.fdopen(descriptor, "a", encoding="utf-8")
        self.scratch = _private_folder()
        (self.scratch / "tmp").mkdir()
        self.note(scratch=str(self.scratch), pid=os.getpid())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing = True
        orderly = [child for child in self.children if child.ending is ORDERLY]
        for child in orderly:
            child.ask()  # all of them first, so that their waits overlap
        for child in orderly:
            self.end(child)
        for child in reversed(self.children):  # the servers last: the others save what they hold
            self.end(child)
        processes.end_marked(self.key)
        shutil.rmtree(self.scratch, ignore_errors=True)
        if self.kind != "run" and not isinstance(error, Failed):
            for log in self.layout.log.glob(f"{self._log_prefix}*"):
                log.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
        self._record.close()

    def note(self, **facts: object) -> None:
        """Add a line to the record; on disk before this returns."""
        self._record.write(json.dumps(facts) + "\n")
        self._record.flush()

    def environment(self, **more: str) -> dict[str, str]:
        """This command's environment with more variables, and the mark by which strays are found.

        The temporary folder is the session's own, so that what processes leave there goes with it.
        """
        return processes.mark({**os.environ, "TMPDIR": str(self.scratch / "tmp"), **more}, self.key)

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        environment: dict[str, str],
        account: tuple[int, int] | None = None,
        folder: Path | None = None,
        ending: Sequence[tuple[int, float]] = ORDERLY,
    ) -> Child:
        """Start a process that stays; its output goes to .local/log/NAME.log. `ending` is how to ask it to end."""
        log = self.log(name)
        popen = processes.launch(
            argv, environment=environment, log=log, folder=folder or self.layout.root, account=account
        )
        self.note(name=name, pid=popen.pid, identity=processes.identity(popen.pid), ending=list(ending))
        child = Child(name=name, popen=popen, log=log, began=time.monotonic(), ending=ending)
        self.children.append(child)
        return child

    def end(self, child: Child) -> None:
        """End one process and everything in its group."""
        for step, (number, seconds) in enumerate(child.ending):
            if not child.runs():
                break
            if step == 0:
                child.ask()
            else:
                processes.tell(child.popen.pid, number)
            end = time.monotonic() + seconds
            while child.runs() and time.monotonic() < end and not (self.hurry and child.ending is ORDERLY):
                time.sleep(0.03)
        processes.tell_group(child.popen.pid, signal.SIGKILL)  # the stubborn, and orphans of the orderly
        child.popen.wait()
        if child in self.children:
            self.children.remove(child)

    def finish(self, name: str, argv: Sequence[str | Path], *, environment: dict[str, str]) -> int:
        """Run a process to its end, writing to .local/log/NAME.log, and answer its exit status."""
        child = self.start(name, argv, environment=environment)
        child.popen.wait()
        self.end(child)
        return child.popen.returncode

    def show(self, argv: Sequence[str | Path], *, environment: dict[str, str], typed: bool = False) -> int:
        """Run a process to its end on this terminal, and answer its exit status. `typed`: it may read what is typed."""
        popen = subprocess.Popen(
            [str(part) for part in argv],
            cwd=self.layout.root,
            env=environment,
            stdin=None if typed else subprocess.DEVNULL,
            start_new_session=not typed,  # a terminal is read by its foreground group only
        )
        self.note(name="shown", pid=popen.pid, identity=processes.identity(popen.pid), ending=list(INTERRUPTED))
        child = Child(name="shown", popen=popen, log=Path(os.devnull), began=time.monotonic(), ending=INTERRUPTED)
        self.children.append(child)
        popen.wait()
        self.end(child)
        return popen.returncode

    def log(self, name: str) -> Path:
        """Where this process writes."""
        return self.layout.log / f"{self._log_prefix}{name}.log"

    @property
    def _log_prefix(self) -> str:
        # `run` is alone and keeps its logs under plain names; of the others several may run at once.
        return "" if self.kind == "run" else f"{self.kind}-{self.key[:6]}-"

    def _asked_to_stop(self, number: int, _frame: object) -> None:
        if self.closing:
            self.hurry = True  # asked twice: stop being patient, but still stop in order
            return
        self.closing = True
        raise Stopped(number)


def clear_up(layout: Layout) -> list[str]:
    """End what commands that were killed have left running; answers the names of what was ended."""
    ended: list[str] = []
    with layout.lock("sessions"):
        for path in sorted((layout.local / "sessions").glob("*.jsonl")):
            with path.open("r", encoding="utf-8") as record:
                try:
                    fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue  # its command lives
                facts = _facts(record)
                ended += _end_recorded(facts)
                ended += processes.end_marked(path.stem.rpartition("-")[2])
                for fact in facts:
                    if isinstance(fact.get("scratch"), str):
                        shutil.rmtree(str(fact["scratch"]), ignore_errors=True)
                path.unlink(missing_ok=True)
    return ended


def _end_recorded(facts: list[dict[str, object]]) -> list[str]:
    alive: list[tuple[str, int, str, list[tuple[int, float]]]] = []
    for fact in reversed(facts):
        pid, known_as, ending = fact.get("pid"), fact.get("identity"), fact.get("ending")
        if not (isinstance(pid, int) and isinstance(known_as, str) and isinstance(ending, list)):
            continue
        if processes.identity(pid) == known_as:
            steps = [(int(number), float(seconds)) for number, seconds in ending]
            alive.append((str(fact.get("name")), pid, known_as, steps))
    # Nobody looks after them any more and the rows in the database wait, so the service's own processes go at once;
    # the servers end in order.
    for _, pid, known_as, steps in alive:
        processes.end(pid, known_as, steps=((signal.SIGKILL, 5.0),) if tuple(steps) == ORDERLY else steps)
    return [name for name, *_ in alive]


def living(layout: Layout, kind: str) -> dict[str, object] | None:
    """What the command of this kind that runs now has noted, all lines in one; None when none runs."""
    for path in (layout.local / "sessions").glob(f"{kind}-*.jsonl"):
        with path.open("r", encoding="utf-8") as record:
            try:
                fcntl.flock(record, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                noted: dict[str, object] = {}
                for fact in _facts(record):
                    if "name" not in fact:
                        noted.update(fact)
                return noted
    return None


def _facts(record: IO[str]) -> list[dict[str, object]]:
    facts = []
    for line in record:
        try:
            fact = json.loads(line)
        except json.JSONDecodeError:
            continue  # the last line of a command that was killed while writing it
        if isinstance(fact, dict):
            facts.append(fact)
    return facts


def _private_folder() -> Path:
    for parent in (tempfile.gettempdir(), "/tmp"):
        if len(parent) + 20 <= LONGEST_SCRATCH and Path(parent).is_dir():
            return Path(tempfile.mkdtemp(prefix="factcheck-", dir=parent))
    raise Failed("There is no temporary folder with a short path: set TMPDIR to one, such as /tmp.")
