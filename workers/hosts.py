"""Taking turns at a host: every process of the installation asks the same row, so the pace holds for all together.

A turn is taken in two statements. The first reserves the next free turn, in order, or says how far away it is. The
second, made when the turn has come, stamps it, and lets it pass only if the turn before really was a full pace ago:
a worker that overslept its reserved turn may not crowd the next one.
"""

import time
from functools import cache

from django.conf import settings
from django.db import connection

from claims.http import RetryLater, Web

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
   SET last_at = clock_timestamp(),
       next_at = greatest(next_at, clock_timestamp() + make_interval(secs => {_GAP}))
 WHERE scheme = %(scheme)s AND host = %(host)s AND port = %(port)s
   AND (last_at IS NULL OR last_at + make_interval(secs => {_GAP}) <= clock_timestamp())
RETURNING true
"""  # noqa: S608 - the parts are the constants above
_HOW_LONG = f"""
SELECT extract(epoch FROM {_OPEN} - clock_timestamp())::float8,
       extract(epoch FROM last_at + make_interval(secs => {_GAP}) - clock_timestamp())::float8
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


def take_turn(*, scheme: str, host: str, port: int) -> None:
    """Return when it is this caller's turn at the host: a full pace after anybody's last turn there.

    Sleeps while the turn is at most FETCH_PACE_PATIENCE seconds away. Else raises RetryLater (reason "pace", `after` in
    seconds), having reserved nothing.
    """
    where = _where(scheme=scheme, host=host, port=port)
    wait = _one(_RESERVE, where)
    if wait is None:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, where)
        wait = _one(_RESERVE, where)
    if wait is None:
        away = _one(_HOW_LONG, where) or 0.0
        raise RetryLater(f"It is not our turn at {host} yet.", reason="pace", after=max(away, 1.0))
    while True:
        if wait > 0:
            time.sleep(wait)
        if _one(_STAMP, where) is not None:
            return
        wait = max(_one(_HOW_LONG, where, column=1) or 0.0, 0.01)


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


def _where(*, scheme: str, host: str, port: int) -> dict[str, str | float | None]:
    return {
        "scheme": scheme,
        "host": host,
        "port": port,
        "pace": settings.FETCH_PACE_SECONDS,
        "patience": settings.FETCH_PACE_PATIENCE,
        "longest": LONGEST_CRAWL_DELAY,
    }


def _write(statement: str, *, scheme: str, host: str, port: int, seconds: float | None) -> None:
    where = _where(scheme=scheme, host=host, port=port)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, where)
        cursor.execute(statement, {**where, "seconds": seconds})


def _one(statement: str, where: dict[str, str | float | None], *, column: int = 0) -> float | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, where)
        row = cursor.fetchone()
    return None if row is None else row[column]
