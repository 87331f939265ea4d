"""Whom a correction reaches: the version that each consumer holds, who is behind, and what it acknowledged.

A consumer holds version v of a claim if it acknowledged v, a webhook with v was received, v was served to its key, or
it asked the change feed for what comes after v's number. Who never had any version is owed nothing and not counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from claims.errors import Invalid
from claims.models import Consumer, Publication, PublicHead
from claims.webhook_choices import HeldBy

SHOWN = 20  # of those who are behind

# For each active consumer that holds any version of the claim: which, and how we know. {claim} is an id or a column.
_HOLDERS = """
SELECT c.id, c.name, c.contact, h.acknowledged_version, h.acknowledged_at,
       greatest(h.version, feed.version) AS version,
       CASE WHEN feed.version > coalesce(h.version, 0) THEN 'feed' ELSE h.how END AS how,
       CASE WHEN feed.version > coalesce(h.version, 0) THEN f.at ELSE h.at END AS at
  FROM claims_consumer c
  LEFT JOIN claims_holding h ON h.consumer_id = c.id AND h.claim_id = {claim}
  LEFT JOIN claims_feedposition f ON f.consumer_id = c.id
  LEFT JOIN LATERAL (
      SELECT max(p.version) AS version FROM claims_publication p WHERE p.claim_id = {claim} AND p.sequence <= f.after
  ) feed ON true
 WHERE c.active AND (h.version IS NOT NULL OR feed.version IS NOT NULL)
"""
_REACH = """
SELECT jsonb_build_object(
    'newest', max(newest.version),
    'total', count(held.id),
    'more_behind', greatest(count(held.id) FILTER (WHERE held.version < newest.version) - {last} - 1, 0),
    'current', count(held.id) FILTER (WHERE held.version >= newest.version),
    'acknowledged', count(held.id) FILTER (WHERE held.acknowledged_version >= newest.version),
    'behind', jsonb_path_query_array(coalesce(jsonb_agg(jsonb_build_object(
            'name', held.name, 'contact', held.contact, 'version', held.version, 'how', held.how, 'at', held.at,
            'told', EXISTS (SELECT FROM claims_webhook w WHERE w.consumer_id = held.id AND w.off = ''
                               AND w.removed_at IS NULL)
        ) ORDER BY held.version, held.name) FILTER (WHERE held.version < newest.version), '[]'), '$[0 to {last}]'),
    'lost', (SELECT sum(rows) FROM claims_reachloss WHERE day > current_date - 30))
  FROM (SELECT p.version FROM claims_publichead ph JOIN claims_publication p ON p.id = ph.publication_id
         WHERE ph.claim_id = {claim}) AS newest
  LEFT JOIN ({holders}) AS held ON true
"""
_BEHIND = "SELECT id, version FROM ({holders}) AS held WHERE version < %(version)s"
_HOLD = """
INSERT INTO claims_holding (consumer_id, claim_id, version, how, at, acknowledged_version, acknowledged_at)
VALUES (%(consumer)s, %(claim)s, %(version)s, %(how)s, %(at)s, %(acknowledged)s, %(acknowledged_at)s)
ON CONFLICT (claim_id, consumer_id) DO UPDATE SET
    how = CASE WHEN excluded.version > claims_holding.version OR excluded.acknowledged_version IS NOT NULL
               THEN excluded.how ELSE claims_holding.how END,
    at = CASE WHEN excluded.version > claims_holding.version THEN excluded.at ELSE claims_holding.at END,
    version = greatest(claims_holding.version, excluded.version),
    acknowledged_version = greatest(claims_holding.acknowledged_version, excluded.acknowledged_version),
    acknowledged_at = CASE WHEN excluded.acknowledged_version > coalesce(claims_holding.acknowledged_version, 0)
                           THEN excluded.acknowledged_at ELSE claims_holding.acknowledged_at END
"""


@dataclass(frozen=True, slots=True)
class Held:
    """What one consumer holds of a claim. `version` None: nothing that we know of."""

    current: int
    version: int | None
    how: str | None
    at: datetime | None
    acknowledged_version: int | None
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """A consumer that has a version of a claim, and how to reach it."""

    name: str
    contact: str
    version: int


def reach_sql(claim: str) -> str:
    """A scalar query: the reach of the claim that the expression names, as JSON; null where nothing was published.

    `{newest, total, current, acknowledged, behind: [{name, contact, version, how, at, told}], more_behind, lost}`;
    `behind` has at most SHOWN, the furthest behind first.
    """
    return _REACH.format(claim=claim, holders=_HOLDERS.format(claim=claim), last=SHOWN - 1)


def behind(*, claim_id: int, version: int) -> Mapping[int, int]:
    """By consumer the version that it holds, for those who hold an older one than this."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BEHIND.format(holders=_HOLDERS.format(claim="%(claim)s")), {"claim": claim_id, "version": version}
        )
        return dict(cursor.fetchall())


def holders(*, claim_id: int) -> list[Holder]:
    """Every active consumer that holds any version of the claim, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name, contact, version FROM ({_HOLDERS.format(claim='%(claim)s')}) AS held ORDER BY name",  # noqa: S608 - of constants
            {"claim": claim_id},
        )
        return [Holder(*row) for row in cursor.fetchall()]


def received(*, consumer_id: int, publication: Publication, at: datetime) -> None:
    """A message with this publication arrived. Belongs into the caller's transaction."""
    _hold(consumer_id, publication.claim_id, publication.version, HeldBy.DELIVERED, at)


@transaction.atomic
def acknowledge(*, consumer: Consumer, public_id: str, version: int, at: datetime) -> Held:
    """The consumer says that it holds this version. Raises PublicHead.DoesNotExist, or Invalid for a version that was
    never published."""
    head = PublicHead.objects.get(public_id=public_id)
    if not Publication.objects.filter(claim=head.claim_id, version=version).exists():
        raise Invalid("There is no such version.", fields={"version": ["Not published."]})
    _hold(consumer.pk, head.claim_id, version, HeldBy.ACKNOWLEDGED, at, acknowledged=True)
    return held_by(consumer=consumer, public_id=public_id)


def held_by(*, consumer: Consumer, public_id: str) -> Held:
    """What the consumer holds of the claim, as far as we know. Raises PublicHead.DoesNotExist."""
    head = (
        PublicHead.objects.select_related("publication")
        .only("claim_id", "publication__version")
        .get(public_id=public_id)
    )
    columns = "version, how, at, acknowledged_version, acknowledged_at"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM ({_HOLDERS.format(claim='%(claim)s')}) AS held WHERE id = %(consumer)s",  # noqa: S608 - of constants
            {"claim": head.claim_id, "consumer": consumer.pk},
        )
        row: tuple[Any, ...] | None = cursor.fetchone()
    return Held(head.publication.version, *(row or (None,) * 5))


def _hold(
    consumer_id: int, claim_id: int, version: int, how: HeldBy, at: datetime, *, acknowledged: bool = False
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _HOLD,
            {
                "consumer": consumer_id,
                "claim": claim_id,
                "version": version,
                "how": how.value,
                "at": at,
                "acknowledged": version if acknowledged else None,
                "acknowledged_at": at if acknowledged else None,
            },
        )
