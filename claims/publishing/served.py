"""What was served to whom: gathered in the process and written down a few seconds later, off the reader's way.

At most REACH_FLUSH_SECONDS of it are lost with a process that ends, and what finds the buffer full is counted as lost.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import Error, connection, transaction

from claims.webhook_choices import HeldBy

log = structlog.get_logger(__name__)

MOST_GATHERED = 20_000  # entries of one process

# Only what is news is written: a version that a consumer is known to hold costs a look at the index and no more.
_HELD = """
INSERT INTO claims_holding (consumer_id, claim_id, version, how, at)
SELECT s.consumer, h.claim_id, s.version, %(how)s, s.at
  FROM unnest(%(consumers)s::bigint[], %(claims)s::text[], %(versions)s::int[], %(ats)s::timestamptz[])
       AS s (consumer, public_id, version, at)
  JOIN claims_publichead h ON h.public_id = s.public_id
  JOIN claims_consumer c ON c.id = s.consumer
ON CONFLICT (claim_id, consumer_id) DO UPDATE SET version = excluded.version, how = excluded.how, at = excluded.at
 WHERE claims_holding.version < excluded.version
"""
_FOLLOWED = """
INSERT INTO claims_feedposition (consumer_id, after, at)
SELECT s.consumer, s.after, s.at
  FROM unnest(%(consumers)s::bigint[], %(afters)s::bigint[], %(ats)s::timestamptz[]) AS s (consumer, after, at)
  JOIN claims_consumer c ON c.id = s.consumer
ON CONFLICT (consumer_id) DO UPDATE SET after = excluded.after, at = excluded.at
 WHERE claims_feedposition.after < excluded.after
"""
_LOST = """
INSERT INTO claims_reachloss (day, rows) VALUES (%(day)s, %(rows)s)
ON CONFLICT (day) DO UPDATE SET rows = claims_reachloss.rows + excluded.rows
"""


@dataclass(slots=True)
class _Gathered:
    """By consumer and claim the newest version that was served, by consumer the furthest place in the feed."""

    held: dict[tuple[int, str], tuple[int, datetime]] = field(default_factory=dict)
    followed: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    lost: int = 0

    @property
    def size(self) -> int:
        return len(self.held) + len(self.followed)


_gathered = _Gathered()
_lock = threading.Lock()
_timer: threading.Timer | None = None


def note_version(*, consumer_id: int, public_id: str, version: int, at: datetime) -> None:
    """A consumer was given a version of a claim. Touches no database."""
    with _lock:
        place = (consumer_id, public_id)
        known = _gathered.held.get(place)
        if known is None and _gathered.size >= MOST_GATHERED:
            _gathered.lost += 1
        elif known is None or known[0] < version:
            _gathered.held[place] = (version, at)
        _start()


def note_feed(*, consumer_id: int, after: int, at: datetime) -> None:
    """A consumer asked for what comes after a number of the feed, so it has what is below. Touches no database."""
    with _lock:
        known = _gathered.followed.get(consumer_id)
        if known is None and _gathered.size >= MOST_GATHERED:
            _gathered.lost += 1
        elif known is None or known[0] < after:
            _gathered.followed[consumer_id] = (after, at)
        _start()


def flush() -> None:
    """Write down what was gathered. Raises django.db.Error while the database is away; then nothing is lost."""
    global _gathered
    with _lock:
        taken, _gathered = _gathered, _Gathered()
    try:
        with transaction.atomic():
            _write(taken)
    except Error:
        _put_back(taken)
        raise


def _write(taken: _Gathered) -> None:
    # In one order, so that two processes never wait for each other.
    held, followed = sorted(taken.held.items()), sorted(taken.followed.items())
    with connection.cursor() as cursor:
        if held:
            values: dict[str, Any] = {
                "how": HeldBy.READ.value,
                "consumers": [place[0] for place, _ in held],
                "claims": [place[1] for place, _ in held],
                "versions": [version for _, (version, _) in held],
                "ats": [at for _, (_, at) in held],
            }
            cursor.execute(_HELD, values)
        if followed:
            values = {
                "consumers": [consumer for consumer, _ in followed],
                "afters": [after for _, (after, _) in followed],
                "ats": [at for _, (_, at) in followed],
            }
            cursor.execute(_FOLLOWED, values)
        if taken.lost:
            log.warning("served rows were not remembered, the buffer was full; who holds what is known less well")
            newest = max([at for _, (_, at) in held] + [at for _, (_, at) in followed])
            cursor.execute(_LOST, {"day": newest.date(), "rows": taken.lost})


def _put_back(taken: _Gathered) -> None:
    for (consumer_id, public_id), (version, at) in taken.held.items():
        note_version(consumer_id=consumer_id, public_id=public_id, version=version, at=at)
    for consumer_id, (after, at) in taken.followed.items():
        note_feed(consumer_id=consumer_id, after=after, at=at)
    with _lock:
        _gathered.lost += taken.lost


def _start() -> None:
    """The caller holds the lock."""
    global _timer  # noqa: PLW0603 - likewise
    if _timer is None:
        _timer = threading.Timer(settings.REACH_FLUSH_SECONDS, _in_background)
        _timer.daemon = True
        _timer.start()


def _in_background() -> None:
    global _timer  # noqa: PLW0603 - likewise
    with _lock:
        _timer = None
    try:
        flush()
    except Error as error:
        log.warning("what was served could not be written down; it is tried again", error=type(error).__name__)
    finally:
        connection.close()
