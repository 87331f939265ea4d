"""Waiting for the next publication without holding a database connection.

One thread per process listens on a connection of its own and wakes whoever waits. While that connection is away,
those who wait are sent to look for themselves every second, and the thread connects again, later each time. It ends
when nobody has waited for a while, so a process that nobody asks holds no connection.
"""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import structlog
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from claims.publishing.changes import CHANNEL

log = structlog.get_logger(__name__)

# Seconds: how often the thread asks even if nothing rang, how soon those who wait look by themselves while it is deaf,
# and its longest pause between two tries to connect.
BEAT, LOOK, LONGEST_PAUSE = 5.0, 1.0, 30.0
IDLE = 60.0  # seconds without anybody waiting until it ends
# Those who find no place come again after so many seconds, at least and at most: so few in a second that their coming
# is no load, as long as their turns fit in between, and beyond that spread evenly over these seconds.
SOONEST, LATEST, IN_A_SECOND = 4.0, 30.0, 8


class Waiters:
    """Those of one process that wait for the feed to move on. Few at a time; the limit is the caller's."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._hearing = False
        self._head = 0
        self._waiting = 0
        self._wanted_at = 0.0
        self._expected_at = 0.0

    @property
    def waiting(self) -> int:
        """How many hold a place."""
        return self._waiting

    @contextmanager
    def place(self, *, most: int) -> Iterator[bool]:
        """Takes one of `most` places for as long as the block runs; False if all are taken."""
        with self._changed:
            free = self._waiting < most
            self._waiting += free
        try:
            yield free
        finally:
            with self._changed:
                self._waiting -= free

    def come_again(self, *, now: float) -> int:
        """In how many whole seconds from `now` (monotonic) somebody without a place may ask again: its turn."""
        with self._changed:
            turn = max(self._expected_at + 1 / IN_A_SECOND, now + SOONEST)
            self._expected_at = turn if turn <= now + LATEST else now + SOONEST
            return math.ceil(self._expected_at - now)

    def wait(self, *, after: int, seconds: float) -> bool:
        """True as soon as there may be something after that number, so look; False when the time is over."""
        deadline = time.monotonic() + seconds
        with self._changed:
            self._start()
            while not (self._hearing and self._head > after):
                self._wanted_at = time.monotonic()
                left = deadline - self._wanted_at
                if left <= 0:
                    return False
                heard = self._changed.wait(left if self._hearing else min(left, LOOK))
                if not heard and not self._hearing and time.monotonic() < deadline:
                    return True
        return True

    def stop(self) -> None:
        """End the thread and its connection; the next wait starts them again."""
        thread = self._thread
        self._stop.set()
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        self._wanted_at = time.monotonic()
        if self._thread is None or not self._thread.is_alive():
            self._stop.clear()
            self._thread = threading.Thread(target=self._listen, name="feed-listener", daemon=True)
            self._thread.start()

    def _listen(self) -> None:
        pause = 0.0
        while not self._over():
            try:
                with psycopg.connect(_address(), autocommit=True) as hearing:
                    hearing.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                    pause = 0.0
                    while not self._over():
                        row = hearing.execute("SELECT n FROM claims_feedhead WHERE id = 1").fetchone()
                        self._heard(row[0] if row is not None else 0)
                        self._until_rung(hearing)
            except psycopg.Error as error:
                log.warning("feed listener lost its connection; waiting readers look by themselves", error=str(error))
            with self._changed:
                self._hearing = False
                self._changed.notify_all()
            if not self._over():
                pause = min(max(2 * pause, LOOK), LONGEST_PAUSE)
                self._stop.wait(pause)

    def _until_rung(self, hearing: psycopg.Connection) -> None:
        """Returns when something was published, after a beat, or soon after it should end."""
        asked_at = time.monotonic()
        while time.monotonic() - asked_at < BEAT and not self._stop.is_set():
            for _ in hearing.notifies(timeout=0.5, stop_after=1):
                return

    def _heard(self, head: int) -> None:
        with self._changed:
            self._hearing = True
            self._head = head
            self._changed.notify_all()

    def _over(self) -> bool:
        with self._changed:
            idle = self._waiting == 0 and time.monotonic() - self._wanted_at > IDLE
            return self._stop.is_set() or idle


waiters = Waiters()


def _address() -> str:
    """The database that Django uses, for a connection beside its pool that notices a dead line within seconds."""
    found = connections["default"].settings_dict
    named = {"dbname": found["NAME"], "user": found["USER"], "password": found["PASSWORD"], "host": found["HOST"]}
    named |= {"port": found["PORT"]} | {k: v for k, v in found["OPTIONS"].items() if isinstance(v, str)}
    named |= {"connect_timeout": "5", "keepalives_idle": "10", "keepalives_interval": "5", "keepalives_count": "3"}
    named |= {"tcp_user_timeout": "15000", "application_name": "factcheck feed listener"}
    return make_conninfo("", **{name: str(value) for name, value in named.items() if value})
