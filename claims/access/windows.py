"""Windows that slide: at most so many passes in any span of so many seconds, counted exactly.

The shared window lies in Redis, one atomic script per request. Redis may be frozen, gone or wiped at any moment: then
each process counts for itself in a window of its own, which is bounded in memory, and nobody waits.
"""

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import NoScriptError, RedisError
from redis.exceptions import TimeoutError as TookTooLong
from redis.retry import Retry

log = structlog.get_logger(__name__)

REST_SECONDS = 5.0  # how long Redis is left alone after it failed
MOST_CALLERS = 10_000
MOST_MARKS = 500_000  # passes remembered by one process, some 20 MB

# The passes of one caller as microseconds of the server's clock, the newest first. A clock that was set back does not
# give a caller more than its limit, and holds it up for one window at most.
_TAKE = """
local moment = redis.call('TIME')
local now = moment[1] * 1000000 + moment[2]
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local newest = tonumber(redis.call('LINDEX', KEYS[1], 0) or '0')
if newest > now + window then
  redis.call('DEL', KEYS[1])
elseif newest > now then
  now = newest
end
local oldest = redis.call('LINDEX', KEYS[1], -1)
while oldest and tonumber(oldest) <= now - window do
  redis.call('RPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], -1)
end
local used = redis.call('LLEN', KEYS[1])
local passed = 0
if used < limit then
  redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
  used, passed = used + 1, 1
  oldest = oldest or now
end
return {passed, limit - used, (tonumber(oldest) + window) - now}
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one request: whether it passes, how many more may, and in how many seconds the next is free."""

    passed: bool
    remaining: int
    frees_in: float


class OwnWindow:
    """The window of one process. Thread-safe; forgets the callers it heard of longest ago before it grows too large."""

    def __init__(self, *, most_callers: int = MOST_CALLERS, most_marks: int = MOST_MARKS) -> None:
        self._passes: OrderedDict[str, deque[float]] = OrderedDict()
        self._marks = 0
        self._most_callers, self._most_marks = most_callers, most_marks
        self._lock = threading.Lock()

    def take(self, caller: str, *, limit: int, seconds: float, counted: bool = False) -> Taken:
        """Let the caller pass if it may; `counted` writes down a pass that was granted elsewhere."""
        now = time.monotonic()
        with self._lock:
            passes = self._passes.setdefault(caller, deque())
            self._passes.move_to_end(caller)
            while passes and passes[0] <= now - seconds:
                passes.popleft()
                self._marks -= 1
            passed = len(passes) < limit or counted
            if passed:
                passes.append(now)
                self._marks += 1
            frees_in = passes[0] + seconds - now if passes else seconds
            remaining = max(0, limit - len(passes))
            while len(self._passes) > 1 and (len(self._passes) > self._most_callers or self._marks > self._most_marks):
                _, forgotten = self._passes.popitem(last=False)
                self._marks -= len(forgotten)
        return Taken(passed=passed, remaining=remaining, frees_in=frees_in)


class SharedWindow:
    """The window of the whole installation, in Redis; a process's own one while Redis does not answer."""

    def __init__(self, *, address: str, patience: float) -> None:
        options: dict[str, Any] = {
            "socket_timeout": patience,
            "socket_connect_timeout": patience,
            "retry": Retry(NoBackoff(), 0),
            "health_check_interval": 0,
        }
        client = Redis.from_url(address, **options)
        self._pool, self._digest = client.connection_pool, client.register_script(_TAKE).sha
        self._lines = threading.local()
        self._own = OwnWindow()
        self._rests_until = float("-inf")

    def take(self, caller: str, *, limit: int, seconds: float) -> Taken:
        """Let the caller pass if it may. Costs at most twice `patience`, and that once in REST_SECONDS."""
        if time.monotonic() < self._rests_until:
            return self._own.take(caller, limit=limit, seconds=seconds)
        try:
            passed, remaining, frees_in = self._ask(caller, limit, seconds)
        except RedisError as error:
            self._rests_until = time.monotonic() + REST_SECONDS
            log.warning(
                "Redis does not answer; limits are counted per process until it does. Check that it runs",
                error=type(error).__name__,
            )
            return self._own.take(caller, limit=limit, seconds=seconds)
        if passed:  # so that a process that loses Redis next goes on from what it let through
            self._own.take(caller, limit=limit, seconds=seconds, counted=True)
        return Taken(passed=bool(passed), remaining=max(0, remaining), frees_in=frees_in / 1_000_000)

    def _ask(self, caller: str, limit: int, seconds: float) -> list[int]:
        arguments = (1, f"limit:{caller}", limit, round(seconds * 1_000_000))
        try:
            return self._said("EVALSHA", self._digest, *arguments)
        except NoScriptError:
            return self._said("EVAL", _TAKE, *arguments)
        except TookTooLong:
            raise
        except ConnectionLost:  # an idle connection that the server closed; a new one tells whether it is there
            return self._said("EVAL", _TAKE, *arguments)

    def _said(self, *command: str | int) -> list[int]:
        """Redis' answer on this thread's own connection: the client's way through its pool takes twice as long."""
        line = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = self._pool.make_connection()
        line.send_command(*command, check_health=False)
        found: list[int] = line.read_response()
        return found
