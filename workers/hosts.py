"""Taking turns at a host: every process of the installation asks the same row, so the pace holds for all together.

A turn is taken in two statements and given back in a third. The first reserves the next free turn, in order, or says
how far away it is. The second, made when the turn has come, stamps it, and lets it pass only if nobody else is there
and the turn before ended a full pace ago. The third, made when the answer is there, starts that pace: counted from the
question, a slow connection before a quick one would bring two questions closer together than the host was promised.
While somebody is there, `last_at` lies in the future, where it is forgotten if that process dies.

A host that fails again and again is left alone for a while that doubles (its circuit is open), so that a dead one
costs neither us nor whoever runs it a request per page.
"""

import time
from collections.abc import Mapping
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from claims.http import Release, RetryLater, Web

LONGEST_TURN = 40.0  # seconds; more than any request may last, so that only a dead process overruns it
FAILURES_TO_OPEN = 5  # in a row
SHORTEST_OPEN, LONGEST_OPEN = 60.0, 3600.0  # seconds
_BUSY_PAUSE = 0.03  # seconds between two looks at a host where somebody is
LONGEST_CRAWL_DELAY = 60.0  # seconds; more is taken as this, or one host could stop a worker for a day

_ADD = """
INSERT INTO workers_host (scheme, host, port, failures) VALUES (%(scheme)s, %(host)s, %(port)s, 0)
ON CONFLICT (scheme, host, port) DO NOTHING
"""
_GAP = "greatest(coalesce(pace, %(pace)s), least(coalesce(crawl_delay, 0), %(longest)s))"
_OPEN = "greatest(next_at, retry_after_until, circuit_open_until)"  # greatest() passes over nulls
_RESERVE = f"""
UPDATE workers_host
   SET next_at = greatest({_OPEN}, clock_timestamp()) + make_interval(secs => {_GAP})
 WHERE scheme = %(scheme)s AND host = %(host)s AND port = %(port)s
   AND {_OPEN} <= clock_timestamp() + make_interval(secs => %(patience)s)
RETURNING extract(epoch FROM next_at - make_interval(secs => {_GAP}) - clock_timestamp())::float8
"""  # noqa: S608 - the parts are the constants above
_STAMP = f"""
UPDATE workers_host
   SET last_at = clock_timestamp() + make_interval(secs => %(longest_turn)s),
       next_at = greatest(next_at, clock_timestamp() + make_interval(secs => {_GAP}))
 WHERE scheme = %(scheme)s AND host = %(host)s AND port = %(port)s
   AND (last_at IS NULL OR last_at + make_interval(secs => {_GAP}) <= clock_timestamp())
   AND coalesce(greatest(retry_after_until, circuit_open_until) <= clock_timestamp(), true)
RETURNING last_at
"""  # noqa: S608 - the parts are the constants above
_RELEASE = f"""
UPDATE workers_host
   SET last_at = clock_timestamp(),
       next_at = greatest(next_at, clock_timestamp() + make_interval(secs => {_GAP})),
       failures = CASE WHEN %(ok)s IS NULL THEN failures WHEN %(ok)s THEN 0 ELSE failures + 1 END,
       circuit_open_until = CASE
           WHEN %(ok)s THEN NULL
           WHEN NOT %(ok)s AND failures + 1 >= %(to_open)s THEN clock_timestamp() + make_interval(
               secs => least(%(longest_open)s, %(shortest_open)s * power(2, least(failures + 1 - %(to_open)s, 20))))
           ELSE circuit_open_until END
 WHERE scheme = %(scheme)s AND host = %(host)s AND port = %(port)s AND last_at = %(stamped)s
"""  # noqa: S608 - the parts are the constants above
_HOW_LONG = f"""
SELECT extract(epoch FROM {_OPEN} - clock_timestamp())::float8,
       extract(epoch FROM last_at + make_interval(secs => {_GAP}) - clock_timestamp())::float8,
       last_at > clock_timestamp(),
       extract(epoch FROM greatest(retry_after_until, circuit_open_until) - clock_timestamp())::float8,
       coalesce(circuit_open_until > clock_timestamp(), false),
       failures
  FROM workers_host WHERE scheme = %(scheme)s AND host = %(host)s AND port = %(port)s
"""  # noqa: S608 - the parts are the constants above
_HOLD = """
UPDATE workers_host
   SET retry_after_until = greatest(retry_after_until, clock_timestamp() + make_interval(secs => %(seconds)s))
 WHERE scheme = %(scheme)s AND host = %(host)s AND port = %(port)s
"""
_DELAY = """
UPDATE workers_host SET crawl_delay = %(seconds)s WHERE scheme = %(scheme)s AND host = %(host)s AND port = %(port)s
"""


