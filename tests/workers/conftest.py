"""What tests of the ledger share: kinds of job of their own, a private Redis, and tables that show every effect."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from factcheck.celery import app, broker_address
from tests.servers.redis import RedisServer, running_redis
from tests.workers.kinds import KINDS_OF_TESTS, make_tables, spec_of
from workers import doorbell, rings
from workers.handling import HANDLERS
from workers.kinds import KINDS
from workers.models import Job


@pytest.fixture
def effects(transactional_db: None) -> Iterator[None]:
    """Empty tables of starts and effects."""
    make_tables()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE test_effect, test_start")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE test_effect, test_start")


@pytest.fixture
def kinds(effects: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own kinds of job, known to this process."""
    for kind, handler in KINDS_OF_TESTS.items():
        monkeypatch.setitem(KINDS, kind, spec_of(kind))
        monkeypatch.setitem(HANDLERS, kind, handler)


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Keeps a figure that a test measured with its result, where reports find it."""

    def keep(name: str, value: object) -> None:
        request.node.user_properties.append((name, value))

    return keep


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def bell(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RedisServer]:
    """This process's doorbell and publisher, connected to the private Redis and fresh."""
    before = app.conf["broker_url"]
    app.conf["broker_url"] = broker_address(redis.url)
    monkeypatch.setattr(doorbell, "_process", doorbell._Process())
    yield redis
    app.conf["broker_url"] = before


def make_job(kind: str = "test.quick", *, key: str = "", queue: str = "match", **fields: object) -> Job:
    """A queued job; its key is made up unless given."""
    return Job.objects.create(kind=kind, key=key or f"{kind}:{Job.objects.count()}", queue=queue, **fields)


def jobs_with_effects() -> list[int]:
    """The job ids of all effects, one entry per effect."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT job_id FROM test_effect ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def expire_lease(job: Job) -> None:
    """As if the worker had gone silent long ago, and the sweep had seen it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workers_job SET lease_until = now() - interval '1 second' WHERE id = %s", [job.pk])
    rings.set_aside_lost()
