"""Limits: exact under bursts on a real Redis, of no cost without one, blind to what clients say of where they are."""

import threading
import time
from collections.abc import Iterator

import pytest

from claims.access.limits import client_address
from claims.access.windows import REST_SECONDS, OwnWindow, SharedWindow
from tests.servers.redis import RedisServer, running_redis


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def window(redis: RedisServer) -> SharedWindow:
    redis.flush()
    return SharedWindow(address=redis.url, patience=2.0)


def burst(*windows: SharedWindow, count: int, limit: int) -> int:
    """How many of so many requests at once pass."""
    passed: list[bool] = []
    gate = threading.Barrier(count)

    def ask(number: int) -> None:
        gate.wait()
        passed.append(windows[number % len(windows)].take("one", limit=limit, seconds=60).passed)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == count
    return sum(passed)


def test_of_200_at_once_from_two_processes_exactly_50_pass(redis: RedisServer, window: SharedWindow):
    other = SharedWindow(address=redis.url, patience=2.0)

    assert burst(window, other, count=200, limit=50) == 50


def test_a_window_slides_and_says_when_the_next_is_free(window: SharedWindow):
    first = window.take("one", limit=2, seconds=0.5)
    second = window.take("one", limit=2, seconds=0.5)
    third = window.take("one", limit=2, seconds=0.5)

    assert [taken.passed for taken in (first, second, third)] == [True, True, False]
    assert [taken.remaining for taken in (first, second, third)] == [1, 0, 0]
    assert 0 < third.frees_in <= 0.5
    time.sleep(third.frees_in + 0.01)
    assert window.take("one", limit=2, seconds=0.5).passed
    assert window.take("other", limit=2, seconds=0.5).remaining == 1


def test_never_more_than_the_limit_in_any_span(window: SharedWindow):
    """Asked evenly and without pause: a fixed window would let twice as many through around its edge."""
    passes = []
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        if window.take("one", limit=20, seconds=0.5).passed:
            passes.append(time.monotonic())
        time.sleep(0.001)

    assert len(passes) > 20
    assert all(later - earlier > 0.48 for earlier, later in zip(passes, passes[20:], strict=False))


def test_a_clock_that_was_ahead_holds_nobody_up_for_long(redis: RedisServer, window: SharedWindow):
    with redis.client() as client:
        client.lpush("limit:one", str(round((time.time() + 86_400) * 1_000_000)))

    assert window.take("one", limit=1, seconds=60).passed


def test_nothing_stays_in_redis_once_a_window_is_over(redis: RedisServer, window: SharedWindow):
    window.take("one", limit=5, seconds=0.05)
    time.sleep(0.2)

    with redis.client() as client:
        assert client.keys("limit:*") == []


def test_without_redis_each_process_goes_on_from_what_it_let_through():
    with running_redis() as server:
        window = SharedWindow(address=server.url, patience=0.05)
        assert sum(window.take("one", limit=10, seconds=60).passed for _ in range(6)) == 6
        server.freeze()

        after = [window.take("one", limit=10, seconds=60).passed for _ in range(10)]

    assert after == [True] * 4 + [False] * 6


def test_a_redis_that_came_back_is_asked_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("claims.access.windows.REST_SECONDS", 0.1)
    with running_redis() as server:
        window = SharedWindow(address=server.url, patience=0.05)
        server.kill()
        assert window.take("one", limit=10, seconds=60).passed
        server.start()
        time.sleep(0.15)

        assert window.take("one", limit=10, seconds=60).passed
        with server.client() as client:
            assert client.llen("limit:one") == 1
        assert REST_SECONDS > 0


def test_a_connection_that_redis_closed_is_no_failure(redis: RedisServer, window: SharedWindow):
    window.take("one", limit=10, seconds=60)
    with redis.client() as client:
        client.client_kill_filter(_type="normal", skipme=True)

    assert window.take("one", limit=10, seconds=60).remaining == 8


def test_the_own_window_forgets_the_longest_idle_before_it_grows():
    window = OwnWindow(most_callers=100, most_marks=150)
    for number in range(1000):
        for _ in range(2):
            window.take(f"caller-{number}", limit=2, seconds=60)

    assert len(window._passes) <= 75
    assert sum(map(len, window._passes.values())) == window._marks <= 150
    assert not window.take("caller-999", limit=2, seconds=60).passed
    assert window.take("caller-0", limit=2, seconds=60).passed


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "seen"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", 0, "192.0.2.1"),
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 7.7.7.7, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 2, "203.0.113.9"),
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", "nonsense", 1, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", 1, "203.0.113.9"),
        ("10.0.0.1", "[2001:db8:1:2:3::4]:443", 1, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:aaaa::1", "", 0, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "", 0, "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "", 0, "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("fe80::1%eth0", "", 0, "fe80::/64"),
        ("", "", 0, "unknown"),
    ],
)
def test_an_address_is_what_our_own_proxies_saw(peer: str, forwarded: str, proxies: int, seen: str):
    meta = {"REMOTE_ADDR": peer, **({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {})}

    assert client_address(meta, proxies=proxies) == seen
