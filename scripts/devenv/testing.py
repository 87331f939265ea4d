"""`test`: the whole suite on a Postgres and a Redis of its own. `services`: only the two servers, for one's own use."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.devenv import environment, services
from scripts.devenv.console import Console
from scripts.devenv.layout import Layout
from scripts.devenv.session import Session, clear_up


def test(layout: Layout, console: Console, arguments: Sequence[str]) -> int:
    """Run pytest with the arguments. Answers its exit status; leaves nothing running."""
    clear_up(layout)
    with Session(layout=layout, kind="test") as session:
        environment.ensure(layout, session, console)
        servers = services.start(layout=layout, session=session, console=console, lasting=False)
        return suite(session, servers, arguments)


def suite(session: Session, servers: services.Services, arguments: Sequence[str]) -> int:
    """Run pytest on servers that run already."""
    surroundings = session.environment(**servers.variables(), DJANGO_SETTINGS_MODULE="tests.settings")
    for name in ("DEBUG", "SECRET_KEY", "SITE_URL"):
        surroundings.pop(name, None)  # tests/settings.py says what they are; a shell's leftovers do not
    argv: list[str | Path] = [session.layout.python, "-m", "pytest", "-n", str(_processors()), *arguments]
    return session.show(argv, environment=surroundings)


def serve(layout: Layout, console: Console) -> int:
    """Start Postgres and Redis with throw-away data, print the variables that lead there, and stay until Ctrl-C."""
    clear_up(layout)
    with Session(layout=layout, kind="services") as session:
        environment.ensure(layout, session, console)
        servers = services.start(layout=layout, session=session, console=console, lasting=False)
        for name, value in servers.variables().items():
            print(f"export {name}='{value}'", flush=True)
        console.say("Throw-away servers run until Ctrl-C")
        while True:
            time.sleep(3600)


def _processors() -> int:
    """How many processes at once. pytest's own `auto` counts cores, and half the threads stay idle."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1
