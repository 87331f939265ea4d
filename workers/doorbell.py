"""Telling workers that a row waits. Everything here may fail at any time, and nothing is lost when it does.

Messages go through Celery, so the broker is whatever the settings say. They travel on a connection of our own, whose
every wait is short, and after one failure nothing is tried for a while: a frozen broker must cost a process nothing.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from kombu import Connection
from kombu.exceptions import KombuError

from factcheck.celery import FACTS_QUEUE, app

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")

WAIT_SECONDS = 0.5  # for connecting, and for each answer of the broker
SILENT_SECONDS = 5.0  # after a failure
GATHER_SECONDS = 0.05  # commits that come this close together ring once
DISPATCH_TASK = "workers.dispatch"


class Publisher:
    """Sends task messages on one connection of its own. Never raises for what the broker does; safe for threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._silent_until = float("-inf")

    def publish(self, task: str, *, queue: str, args: tuple[int, ...] = (), **options: Any) -> bool:
        """Send one message. False when it could not be sent, or when the last failure is too recent to try."""

        def send(connection: Connection) -> bool:
            # Announced by name, so that the sender need not have the task's code.
            app.send_task(task, args=args, queue=queue, connection=connection, retry=False, **options)
            return True

        return self._ask(send) or False

    def waiting(self, queue: str) -> int | None:
        """How many messages wait in the queue. None when the broker cannot say right now."""

        def count(connection: Connection) -> int:
            declared: Any = app.amqp.queues[queue](connection.default_channel).queue_declare()
            return int(declared.message_count)

        return self._ask(count)

    def _ask(self, ask: Callable[[Connection], Answer]) -> Answer | None:
        with self._lock:
            if self._clock() < self._silent_until:
                return None
            if self._connection is None:
                self._connection = _own_connection()
            connection = self._connection
            try:
                connection.ensure_connection(max_retries=1, interval_start=0)
                return ask(connection)
            except _errors(connection) as error:
                log.warning(
                    "broker not reached, work waits in the database; check that the broker runs",
                    error=f"{type(error).__name__}: {error}",
                    silent_seconds=SILENT_SECONDS,
                )
                self._silent_until = self._clock() + SILENT_SECONDS
                self._connection = None
                _forget(connection)
                return None


class Doorbell:
    """Rings for new facts from a thread of its own. Ringing takes microseconds, whatever the broker does.

    One waiting ring stands for any number of facts, so the queue before the thread has one place, and a message that
    waits on the broker makes another needless: whoever takes it finds all that was committed before. The first ring in
    a process starts the thread.
    """

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._rung = threading.Event()

    def ring(self, **_: object) -> None:
        """New facts were committed. Never waits for the broker and never raises. A signal receiver."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._listen, name="doorbell", daemon=True)
                    self._thread.start()
        self._rung.set()

    def _listen(self) -> None:
        while True:
            self._rung.wait()
            time.sleep(GATHER_SECONDS)
            self._rung.clear()
            if publisher().waiting(FACTS_QUEUE) == 0:
                publisher().publish(DISPATCH_TASK, queue=FACTS_QUEUE)


class _Process:
    """What belongs to one process. A fork copies no threads, and no usable sockets or locks: the child starts anew."""

    def __init__(self) -> None:
        self.start_anew()

    def start_anew(self) -> None:
        self.doorbell = Doorbell()
        self.publisher = Publisher()


_process = _Process()
os.register_at_fork(after_in_child=_process.start_anew)


def ring(**_: object) -> None:
    """Ring this process's doorbell: new facts were committed. Receiver of the event_recorded signal."""
    _process.doorbell.ring()


def publisher() -> Publisher:
    """This process's publisher."""
    return _process.publisher


def _own_connection() -> Connection:
    # Redis understands the socket options, RabbitMQ the read and write ones; each passes over the other's.
    return app.connection_for_write(
        connect_timeout=WAIT_SECONDS,
        transport_options={
            "socket_timeout": WAIT_SECONDS,
            "socket_connect_timeout": WAIT_SECONDS,
            "read_timeout": WAIT_SECONDS,
            "write_timeout": WAIT_SECONDS,
            "retry_on_timeout": False,
            "max_retries": 1,
            "interval_start": 0,
        },
    )


def _errors(connection: Connection) -> tuple[type[BaseException], ...]:
    known: tuple[type[BaseException], ...] = (*connection.connection_errors, *connection.channel_errors)
    return (OSError, KombuError, *known)


def _forget(connection: Connection) -> None:
    try:
        connection.collect(socket_timeout=WAIT_SECONDS)
    except _errors(connection):
        log.debug("broker connection did not close cleanly; nothing to do")
