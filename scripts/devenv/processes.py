"""Starting, recognising and ending processes, so that none is left and none of somebody else's is touched."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

MARK = "FACTCHECK_DEV_SESSION"
_PROC = Path("/proc")


def identity(pid: int) -> str | None:
    """A text that no later process with this number shares, or None when it is gone (a zombie counts as gone)."""
    if _has_proc():
        try:
            fields = (
                (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            )
            boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return (
            None if fields[0] in "ZX" else f"{boot} {fields[19]}"
        )  # field 22 of proc(5): ticks from boot to its start
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, began = shown.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else began.strip()


def command_line(pid: int) -> str:
    """How the process was started, arguments divided by spaces; empty when it is gone."""
    if _has_proc():
        try:
            return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            return ""
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()


def everyone() -> list[int]:
    """The numbers of all processes that can be seen."""
    if _has_proc():
        return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    shown = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=False)
    return [int(word) for word in shown.stdout.split()]


def marked(session: str) -> list[int]:
    """Processes that carry this session's mark in their environment, wherever they have moved to.

    Linux only: elsewhere the answer is empty, and recorded processes and their groups are all that is found.
    """
    if not _has_proc():
        return []
    found = []
    for pid in everyone():
        if pid == os.getpid():
            continue
        try:
            variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        prefix = f"{MARK}=".encode()
        if any(
            entry.startswith(prefix) and session.encode() in entry[len(prefix) :].split(b"/") for entry in variables
        ):
            found.append(pid)
    return found


def mark(environment: dict[str, str], session: str) -> dict[str, str]:
    """The environment with the session's mark added to those of the sessions around it."""
    around = environment.get(MARK)
    return {**environment, MARK: f"{around}/{session}" if around else session}


def launch(
    argv: Sequence[str | Path],
    *,
    environment: dict[str, str],
    log: Path,
    folder: Path,
    account: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session (and so a process group) of its own, writing to `log`.

    A terminal's Ctrl-C therefore reaches only this command, which ends the others in order. `account` is (user, group).
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in argv],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=account[0] if account else None,
            group=account[1] if account else None,
            extra_groups=[] if account else None,
        )


def tell(pid: int, number: int) -> None:
    """Send a signal; a process that is gone already is fine."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def tell_group(pid: int, number: int) -> None:
    """Send a signal to the whole group that this process leads."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def wait_until(true: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Ask again and again until the answer is yes or the time is over."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() >= end:
            return False
        time.sleep(every)
    return True


def end(pid: int, known_as: str, *, steps: Iterable[tuple[int, float]]) -> bool:
    """End one process that may be no child of ours, if it still is the one we knew. True once it is gone.

    `steps` are (signal, seconds to wait for it); after them whatever is left of its group is killed.
    """
    if identity(pid) != known_as:
        return True
    for number, seconds in steps:
        tell(pid, number)
        if wait_until(lambda: identity(pid) != known_as, seconds=seconds):
            break
    tell_group(pid, signal.SIGKILL)
    return wait_until(lambda: identity(pid) != known_as, seconds=5)


def end_marked(session: str) -> list[str]:
    """End whatever still carries the session's mark; answers what it was."""
    left = {pid: command_line(pid) for pid in marked(session)}
    for number, seconds in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        remaining = marked(session)
        if not remaining:
            break
        for pid in remaining:
            tell(pid, number)
        wait_until(lambda: not marked(session), seconds=seconds, every=0.1)
    return [line for line in left.values() if line]


def _has_proc() -> bool:
    return sys.platform == "linux"
