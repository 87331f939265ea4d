"""A stage of our own for one measurement: a durable PostgreSQL, a Redis, and real processes of the service.

Everything is started in process groups of its own and ended by these groups. PostgreSQL keeps every commit (fsync on),
as an installation's does: figures from a server that forgets would say nothing.
"""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from scripts.devenv import account, postgres, redis_server
from scripts.devenv.layout import here
from scripts.devenv.session import ORDERLY, Child, Session, clear_up

SWEEP_SECONDS = "3"
CELERY = ("-m", "celery")
WORKER = ("worker", "--without-gossip", "--without-mingle", "-l", "WARNING")
# What is measured is the service, not its limits.
UNLIMITED = {f"{caller}_PER_MINUTE": "0" for caller in ("ANONYMOUS", "CONSUMER", "PERSON", "PAGES")}
QUEUES = "fetch,parse,match,deliver,default,suspect,facts"


class Stage:
    """The servers of one measurement, and what starts and harms processes on it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._runs_as = account.choose()
        self._program = postgres.binaries(session.layout, self._runs_as)
        self._data = session.scratch / "pgdata"
        self.postgres = postgres.Postgres(
            session=session, program=self._program, account=self._runs_as, data=self._data, lasting=True
        )
        self.redis = redis_server.Redis(
            session=session,
            program=redis_server.binary(session.layout, session),
            data=session.scratch / "redis",
            lasting=False,
        )
        self.redis_process: Child | None = None

    def start(self) -> None:
        """Servers up, schema there, and this process connected to them (before Django is set up)."""
        self.postgres.start()
        self.redis_process = self.redis.start()
        os.environ.update(self.variables())
        status = self.session.finish(
            "migrate",
            [self.session.layout.python, "manage.py", "migrate", "--noinput"],
            environment=self.environment(),
        )
        if status != 0:
            raise SystemExit(f"migrate failed: see {self.session.log('migrate')}")

    def variables(self) -> dict[str, str]:
        """What every process on this stage finds in its environment."""
        files = self.session.scratch / "files"
        return {
            "DJANGO_SETTINGS_MODULE": "factcheck.settings",
            "DEBUG": "0",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SITE_URL": "http://127.0.0.1:8000",
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS": "0",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.redis.url,
            "BROKER_URL": "",
            "PLAIN_REDIS_URL": self.redis.url.replace("db=0", "db=1"),  # the control's own half of the same server
            "CAPTURE_DIR": str(files / "captures"),
            "EVIDENCE_DIR": str(files / "evidence"),
            "STATIC_ROOT": str(files / "static"),
            "SWEEP_SECONDS": SWEEP_SECONDS,
            "BENCH_JOB_KINDS": "1",
            **UNLIMITED,
            "PYTHONPATH": str(self.session.layout.root),
        }

    def environment(self, **more: str) -> dict[str, str]:
        """The environment of a process on this stage."""
        return self.session.environment(**{**self.variables(), **more})

    def python(self, name: str, *arguments: str, **more: str) -> Child:
        """Start a Python process in a group of its own."""
        return self.session.start(
            name, [self.session.layout.python, *arguments], environment=self.environment(**more), ending=ORDERLY
        )

    def worker(
        self,
        name: str = "worker",
        *,
        app: str = "bench.stage.app",
        concurrency: int = 2,
        beat: bool = True,
        pool: str = "prefork",
        queues: str = QUEUES,
        **more: str,
    ) -> Child:
        """Start a worker group."""
        arguments = [*CELERY, "-A", app, *WORKER, "-P", pool, "-c", str(concurrency), "-n", f"{name}@%h", "-Q", queues]
        return self.python(name, *arguments, *(["-B"] if beat else []), **more)

    def kill(self, child: Child) -> None:
        """SIGKILL the whole group: no clean-up of any kind."""
        with suppress(ProcessLookupError):
            os.killpg(child.popen.pid, signal.SIGKILL)
        child.popen.wait()
        if child in self.session.children:
            self.session.children.remove(child)

    def tell(self, child: Child, number: int) -> None:
        """Signal the whole group."""
        os.killpg(child.popen.pid, number)

    def restart_postgres(self) -> None:
        """`pg_ctl restart -m immediate`: the server dies as in a crash, and comes back through recovery."""
        ids = self._runs_as.ids
        argv = [str(self._program.folder / "pg_ctl"), "-D", str(self._data), "restart", "-m", "immediate", "-w"]
        argv += ["-t", "60", "-s", "-l", str(self._data / "restarted.log")]
        subprocess.run(
            argv,
            check=True,
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            user=ids[0] if ids else None,
            group=ids[1] if ids else None,
            extra_groups=[] if ids else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def close(self) -> None:
        """End a server that `pg_ctl` started, which is no child of ours."""
        postgres.end_previous(self._data)


@contextmanager
def stage() -> Iterator[Stage]:
    """Servers for the length of the block; nothing of it is left afterwards."""
    layout = here()
    layout.prepare()
    clear_up(layout)
    with Session(layout=layout, kind="bench") as session:
        made = Stage(session)
        try:
            made.start()
            yield made
        finally:
            made.close()


def root() -> Path:
    """The working copy."""
    return Path(sys.modules[__name__].__file__ or "").resolve().parents[2]
