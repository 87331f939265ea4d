"""Postgres and Redis for one command: the ones named in the environment, else our own."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from scripts.devenv import account, postgres, redis_server
from scripts.devenv.console import Console
from scripts.devenv.errors import Failed
from scripts.devenv.layout import Layout
from scripts.devenv.session import Child, Session


@dataclass(frozen=True, slots=True)
class Services:
    """Where the service finds its servers, and where tests find the programs to start servers of their own."""

    database_url: str
    redis_url: str
    postgres_binaries: Path | None
    redis_binary: Path | None
    # Which data our own lasting Postgres serves; None for another's server.
    cluster: str | None = None
    # How to start again what is ours, by the process's name.
    starters: dict[str, Callable[[], Child]] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """As environment variables."""
        found = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url}
        if self.postgres_binaries is not None:
            found["PG_BIN_DIR"] = str(self.postgres_binaries)
        if self.redis_binary is not None:
            found["REDIS_SERVER_BIN"] = str(self.redis_binary)
        return found


def start(*, layout: Layout, session: Session, console: Console, lasting: bool) -> Services:
    """Start what DATABASE_URL and REDIS_URL do not name already.

    Lasting data is kept under .local/ between starts; other data lies in the session's scratch folder and goes with it.
    """
    starters: dict[str, Callable[[], Child]] = {}
    database_url, folder, cluster = _database(layout, session, console, starters, lasting=lasting)
    redis_url, program = _redis(layout, session, console, starters, lasting=lasting)
    return Services(
        database_url=database_url,
        redis_url=redis_url,
        postgres_binaries=folder,
        redis_binary=program,
        cluster=cluster,
        starters=starters,
    )


def _database(
    layout: Layout, session: Session, console: Console, starters: dict[str, Callable[[], Child]], *, lasting: bool
) -> tuple[str, Path | None, str | None]:
    given = os.environ.get("DATABASE_URL")
    if given:
        console.say("Postgres: the one in DATABASE_URL")
        try:
            return given, postgres.binaries(layout, account.choose()).folder, None
        except Failed:
            return given, None, None  # only tests that start a private server need them, and these say so
    with console.step("Postgres"):
        runs_as = account.choose()
        program = postgres.binaries(layout, runs_as)
        data = postgres.state_folder(layout, runs_as) / postgres.DATA if lasting else session.scratch / "pgdata"
        server = postgres.Postgres(session=session, program=program, account=runs_as, data=data, lasting=lasting)
        server.start()
    starters["postgres"] = server.serve
    return server.url, program.folder, server.cluster if lasting else None


def _redis(
    layout: Layout, session: Session, console: Console, starters: dict[str, Callable[[], Child]], *, lasting: bool
) -> tuple[str, Path | None]:
    given = os.environ.get("REDIS_URL")
    if given:
        console.say("Redis: the one in REDIS_URL")
        try:
            return given, redis_server.binary(layout, session)
        except Failed:
            return given, None
    with console.step("Redis"):
        program = redis_server.binary(layout, session)
        data = layout.local / "redis" if lasting else session.scratch / "redis"
        server = redis_server.Redis(session=session, program=program, data=data, lasting=lasting)
        server.start()
    starters["redis"] = server.start
    return server.url, program
