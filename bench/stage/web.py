"""The service's own web process under a client that writes and reads all the time."""

import http.client
import json
import socket
import statistics
import threading
import time
from dataclasses import dataclass, field

from django.contrib.auth.models import Group, User
from django.utils import timezone

from bench.stage.servers import Stage
from claims.access.keys import issue
from claims.choices import Role, Scope
from scripts.devenv.session import Child

THREADS = "4"
PATIENCE = 30.0  # seconds that a client waits for an answer
STATEMENT = "The toll of the Oldhaven harbour tunnel doubled in 2025, the council said in reply {number}."


@dataclass(slots=True)
class Answer:
    """One request: when it was sent, how long it took (seconds), and the status; None for a connection that failed."""

    at: float
    took: float
    status: int | None
    wrote: bool


@dataclass(slots=True)
class Web:
    """A running web process, and a fact-checker's key for it."""

    child: Child
    port: int
    key: str


def start(stage: Stage) -> Web:
    """Start it as an installation does, and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    child = stage.python(
        "web",
        *("-m", "granian", "--interface", "wsgi", "--blocking-threads", THREADS, "--host", "127.0.0.1"),
        *("--port", str(port), "factcheck.wsgi:application"),
        WEB_THREADS=THREADS,
        DATABASE_POOL_SIZE=THREADS,
    )
    writer = User.objects.create_user("writer")
    writer.groups.add(Group.objects.get(name=Role.FACT_CHECKER))
    key = issue(name="bench", scopes=[Scope.DESK_WRITE], user=writer, actor=None, at=timezone.now())
    web = Web(child=child, port=port, key=key.clear)
    end = time.monotonic() + 60
    while ask(web, number=0, write=False).status != 200:
        if time.monotonic() > end:
            raise SystemExit("the web process does not answer")
        time.sleep(0.2)
    return web


def ask(web: Web, *, number: int, write: bool) -> Answer:
    """One request: a new claim, or the public list."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=PATIENCE)
    status: int | None = None
    try:
        if write:
            body = json.dumps({"statement": STATEMENT.format(number=number)})
            headers = {"Authorization": f"Bearer {web.key}", "Content-Type": "application/json"}
            connection.request("POST", "/api/v1/claims", body=body, headers=headers)
        else:
            connection.request("GET", "/api/v1/verdicts")
        response = connection.getresponse()
        response.read()
        status = response.status
    except (OSError, http.client.HTTPException):
        status = None
    finally:
        connection.close()
    return Answer(at=began, took=time.monotonic() - began, status=status, wrote=write)


@dataclass(slots=True)
class Client:
    """Asks evenly from a thread, a write and now and then a read, until it is told to stop."""

    web: Web
    per_second: float
    answers: list[Answer] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin. Each request has a thread of its own, so that a slow answer delays no other question."""
        thread = threading.Thread(target=self._go, daemon=True)
        self._threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Stop, and wait for the last answers."""
        self._stop.set()
        for thread in list(self._threads):
            thread.join(timeout=PATIENCE)

    def between(self, first: float, last: float) -> list[Answer]:
        """What was asked between two moments of the monotonic clock."""
        return [answer for answer in self.answers if first <= answer.at < last]

    def _go(self) -> None:
        began, number = time.monotonic(), 0
        while not self._stop.wait(max(0.0, began + number / self.per_second - time.monotonic())):
            number += 1
            thread = threading.Thread(target=self._one, args=(number,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _one(self, number: int) -> None:
        self.answers.append(ask(self.web, number=number, write=number % 5 != 0))


def p95_ms(answers: list[Answer]) -> float:
    """The 95th percentile of the writes that were answered, in milliseconds."""
    took = sorted(answer.took for answer in answers if answer.wrote and answer.status is not None)
    return round(1000 * statistics.quantiles(took, n=20)[-1], 1)


def statuses(answers: list[Answer]) -> dict[str, int]:
    """How often each status came."""
    counts: dict[str, int] = {}
    for answer in answers:
        name = "no answer" if answer.status is None else str(answer.status)
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
