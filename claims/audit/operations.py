"""Writing the history: one fact, in the transaction that makes it true, and the outbox row that starts its work."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models, transaction

from claims.audit.signals import event_recorded
from claims.choices import EventKind
from claims.models import Claim, Event
from claims.text import canonical_json, sha256

_INSERT = """
WITH fact AS (
    INSERT INTO claims_event (kind, subject_kind, subject_id, claim_id, actor_id, at, data, data_hash)
    VALUES (%(kind)s, %(subject_kind)s, %(subject_id)s, %(claim)s, %(actor)s, %(at)s, %(data)s, %(data_hash)s)
    RETURNING id, at
)
INSERT INTO claims_outbox (event_id, created_at) SELECT id, at FROM fact RETURNING event_id
"""


def record(
    *, kind: EventKind, subject: models.Model, actor: User | None, at: datetime, data: Mapping[str, Any] | None = None
) -> Event:
    """Append one fact to the history and to the outbox, in the caller's transaction.

    `data` is JSON; instants and dates in it must be ISO strings already. The event belongs to the timeline of the
    claim that the subject is, or points to. Takes no lock, so it cannot deadlock; a sealing job chains it later.
    Raises RuntimeError outside a transaction: a fact without its effect would be a lie.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("record() belongs inside the transaction that makes the fact true.")
    payload = dict(data or {})
    claim_id = subject.pk if isinstance(subject, Claim) else getattr(subject, "claim_id", None)
    event = Event(
        kind=kind,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        claim_id=claim_id,
        actor=actor,
        at=at,
        data=payload,
        data_hash=sha256(canonical_json(payload)),
    )
    event.pk = _insert(event)
    event._state.adding = False  # noqa: SLF001 - what save() would set; the row is there
    event._state.db = connection.alias  # noqa: SLF001 - likewise
    transaction.on_commit(_announce)
    return event


def _insert(event: Event) -> int:
    """The event and its outbox row in one statement: every write of the service comes through here."""
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "kind": str(event.kind),
                "subject_kind": event.subject_kind,
                "subject_id": event.subject_id,
                "claim": event.claim_id,
                "actor": event.actor_id,
                "at": event.at,
                "data": json.dumps(event.data),
                "data_hash": event.data_hash,
            },
        )
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def _announce() -> None:
    event_recorded.send(sender=Event)
