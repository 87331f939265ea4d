"""Real worker processes for tests, each in a process group of its own so that a test ends exactly what it started."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import connection
from psycopg.conninfo import make_conninfo


def database_address() -> str:
    """The test database as a libpq conninfo string."""
    parts = connection.settings_dict
    named = {
        "dbname": parts["NAME"],
        "user": parts["USER"],
        "password": parts["PASSWORD"],
        "host": parts["HOST"],
        "port": parts["PORT"],
    }
    return make_conninfo("", **{name: value for name, value in named.items() if value})


def environment(redis_url: str, **more: str) -> dict[str, str]:
    """What a process of the service needs in its environment to work beside this test."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DEBUG": "1",
        "DATABASE_URL": database_address(),
        "REDIS_URL": redis_url,
        "BROKER_URL": "",
        "SWEEP_SECONDS": "0.3",
        "RING_AGAIN_SECONDS": "1",
        "LEASE_MARGIN_SECONDS": "0.5",
        "TEST_JOB_KINDS": "1",
        **more,
    }


class Process:
    """One process with its children."""

    def __init__(self, arguments: list[str], env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *arguments],
            env=env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("SHOW_WORKERS") else subprocess.DEVNULL,
        )

    def send(self, number: signal.Signals) -> None:
        """Signal the whole group."""
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """SIGKILL the whole group: no clean-up of any kind."""
        with suppress(ProcessLookupError):
            self.send(signal.SIGKILL)
        self._process.wait()

    def wait(self) -> int:
        return self._process.wait(timeout=30)


@contextmanager
def worker(
    redis_url: str,
    *,
    pool: str = "prefork",
    concurrency: int = 2,
    beat: bool = True,
    queues: str = "fetch,parse,match,deliver,default,suspect,facts",
    **more: str,
) -> Iterator[Process]:
    """A Celery worker for every queue unless told otherwise, with a beat inside it likewise."""
    arguments = [
        "-m",
        "celery",
        "-A",
        "tests.workers.app",
        "worker",
        "-n",
        f"{queues.replace(',', '-')}@%h",
        "-Q",
        queues,
    ]
    arguments += ["-P", pool, "-c", str(concurrency), "--without-gossip", "--without-mingle", "-l", "INFO"]
    process = Process(arguments + (["-B"] if beat else []), environment(redis_url, **more))
    try:
        yield process
    finally:
        process.kill()


def wait_until(condition: Callable[[], bool], *, seconds: float, message: str) -> float:
    """How long it took until the condition held; fails with the message after so many seconds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"{message} (within {seconds} s)"
        time.sleep(0.05)
    return time.monotonic() - began
