"""Waiting for a change: woken from another process, without a database connection, few at a time, and never deaf."""

import heapq
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from claims.publishing.waiting import IN_A_SECOND, LATEST, SOONEST, Waiters, waiters
from tests.api.conftest import Api, expect
from tests.review.conftest import Desk, committed_desk
from tests.workers.processes import environment, wait_until

__all__ = ["committed_desk"]  # a fixture

FEED = "/verdicts/changes"
LISTENER = "factcheck feed listener"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _listener_ends() -> Iterator[None]:
    yield
    waiters.stop()


class Reader:
    """Asks in a thread of its own, as a thread of the web server does."""

    def __init__(self, path: str) -> None:
        self.answer: Any = None
        self._thread = threading.Thread(target=self._ask, args=(path,))
        self._thread.start()

    def _ask(self, path: str) -> None:
        try:
            self.answer = Api().get(path)
        finally:
            connection.close()

    def sequences(self) -> list[int]:
        """What the answer held, once it is there."""
        self._thread.join(timeout=40)
        return [entry["sequence"] for entry in expect(self.answer, 200)["changes"]]


@contextmanager
def reading(path: str) -> Iterator[Reader]:
    """A reader that waits by now."""
    before = waiters.waiting
    reader = Reader(path)
    wait_until(lambda: waiters.waiting > before, seconds=20, message="the reader waits")
    yield reader
    reader.sequences()


def backends(raw: Callable[..., Any], *, listening: bool) -> list[int]:
    """Process ids of the database's other connections: the listener's, or all but the listener's."""
    rows = raw(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend' AND (application_name = %s) = %s",
        LISTENER,
        listening,
    )
    return [pid for (pid,) in rows]


def test_a_publication_in_another_process_wakes_it(committed_desk: Desk):
    claim, publisher = committed_desk.approved(), committed_desk.publisher

    with reading(f"{FEED}?wait=30") as reader:
        subprocess.run(
            [sys.executable, "-m", "tests.publishing.elsewhere", str(claim.pk), str(publisher.pk)],
            env=environment(os.environ["REDIS_URL"]),
            check=True,
            timeout=60,
        )
        found = reader.sequences()

    assert found == [1]


def test_while_it_waits_it_holds_no_database_connection(committed_desk: Desk, raw: Callable[..., Any]):
    claim = committed_desk.approved()

    with reading(f"{FEED}?wait=30") as reader:
        wait_until(lambda: len(backends(raw, listening=True)) == 1, seconds=10, message="one listener")
        wait_until(lambda: backends(raw, listening=False) == [], seconds=10, message="no connection but the listener's")
        committed_desk.publish(claim)
        found = reader.sequences()

    assert found == [1]


def test_a_listener_that_lost_its_connection_heals_and_nobody_misses_anything(
    committed_desk: Desk, raw: Callable[..., Any]
):
    first, second = committed_desk.approved(), committed_desk.approved()

    with reading(f"{FEED}?wait=30") as reader:
        wait_until(lambda: len(backends(raw, listening=True)) == 1, seconds=10, message="one listener")
        lost = backends(raw, listening=True)
        raw("SELECT pg_terminate_backend(%s)", *lost)
        committed_desk.publish(first)
        found = reader.sequences()
    with reading(f"{FEED}?after=1&wait=30") as reader:
        wait_until(lambda: bool(backends(raw, listening=True)), seconds=15, message="the listener is back")
        healed = backends(raw, listening=True)
        committed_desk.publish(second)
        later = reader.sequences()

    assert (found, later) == ([1], [2])
    assert set(healed).isdisjoint(lost)


def test_without_a_place_it_is_told_when_to_come_again(committed_desk: Desk, settings: Any):
    settings.LONG_POLL_WAITERS = 1
    claim = committed_desk.approved()

    with reading(f"{FEED}?wait=30") as reader:
        refused = Api().get(f"{FEED}?wait=30")
        plain = Api().get(FEED)
        committed_desk.publish(claim)
        found = reader.sequences()
    free = Api().get(f"{FEED}?wait=30")

    assert expect(refused, 200)["changes"] == []
    assert int(refused["Retry-After"]) == SOONEST
    assert "Retry-After" not in plain
    assert found == [1]
    assert len(expect(free, 200)["changes"]) == 1


# One more than the eight, since turns are told in whole seconds.
@pytest.mark.parametrize(
    ("readers", "busiest"), [(1, 1), (200, IN_A_SECOND + 1), (1000, 2 * 1000 / (LATEST - SOONEST))]
)
def test_those_who_find_no_place_come_again_spread_out(readers: int, busiest: float):
    waiting = Waiters()
    due, came, told = [number / 1000 for number in range(readers)], Counter[int](), set[int]()
    while (now := heapq.heappop(due)) < 200:
        came[int(now)] += 1
        told.add(after := waiting.come_again(now=now))
        heapq.heappush(due, now + after)

    assert max(count for second, count in came.items() if second > 60) <= busiest
    assert min(told) == SOONEST
    assert max(told) <= LATEST


def test_it_ends_empty_when_the_time_is_over(transactional_db: None):
    answer = Api().get(f"{FEED}?wait=1")

    assert expect(answer, 200)["changes"] == []
    assert "Retry-After" not in answer
    assert waiters.waiting == 0


def test_a_publication_that_is_rolled_back_is_never_seen(committed_desk: Desk):
    claim = committed_desk.approved()
    assert committed_desk.publisher.pk

    with reading(f"{FEED}?wait=3") as reader:
        with transaction.atomic():
            committed_desk.publish(claim)
            transaction.set_rollback(True)
        found = reader.sequences()

    assert found == []
    assert expect(Api().get(FEED), 200)["head"] == 0
