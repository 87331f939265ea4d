"""`run`: the whole service on this machine, until Ctrl-C."""

import http.client
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from scripts.devenv import environment, ports, services
from scripts.devenv.console import Console, tail
from scripts.devenv.errors import Failed
from scripts.devenv.layout import Layout
from scripts.devenv.prepared import PROGRAM, forget_prepared, is_prepared, note_prepared
from scripts.devenv.session import Child, Session, clear_up, living

READY_SECONDS = 120.0
# A process that lived this long had started well, so its next failure is a new one.
GOOD_LIFE_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 60.0
WEB_THREADS = 4


@dataclass(frozen=True, slots=True)
class Program:
    """One of the service's processes, by its arguments after the interpreter."""

    name: str
    arguments: tuple[str, ...]


@dataclass(slots=True)
class Watched:
    """A running process, and how to start it once more."""

    child: Child
    again: Callable[[], Child]
    failures: int = 0
    start_at: float | None = None


def run(layout: Layout, console: Console) -> int:
    """Start everything, print the addresses, and keep it running. Returns only by an exception."""
    ended = clear_up(layout)
    if ended:
        console.say(f"Ended what an interrupted run had left: {', '.join(ended)}")
    port = _free_web_port(layout)
    with Session(layout=layout, kind="run") as session:
        environment.ensure(layout, session, console)
        servers = services.start(layout=layout, session=session, console=console, lasting=True)
        press = ports.press(layout.local / "ports.json", console)
        variables = _variables(layout, servers, port=port, press=press)
        session.note(environment=variables)
        surroundings = session.environment(**variables)
        watched = _servers(session, servers)
        first = not _credentials(layout).exists()
        early, late = _programs(port=port, press=press)
        watched += [_start(session, program, surroundings) for program in early]
        known = is_prepared(layout, cluster=servers.cluster, ports=press) and not first
        if not known:
            _prepare(session, console, servers, press, surroundings)
        with console.step("Web"):
            _wait(watched, port, ["/healthz"])
            if known and _status(port, "/readyz") != HTTPStatus.OK:  # somebody changed the database by hand
                _prepare(session, console, servers, press, surroundings)
            _wait(watched, port, ["/readyz"])
        # Last, so that they do not take turns with the web server that somebody waits for. _keep looks after them.
        watched += [_start(session, program, surroundings) for program in late]
        _announce(layout, console, port=port, press=press, first=first)
        _keep(session, console, watched)
    return 0


def _prepare(
    session: Session,
    console: Console,
    servers: services.Services,
    press: list[int],
    surroundings: dict[str, str],
) -> None:
    layout = session.layout
    forget_prepared(layout)
    with console.step("Database schema and seeds"):
        argv: list[str | Path] = [layout.python, "-c", PROGRAM, str(_credentials(layout))]
        status = session.finish("prepare", argv, environment=surroundings)
    if status != 0:
        where = session.log("prepare")
        raise Failed(f"The database could not be prepared. The end of {where}:\n{tail(where, 25)}")
    note_prepared(layout, cluster=servers.cluster, ports=press)


def manage(layout: Layout, arguments: list[str]) -> int:
    """Run a manage.py command against the servers of the `run` that goes on in another terminal."""
    noted = living(layout, "run")
    variables = noted.get("environment") if noted else None
    if not isinstance(variables, dict):
        raise Failed("Nothing is running (or it is not ready yet): start `make run` in another terminal first.")
    with Session(layout=layout, kind="manage") as session:
        return session.show(
            [layout.python, "manage.py", *arguments], environment=session.environment(**variables), typed=True
        )


def _free_web_port(layout: Layout) -> int:
    noted = living(layout, "run")
    if noted is not None:
        raise Failed(f"This working copy runs already (process {noted.get('pid')}). End that run first, with Ctrl-C.")
    return ports.web()


def _variables(layout: Layout, servers: services.Services, *, port: int, press: list[int]) -> dict[str, str]:
    """What makes settings.py a development set-up on loopback."""
    return {
        **servers.variables(),
        "DJANGO_SETTINGS_MODULE": "factcheck.settings",
        "DEBUG": "1",
        "SECRET_KEY": _secret_key(layout.local / "secret-key"),
        "SITE_URL": f"http://{ports.HOST}:{port}",
        "FETCH_LOOPBACK_ALLOWED": ",".join(f"{ports.HOST}:{number}" for number in press),
        "DEMO_PRESS_PORTS": ",".join(map(str, press)),
        "CAPTURE_DIR": str(layout.local / "captures"),
        "EVIDENCE_DIR": str(layout.local / "evidence"),
        "PYTHONUNBUFFERED": "1",
    }


