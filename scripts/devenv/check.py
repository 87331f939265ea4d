"""`check`: everything that must hold before a change is taken, each step named and timed, all failures at the end."""

import difflib
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.devenv import environment, services, testing
from scripts.devenv.console import Console
from scripts.devenv.layout import Layout
from scripts.devenv.session import Session, clear_up

# `lint-imports` by its function: its script's first line cannot hold every path.
LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
OPENAPI = Path("docs") / "openapi.yaml"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must hold: a name, and what answers 0 if it does."""

    name: str
    holds: Callable[[], int]


def check(layout: Layout, console: Console, *, tests: bool, arguments: Sequence[str]) -> int:
    """Take all steps, also after one failed. Answers 0 if every one held, else 1."""
    clear_up(layout)
    with Session(layout=layout, kind="check") as session:
        environment.ensure(layout, session, console)
        servers = services.start(layout=layout, session=session, console=console, lasting=False)
        steps = _steps(session, servers)
        if tests:
            steps.append(Step("tests", lambda: testing.suite(session, servers, arguments)))
        return 1 if _failures(console, steps) else 0


def _failures(console: Console, steps: list[Step]) -> list[str]:
    failed = []
    for step in steps:
        console.say(f"{step.name} ...")
        began = time.monotonic()
        held = step.holds() == 0
        console.say(f"{step.name}: {'ok' if held else 'FAILED'} in {time.monotonic() - began:.1f} s")
        if not held:
            failed.append(step.name)
    if failed:
        console.say(f"{len(failed)} of {len(steps)} failed: {', '.join(failed)}")
    else:
        console.say(f"All {len(steps)} hold")
    return failed


def _steps(session: Session, servers: services.Services) -> list[Step]:
    python = session.layout.python
    plain = session.environment(**servers.variables(), DJANGO_SETTINGS_MODULE="tests.settings")
    production = session.environment(**servers.variables(), **_production())
    production.pop("DEBUG", None)

    def tool(name: str, *arguments: str) -> Step:
        return Step(name, lambda: session.show([python, *arguments], environment=plain))

    def manage(name: str, *arguments: str) -> Step:
        return Step(name, lambda: session.show([python, "manage.py", *arguments], environment=production))

    return [
        tool("format", "-m", "ruff", "format", "--check", "."),
        tool("lint", "-m", "ruff", "check", "."),
        tool("types", "-m", "mypy"),
        tool("imports", "-c", LINT_IMPORTS),
        manage("migrations are complete", "makemigrations", "--check", "--dry-run"),
        manage("deployment settings", "check", "--deploy", "--fail-level", "WARNING"),
        Step("docs/openapi.yaml is current", lambda: _openapi(session, production)),
        tool("compose file", "scripts/check_compose.py"),
    ]


def write_openapi(layout: Layout, console: Console) -> int:
    """Write docs/openapi.yaml anew from the code."""
    clear_up(layout)
    with Session(layout=layout, kind="openapi") as session:
        environment.ensure(layout, session, console)
        servers = services.start(layout=layout, session=session, console=console, lasting=False)
        production = session.environment(**servers.variables(), **_production())
        status = _generate(session, production, layout.root / OPENAPI)
        console.say(f"{OPENAPI} {'is written' if status == 0 else 'could not be written'}")
        return status


def _production() -> dict[str, str]:
    """Settings as strict as a real installation's, with names that exist nowhere."""
    return {
        "DJANGO_SETTINGS_MODULE": "factcheck.settings",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ALLOWED_HOSTS": "desk.example.org",
        "SITE_URL": "https://desk.example.org",
    }


def _openapi(session: Session, surroundings: dict[str, str]) -> int:
    """Whether the committed description of the API is the one that the code gives; shows the difference."""
    fresh = session.scratch / "openapi.yaml"
    status = _generate(session, surroundings, fresh)
    if status != 0:
        return status
    committed = session.layout.root / OPENAPI
    before = committed.read_text(encoding="utf-8").splitlines() if committed.exists() else []
    after = fresh.read_text(encoding="utf-8").splitlines()
    if before == after:
        return 0
    difference = difflib.unified_diff(before, after, fromfile=str(OPENAPI), tofile="the code", lineterm="")
    print("\n".join(list(difference)[:80]), file=sys.stderr)
    print(f"{OPENAPI} is not what the code says. If the change is meant: make openapi", file=sys.stderr)
    return 1


def _generate(session: Session, surroundings: dict[str, str], target: Path) -> int:
    argv: list[str | Path] = [
        session.layout.python,
        "manage.py",
        "spectacular",
        "--fail-on-warn",
        "--validate",
        "--file",
        target,
    ]
    return session.show(argv, environment=surroundings)
