"""The client on the running service, and on a server that misbehaves."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from claims.access.keys import issue
from claims.models import Consumer
from claims.publishing.waiting import waiters
from factcheck_client import Client, Patience
from tests.factories import NOON
from tests.servers.loopback import Request, Site, Wire

Open = Callable[..., Client]


@pytest.fixture
def desk(live_server: Any) -> Iterator[Open]:
    """Opens clients of the running service: `desk(key=…)`."""
    opened: list[Client] = []

    def make(**given: Any) -> Client:
        opened.append(Client(live_server.url, **given))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
    waiters.stop()


@pytest.fixture
def key(transactional_db: None) -> str:
    """A consumer's key."""
    owner = Consumer.objects.create(name="Another newsroom")
    return issue(name="sync", scopes=["verdicts:read"], consumer=owner, actor=None, at=NOON).clear


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def pauses() -> list[float]:
    """Every pause of the client below, in seconds; none of them is really made."""
    return []


@pytest.fixture
def client(site: Site, pauses: list[float]) -> Iterator[Client]:
    """A client of the server that misbehaves."""
    with Client(site.url(), key="k", patience=Patience(tries=3, timeout=0.6), sleep=pauses.append) as client:
        yield client


def in_turn(*answers: Callable[[Request, Wire], None]) -> Callable[[Request, Wire], None]:
    """A handler that answers one way after another, the last one from then on."""
    left = list(answers)

    def handle(request: Request, wire: Wire) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(request, wire)

    return handle


def says(body: object, *, status: int = 200, **headers: str) -> Callable[[Request, Wire], None]:
    """A handler that answers with JSON."""
    sent = json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _, wire: wire.answer(sent, status=status, headers={"Content-Type": "application/json", **named})


def document(**fields: Any) -> dict[str, Any]:
    """The least that is a document."""
    claim = {"statement": "It fell by half.", "language": "en"}
    return {"id": "abc", "version": 1, "claim": claim, "verdict": {"rating": None}, **fields}


def envelope(**fields: Any) -> dict[str, Any]:
    """The least that is a verdict."""
    head = {"id": "abc", "version": 1, "sequence": 1, "status": "live", "kind": "initial"}
    return {**head, "published_at": "2026-03-02T12:03:00Z", "document": document(), **fields}


def change(sequence: int, **fields: Any) -> dict[str, Any]:
    """The least that is a change."""
    head = {"sequence": sequence, "id": "abc", "version": sequence, "kind": "initial", "at": "2026-03-02T12:03:00Z"}
    return {**head, "document": document(), **fields}


def feed(*changes: dict[str, Any], epoch: str = "e-1", head: int | None = None) -> dict[str, Any]:
    """A page of the feed."""
    return {"feed_epoch": epoch, "head": len(changes) if head is None else head, "next": "", "changes": list(changes)}