def take_turn(*, scheme: str, host: str, port: int) -> Release:
    """Return when it is this caller's turn at the host, alone and a full pace after anybody's last turn there ended.

    Sleeps while the turn is at most FETCH_PACE_PATIENCE seconds away. Else raises RetryLater with `after` in seconds:
    reason "pace", or "circuit" for a host that is left alone because it failed again and again. What comes back is to
    be called when the request is over, with whether the host did its part (None: it had no part in it).
    """
    where = _where(scheme=scheme, host=host, port=port)
    wait = _reserve(where)
    if wait is None:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, where)
        wait = _reserve(where)
    if wait is None:
        raise _too_far(where)
    ends = time.monotonic() + max(wait, 0.0) + where["patience"]
    while True:
        if wait > 0:
            time.sleep(wait)
        stamped = _row(_STAMP, where)
        if stamped is not None:
            return partial(_release, {**where, "stamped": stamped[0]})
        _, rest, busy, closed, _, _ = _row(_HOW_LONG, where) or (0.0, 0.0, False, None, False, 0)
        wait = max(_BUSY_PAUSE if busy else rest or 0.0, closed or 0.0, 0.01)
        if time.monotonic() + wait > ends:
            raise _too_far(where)


def _reserve(where: dict[str, Any]) -> float | None:
    row = _row(_RESERVE, where)
    return None if row is None else float(row[0])


def _too_far(where: dict[str, Any]) -> RetryLater:
    away, _, _, _, is_open, failures = _row(_HOW_LONG, where) or (0.0, 0.0, False, None, False, 0)
    after = max(away or 0.0, 1.0)
    if is_open:
        message = f"{where['host']} failed {failures} times in a row, so it is left alone for a while."
        return RetryLater(message, reason="circuit", after=after)
    return RetryLater(f"It is not our turn at {where['host']} yet.", reason="pace", after=after)


def _release(where: dict[str, Any], ok: bool | None) -> None:
    limits = {"to_open": FAILURES_TO_OPEN, "shortest_open": SHORTEST_OPEN, "longest_open": LONGEST_OPEN}
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, {**where, **limits, "ok": ok})


def hold(*, scheme: str, host: str, port: int, seconds: float) -> None:
    """Leave the host alone for so long, because it asked us to (Retry-After)."""
    _write(_HOLD, scheme=scheme, host=host, port=port, seconds=seconds)


def set_crawl_delay(*, scheme: str, host: str, port: int, seconds: float | None) -> None:
    """Keep the pace that the host's robots.txt asks for, where it is slower than ours; None takes it back."""
    _write(_DELAY, scheme=scheme, host=host, port=port, seconds=seconds)


@cache
def web() -> Web:
    """This process's web client, which takes turns with every other process of the installation."""
    return Web(pace=take_turn, hold=hold, crawl_delay=set_crawl_delay)


def service_pace(*, host: str, port: int) -> float | None:
    """Seconds between two turns at the host of a service that is searched for claims; None for any other host."""
    services: Mapping[str, Mapping[str, Any]] = settings.SEARCHES
    for service in services.values():
        named = urlsplit(service["url"]).netloc.lower().removeprefix("{language}.")
        if named in {host, f"{host}:{port}"} or host.endswith(f".{named}"):
            return float(service["pace"])
    return None


def _where(*, scheme: str, host: str, port: int) -> dict[str, Any]:
    own = service_pace(host=host, port=port)
    patience: float = settings.FETCH_PACE_PATIENCE
    return {
        "scheme": scheme,
        "host": host,
        "port": port,
        "pace": settings.FETCH_PACE_SECONDS if own is None else own,
        # A service's next turn is always worth the wait, or a search of two requests could never make its second.
        "patience": patience if own is None else max(patience, own),
        "longest": LONGEST_CRAWL_DELAY,
        "longest_turn": LONGEST_TURN,
    }


def _write(statement: str, *, scheme: str, host: str, port: int, seconds: float | None) -> None:
    where = _where(scheme=scheme, host=host, port=port)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, where)
        cursor.execute(statement, {**where, "seconds": seconds})


def _row(statement: str, where: dict[str, Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, where)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row