def _secret_key(path: Path) -> str:
    """Made once, so that a second start keeps everybody logged in."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    return path.read_text(encoding="utf-8").strip()


def _credentials(layout: Layout) -> Path:
    return layout.local / "demo-logins.json"


def _programs(*, port: int, press: list[int]) -> tuple[list[Program], list[Program]]:
    """What people and workers ask, and the workers with their clock."""
    worker = ("-m", "celery", "-A", "factcheck", "worker", "--without-gossip", "--without-mingle", "-l", "INFO")
    granian = ("-m", "granian", "--interface", "wsgi", "--blocking-threads", str(WEB_THREADS), "--access-log")
    early = [
        Program("press", ("-m", "seeds.press", "--ports", ",".join(map(str, press)))),
        Program(
            "web",
            (*granian, "--host", ports.HOST, "--port", str(port), "factcheck.wsgi:application"),
        ),
    ]
    late = [
        Program("worker-fetch", (*worker, "-n", "fetch@%h", "-Q", "fetch", "-P", "threads", "-c", "8")),
        Program("worker-parse", (*worker, "-n", "parse@%h", "-Q", "parse", "-P", "prefork", "-c", "1")),
        Program("worker-deliver", (*worker, "-n", "deliver@%h", "-Q", "deliver", "-P", "threads", "-c", "8")),
        Program(
            "worker-default", (*worker, "-n", "default@%h", "-Q", "match,default,facts", "-P", "prefork", "-c", "2")
        ),
        Program("worker-suspect", (*worker, "-n", "suspect@%h", "-Q", "suspect", "-P", "prefork", "-c", "1")),
        Program("beat", ("-m", "celery", "-A", "factcheck", "beat", "-l", "INFO")),
    ]
    return early, late


def _start(session: Session, program: Program, surroundings: dict[str, str]) -> Watched:
    own: dict[str, str] = {}
    if program.name == "web":
        own = {"WEB_THREADS": str(WEB_THREADS), "DATABASE_POOL_SIZE": str(WEB_THREADS)}
    elif program.name.startswith("worker"):
        own = {"REMAP_SIGTERM": "SIGQUIT", "WORKER_SHUTDOWN_SECONDS": "3"}  # Ctrl-C is answered soon; the rows wait

    def start() -> Child:
        argv: list[str | Path] = [session.layout.python, *program.arguments]
        return session.start(program.name, argv, environment={**surroundings, **own})

    session.log(program.name).write_bytes(b"")  # each run begins its logs anew
    return Watched(child=start(), again=start)


def _servers(session: Session, servers: services.Services) -> list[Watched]:
    return [
        Watched(child=child, again=servers.starters[child.name])
        for child in session.children
        if child.name in servers.starters
    ]


def _wait(watched: list[Watched], port: int, waiting: list[str]) -> None:
    """Until each of the paths answers 200. A process that ends meanwhile is a start that failed."""
    end = time.monotonic() + READY_SECONDS
    while waiting:
        for one in watched:
            if not one.child.runs():
                raise Failed(
                    f"{one.child.name} ended while starting (status {one.child.popen.returncode}). "
                    f"The end of {one.child.log}:\n{tail(one.child.log, 25)}"
                )
        if time.monotonic() > end:
            raise Failed(f"{waiting[0]} does not answer 200 after {READY_SECONDS:.0f} s: see .local/log/web.log.")
        if _status(port, waiting[0]) == HTTPStatus.OK:
            waiting.pop(0)
        else:
            time.sleep(0.1)


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection(ports.HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _announce(layout: Layout, console: Console, *, port: int, press: list[int], first: bool) -> None:
    site = f"http://{ports.HOST}:{port}"
    console.say("Ready")
    lines = [
        "",
        f"  Desk        {site}/admin/",
        f"  Verdicts    {site}/api/v1/verdicts",
        f"  API docs    {site}/api/v1/docs/",
        f"  Press site  {'  '.join(f'http://{ports.HOST}:{number}/' for number in press)}",
        f"  Logs        {layout.log.relative_to(layout.root)}/",
        "",
    ]
    kept = _credentials(layout).relative_to(layout.root)
    people = _people(_credentials(layout)) if first else []
    if people:
        lines.append("  Demo logins (made just now, shown this once; kept in " + str(kept) + ")")
        lines += [
            f"    {person.get('username', ''):<12} {person.get('password', ''):<26} {person.get('role', '')}"
            for person in people
        ]
    elif _credentials(layout).exists():
        lines.append(f"  Demo logins are in {kept}")
    else:
        lines.append(f"  The demo people were there already, but {kept} is gone. A new password:")
        lines.append("    python3 scripts/dev.py manage changepassword ana")
    lines += ["", "  Ctrl-C stops everything; the data stays.", ""]
    print("\n".join(lines), flush=True)


def _people(path: Path) -> list[dict[str, str]]:
    try:
        people = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [person for person in people if isinstance(person, dict)] if isinstance(people, list) else []


def _keep(session: Session, console: Console, watched: list[Watched]) -> None:
    """Start again whatever ends, with growing pauses. Goes on until an exception."""
    while True:
        now = time.monotonic()
        for one in watched:
            if one.start_at is None and not one.child.runs():
                one.failures = 1 if now - one.child.began > GOOD_LIFE_SECONDS else one.failures + 1
                pause = min(2.0 ** (one.failures - 1), LONGEST_PAUSE_SECONDS)
                one.start_at = now + pause
                console.say(
                    f"{one.child.name} ended (status {one.child.popen.returncode}); again in {pause:.0f} s. "
                    f"The end of {one.child.log}:\n{tail(one.child.log)}"
                )
                session.end(one.child)
            elif one.start_at is not None and now >= one.start_at:
                one.start_at = None
                try:
                    one.child = one.again()
                except Failed as error:
                    console.say(str(error))
                    one.start_at = time.monotonic() + LONGEST_PAUSE_SECONDS
        time.sleep(0.2)
