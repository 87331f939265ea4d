"""What every response carries, and what an operator is told when a part is away."""

import pytest
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory

from factcheck import health
from factcheck.middleware import POLICY, database_away


@pytest.mark.django_db
def test_ready_when_the_database_answers(client: Client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["checks"]["database"] == "ok"


@pytest.mark.django_db
def test_redis_away_is_told_and_is_no_failure(client: Client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["checks"]["redis"].startswith("unreachable")


def test_alive_without_a_database(client: Client):
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/healthz", "/no-such-page"])
def test_every_response_carries_the_policy_and_a_request_id(client: Client, path: str):
    answer = client.get(path, headers={"X-Request-ID": "forged"})

    assert answer.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert len(answer.headers["X-Request-ID"]) == 16


def test_a_lost_database_is_a_503_in_words():
    def view(request):
        raise OperationalError("server closed the connection unexpectedly")

    middleware = database_away(view)
    request = RequestFactory().get("/")

    answer = middleware.process_exception(request, OperationalError("gone"))  # type: ignore[attr-defined]

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert b"database_unavailable" in answer.content
    assert middleware.process_exception(request, ValueError("other")) is None  # type: ignore[attr-defined]


def test_while_the_database_is_away_others_are_told_at_once_and_health_checks_ask_for_themselves():
    asked = []
    middleware = database_away(lambda request: asked.append(request.path) or HttpResponse())  # type: ignore[func-returns-value]
    anywhere, ready = RequestFactory().get("/api/v1/verdicts"), RequestFactory().get("/readyz")
    assert middleware(anywhere).status_code == 200

    middleware.process_exception(anywhere, OperationalError("gone"))  # type: ignore[attr-defined]

    assert [middleware(anywhere).status_code, middleware(ready).status_code] == [503, 200]
    assert asked == ["/api/v1/verdicts", "/readyz"]


def test_the_database_is_tried_again_after_a_moment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("factcheck.middleware.AWAY_SECONDS", 0.0)
    middleware = database_away(lambda request: HttpResponse())
    request = RequestFactory().get("/")

    middleware.process_exception(request, OperationalError("gone"))  # type: ignore[attr-defined]

    assert middleware(request).status_code == 200


@pytest.mark.django_db
def test_a_statement_that_took_too_long_is_no_reason_to_turn_others_away():
    middleware = database_away(lambda request: HttpResponse())
    request = RequestFactory().get("/")
    with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")

    answer = middleware.process_exception(request, refused.value)  # type: ignore[attr-defined]

    assert answer.status_code == 503
    assert middleware(request).status_code == 200


def test_an_unreachable_database_is_named(monkeypatch: pytest.MonkeyPatch):
    def refuse(connection):
        raise OperationalError("connection refused")

    monkeypatch.setattr(health, "MigrationExecutor", refuse)

    assert health._database().startswith("unreachable")
