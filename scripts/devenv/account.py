"""The account that Postgres runs as. It refuses to run as root, so root lends it to an account with no rights."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.devenv.errors import Failed

# Accounts that systems have for such purposes. The first that this machine lets root become is taken.
CANDIDATES = ("nobody", "postgres", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """Whom to run as: None means as ourselves."""

    ids: tuple[int, int] | None

    def may(self, script: str, *paths: Path) -> bool:
        """Whether a line of shell, with paths as its arguments, succeeds when this account runs it."""
        argv = ["/bin/sh", "-c", script, "sh", *map(str, paths)]
        return _runs(argv, self.ids)

    def give(self, folder: Path) -> None:
        """Make the folder, private to this account."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.ids is not None:
            os.chown(folder, *self.ids)
        folder.chmod(0o700)

    def passes(self, folder: Path) -> bool:
        """Whether this account can enter the folder, all folders above it included."""
        return self.may('cd "$1"', folder)


def choose() -> Account:
    """The account for Postgres. Raises Failed when root can become nobody else (a very narrow container)."""
    if os.geteuid() != 0:
        return Account(ids=None)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if _runs(["/bin/sh", "-c", ":"], (entry.pw_uid, entry.pw_gid)):
            return Account(ids=(entry.pw_uid, entry.pw_gid))
    raise Failed(
        "Postgres refuses to run as root, and root cannot become another user here. "
        "Run this as an ordinary user, or set DATABASE_URL to a server of your own."
    )


def _runs(argv: list[str], ids: tuple[int, int] | None) -> bool:
    try:
        done = subprocess.run(
            argv,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            user=ids[0] if ids else None,
            group=ids[1] if ids else None,
            extra_groups=[] if ids else None,
        )
    except (OSError, ValueError):
        return False
    return done.returncode == 0
