"""When keys were used and how often: gathered in the process and written down a little later, off the request's way.

At most KEY_USE_SECONDS of counts are lost with a process that is killed.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.conf import settings
from django.db import Error, connection, transaction

from claims.models import KeyUse

log = structlog.get_logger(__name__)

_ADD = """
INSERT INTO claims_keyuse (key_id, day, requests, refused)
SELECT id, %(day)s, %(requests)s, %(refused)s FROM claims_apikey WHERE id = %(key)s
ON CONFLICT (key_id, day) DO UPDATE
SET requests = claims_keyuse.requests + excluded.requests, refused = claims_keyuse.refused + excluded.refused
"""
_SEEN = "UPDATE claims_apikey SET last_used_at = greatest(last_used_at, %(at)s) WHERE id = %(key)s"


@dataclass(slots=True)
class _Count:
    requests: int = 0
    refused: int = 0
    last_at: datetime | None = None


_counts: dict[tuple[int, date], _Count] = {}
_lock = threading.Lock()
_timer: threading.Timer | None = None


def note(*, key_id: int, at: datetime, refused: bool = False) -> None:
    """Count one request with the key; `refused` where its limit was used up. Touches no database."""
    global _timer  # noqa: PLW0603 - one buffer per process, guarded by the lock
    with _lock:
        count = _counts.setdefault((key_id, at.date()), _Count())
        count.requests += 1
        count.refused += refused
        count.last_at = at
        if _timer is None:
            _timer = threading.Timer(settings.KEY_USE_SECONDS, _in_background)
            _timer.daemon = True
            _timer.start()


def flush() -> None:
    """Write down what was gathered. Raises django.db.Error while the database is away; then nothing is lost."""
    with _lock:
        gathered = dict(sorted(_counts.items()))  # in one order, so that two processes never wait for each other
        _counts.clear()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for (key_id, day), count in gathered.items():
                values: dict[str, int | date] = {
                    "key": key_id,
                    "day": day,
                    "requests": count.requests,
                    "refused": count.refused,
                }
                cursor.execute(_ADD, values)
                cursor.execute(_SEEN, {"key": key_id, "at": count.last_at})
    except Error:
        with _lock:
            for place, count in gathered.items():
                newer = _counts.setdefault(place, _Count(last_at=count.last_at))
                newer.requests += count.requests
                newer.refused += count.refused
        raise


def by_day(*, key_id: int, days: int) -> Sequence[KeyUse]:
    """How the key was used on its last days, the newest first; what is still gathered is not in it."""
    return list(KeyUse.objects.filter(key_id=key_id).order_by("-day")[:days])


def _in_background() -> None:
    global _timer  # noqa: PLW0603 - likewise
    with _lock:
        _timer = None
    try:
        flush()
    except Error as error:
        log.warning("the use of keys could not be written down; it is tried again", error=type(error).__name__)
    finally:
        connection.close()
