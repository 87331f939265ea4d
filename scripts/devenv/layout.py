"""Where things lie: the project's folder, its environment, and the folder of everything made on this machine."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scripts.devenv.errors import Failed


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one working copy."""

    root: Path

    @property
    def local(self) -> Path:
        """Everything that a run makes; never committed."""
        return self.root / ".local"

    @property
    def log(self) -> Path:
        """One file per process."""
        return self.local / "log"

    @property
    def venv(self) -> Path:
        """The Python environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's interpreter.

        Tools are started as `python -m TOOL`: the first line of an installed script cannot hold every path.
        """
        return self.venv / "bin" / "python"

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Let no other command of this working copy do the same thing now; wait for it to be done."""
        with (self.local / f"{name}.lock").open("w", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)  # given back by the system, however we end
            yield

    def prepare(self) -> None:
        """Make the local folders. Raises Failed if they belong to somebody else."""
        try:
            for folder in (self.local, self.log, self.local / "sessions"):
                folder.mkdir(parents=True, exist_ok=True)
            self.local.chmod(0o755)  # the database's account must pass through it; what is private inside is mode 600
        except PermissionError as error:
            raise Failed(_whose(self.local if self.local.exists() else self.root)) from error
        for folder in (self.local, self.log, self.local / "sessions"):
            if not os.access(folder, os.W_OK):
                raise Failed(_whose(folder))


def here() -> Layout:
    """The working copy that this file stands in."""
    return Layout(root=Path(__file__).resolve().parent.parent.parent)


def _whose(folder: Path) -> str:
    owner = folder.stat().st_uid
    return (
        f"{folder} belongs to user number {owner}, so it cannot be written here. Run as that user, or remove it first."
    )


def supported() -> None:
    """Raise Failed on a system that the packaged servers do not fit."""
    if sys.platform not in {"linux", "darwin"}:
        raise Failed("These scripts run on Linux and macOS. On Windows use WSL, or docker compose.")
