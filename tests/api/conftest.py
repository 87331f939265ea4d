"""Clients of the API: people with a key of their own, a consumer, and anybody."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from claims.access.keys import issue
from claims.choices import Role, Scope
from claims.models import Consumer
from tests.factories import NOON, person

DESK = [Scope.VERDICTS_READ.value, Scope.DESK_READ.value, Scope.DESK_WRITE.value]


@dataclass
class Api:
    """Sends JSON with one key, or with none. `body` may be bytes, to send what is no JSON."""

    key: str = ""
    user: User | None = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.key:
            extra["authorization"] = f"Bearer {self.key}"
        client = Client(raise_request_exception=True)
        kind = extra.pop("content-type", "application/json")
        answer: Any = client.generic(method, f"/api/v1{path}", sent, content_type=kind, secure=False, headers=extra)
        found: HttpResponse = answer
        return found

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, **headers)


def key_for(user: User, scopes: list[str] | None = None, **options: Any) -> str:
    """A key of the person's, in clear."""
    return issue(name="test", scopes=scopes or DESK, user=user, actor=None, at=NOON, **options).clear


@pytest.fixture
def anybody(db: None) -> Api:
    return Api()


@pytest.fixture
def as_role(db: None) -> Callable[[Role | str], Api]:
    """The standing colleague of a role, by a key with every scope."""

    def make(role: Role | str) -> Api:
        user = person(role)
        return Api(key=key_for(user), user=user)

    return make


@pytest.fixture
def checker(as_role: Callable[[Role | str], Api]) -> Api:
    return as_role(Role.FACT_CHECKER)


@pytest.fixture
def reviewer(as_role: Callable[[Role | str], Api]) -> Api:
    return as_role(Role.REVIEWER)


@pytest.fixture
def publisher(as_role: Callable[[Role | str], Api]) -> Api:
    return as_role(Role.PUBLISHER)


@pytest.fixture
def consumer(db: None) -> Api:
    owner = Consumer.objects.create(name="Another newsroom")
    return Api(key=issue(name="feed", scopes=["verdicts:read"], consumer=owner, actor=None, at=NOON).clear)


def expect(answer: HttpResponse, status: int, code: str = "") -> dict[str, Any]:
    """The body, after checking the status; a failure must have the one shape and, where given, the code."""
    assert answer.status_code == status, answer.content.decode()[:2000]
    if answer.status_code == 204:
        return {}
    body: dict[str, Any] = json.loads(answer.content)
    if status >= 300:
        assert set(body) <= {"code", "message", "fields", "details", "request_id"}, body
        assert body["message"]
        assert body["request_id"] == answer["X-Request-ID"]
        assert code in {"", body["code"]}, body
    return body
