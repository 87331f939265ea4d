"""Turns at a host, across threads and connections: never closer than the pace, and no waiting in vain."""

import threading
import time
from itertools import pairwise
from typing import TypedDict

import pytest
from django.db import connection

from claims.http import RetryLater, Web
from tests.servers.loopback import Site
from workers.clock import database_now
from workers.hosts import FAILURES_TO_OPEN, LONGEST_TURN, hold, service_pace, set_crawl_delay, take_turn
from workers.models import Host

pytestmark = pytest.mark.django_db(transaction=True)


class Here(TypedDict):
    scheme: str
    host: str
    port: int


HERE = Here(scheme="http", host="127.0.0.1", port=8101)
PACE = 0.2


@pytest.fixture(autouse=True)
def quick_pace(settings):
    settings.FETCH_PACE_SECONDS = PACE
    settings.FETCH_PACE_PATIENCE = 5.0


def turns_taken(threads: int, each: int) -> list[float]:
    """When turns were given, by the clock of this machine, in order."""
    taken: list[float] = []

    def take() -> None:
        try:
            for _ in range(each):
                release = take_turn(**HERE)
                taken.append(time.monotonic())
                release(True)
        finally:
            connection.close()

    running = [threading.Thread(target=take) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sorted(taken)


def turns() -> list[tuple[float, float]]:
    """When turns began and ended, as the database saw it, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT began, extract(epoch FROM at)::float8 FROM test_turn ORDER BY at")
        rows = cursor.fetchall()
    assert [began for began, _ in rows] == [True, False] * (len(rows) // 2)  # nobody begins before another has ended
    return [(first[1], second[1]) for first, second in zip(rows[::2], rows[1::2], strict=True)]


@pytest.fixture
def turn_log():
    """Writes down every turn, by a trigger, so that the test measures with the clock that decides."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE TABLE test_turn (began boolean, at timestamptz);
            CREATE FUNCTION test_log_turn() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.last_at > clock_timestamp()
                THEN INSERT INTO test_turn VALUES (true, NEW.last_at - make_interval(secs => {LONGEST_TURN}));
                ELSE INSERT INTO test_turn VALUES (false, NEW.last_at); END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER test_turn AFTER UPDATE OF last_at ON workers_host
                FOR EACH ROW WHEN (NEW.last_at IS DISTINCT FROM OLD.last_at) EXECUTE FUNCTION test_log_turn();
            """
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER test_turn ON workers_host; DROP FUNCTION test_log_turn; DROP TABLE test_turn")


def test_turns_of_many_workers_are_never_closer_than_the_pace(turn_log, figure):
    turns_taken(threads=6, each=3)

    seen = turns()
    gaps = [began - ended for (_, ended), (began, _) in pairwise(seen)]
    figure("smallest gap of 18 turns, pace 0.2 s", round(min(gaps), 3))
    assert len(seen) == 18
    assert min(gaps) >= PACE - 0.000_01  # a float's worth


def test_a_host_at_rest_makes_nobody_wait():
    took = turns_taken(threads=1, each=1)

    assert len(took) == 1
    assert Host.objects.get().last_at is not None


def test_a_turn_too_far_away_is_refused_and_not_reserved(settings):
    settings.FETCH_PACE_PATIENCE = 0.0
    take_turn(**HERE)(True)
    before = Host.objects.get().next_at

    with pytest.raises(RetryLater) as caught:
        take_turn(**HERE)

    assert caught.value.reason == "pace"
    assert caught.value.after is not None
    assert Host.objects.get().next_at == before


def test_a_host_that_asked_to_be_left_alone_is(settings):
    hold(**HERE, seconds=60.0)

    with pytest.raises(RetryLater) as caught:
        take_turn(**HERE)

    assert caught.value.after is not None
    assert 55 < caught.value.after <= 60


def test_a_slower_crawl_delay_is_kept_and_a_faster_one_is_not():
    took = {}
    for delay in (0.5, 0.01):
        Host.objects.all().delete()
        set_crawl_delay(**HERE, seconds=delay)
        first, second = turns_taken(threads=1, each=2)
        took[delay] = second - first

    assert took[0.5] >= 0.49
    assert took[0.01] >= PACE - 0.01


def test_two_ports_of_a_machine_are_two_hosts():
    began = time.monotonic()
    for port in range(8101, 8106):
        take_turn(scheme="http", host="127.0.0.1", port=port)

    assert Host.objects.count() == 5
    assert time.monotonic() - began < 5 * PACE


def test_nobody_comes_while_somebody_is_there(settings):
    settings.FETCH_PACE_PATIENCE = 0.3
    there = take_turn(**HERE)

    with pytest.raises(RetryLater) as caught:
        take_turn(**HERE)
    assert caught.value.reason == "pace"

    there(True)
    take_turn(**HERE)(True)


def test_a_turn_whose_process_died_is_forgotten(settings, monkeypatch):
    monkeypatch.setattr("workers.hosts.LONGEST_TURN", 0.3)
    lost = take_turn(**HERE)

    take_turn(**HERE)
    lost(True)  # it was not dead after all; the turn is another's by now

    settings.FETCH_PACE_PATIENCE = 0.0
    with pytest.raises(RetryLater):
        take_turn(**HERE)


def test_a_wait_that_began_before_the_host_asked_for_rest_is_not_the_way_around_it():
    there = take_turn(**HERE)
    failed: list[RetryLater] = []

    def wait() -> None:
        try:
            take_turn(**HERE)
        except RetryLater as error:
            failed.append(error)
        finally:
            connection.close()

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    hold(**HERE, seconds=60.0)
    there(None)
    waiting.join()

    assert [error.reason for error in failed] == ["pace"]
    assert failed[0].after is not None
    assert failed[0].after > 50


def test_a_redirect_within_a_slow_host_is_followed(settings):
    settings.FETCH_PACE_PATIENCE = 0.1
    with Site() as site:
        site.redirect("/old", "/new")
        site.page("/new", b"text")
        web = Web(pace=take_turn, loopback_allowed=[site.host_port])
        take_turn(scheme="http", host="127.0.0.1", port=site.port)(True)
        set_crawl_delay(scheme="http", host="127.0.0.1", port=site.port, seconds=0.5)
        Host.objects.update(next_at=database_now(), last_at=None)

        answer = web.get(site.url("/old"), obey_robots=False)

        assert answer.body == b"text"
        assert [request.path for request in site.requests()] == ["/old", "/new"]


def fail(times: int) -> None:
    Host.objects.update(circuit_open_until=None)
    for _ in range(times):
        take_turn(**HERE)(False)


def test_a_host_that_fails_again_and_again_is_left_alone_and_then_tried_once(settings):
    settings.FETCH_PACE_SECONDS = 0.0
    settings.FETCH_PACE_PATIENCE = 0.5
    fail(FAILURES_TO_OPEN - 1)
    take_turn(**HERE)(False)

    with pytest.raises(RetryLater) as caught:
        take_turn(**HERE)

    assert caught.value.reason == "circuit"
    assert caught.value.after is not None
    assert 55 < caught.value.after <= 60

    fail(1)
    with pytest.raises(RetryLater) as again:
        take_turn(**HERE)
    assert again.value.after is not None
    assert 115 < again.value.after <= 120

    Host.objects.update(circuit_open_until=None)
    take_turn(**HERE)(True)
    assert Host.objects.get().failures == 0
    take_turn(**HERE)(None)
    assert Host.objects.get().circuit_open_until is None


def test_what_is_no_fault_of_the_host_counts_neither_way(settings):
    settings.FETCH_PACE_SECONDS = 0.0
    take_turn(**HERE)(False)

    take_turn(**HERE)(None)

    assert Host.objects.get().failures == 1


def test_a_service_has_a_pace_of_its_own_on_all_its_hosts(settings):
    settings.SEARCHES = {
        "slow": {"url": "https://api.slow.example/doc", "pace": 6.0},
        "many": {"url": "https://{language}.many.example/api.php", "pace": 2.0},
        "here": {"url": "http://127.0.0.1:8101/api", "pace": 0.4},
    }
    settings.FETCH_PACE_PATIENCE = 0.0
    paces = {
        host: service_pace(host=host, port=port)
        for host, port in [
            ("api.slow.example", 443),
            ("de.many.example", 443),
            ("slow.example", 443),
            ("x.example", 80),
        ]
    }

    began = time.monotonic()
    for _ in range(2):  # the second waits, past the usual patience
        take_turn(**HERE)(True)

    assert paces == {"api.slow.example": 6.0, "de.many.example": 2.0, "slow.example": None, "x.example": None}
    assert service_pace(host="127.0.0.1", port=8102) is None
    assert time.monotonic() - began >= 0.39
