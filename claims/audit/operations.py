"""Writing the history: one fact, in the transaction that makes it true, and the outbox row that starts its work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models, transaction

from claims.audit.signals import event_recorded
from claims.choices import EventKind
from claims.models import Claim, Event, Outbox
from claims.text import canonical_json, sha256


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
    event = Event.objects.create(
        kind=kind,
        subject_kind=subject._meta.model_name or "",
        subject_id=subject.pk,
        claim_id=claim_id,
        actor=actor,
        at=at,
        data=payload,
        data_hash=sha256(canonical_json(payload)),
    )
    Outbox.objects.create(event=event, created_at=at)
    transaction.on_commit(_announce)
    return event


def _announce() -> None:
    event_recorded.send(sender=Event)
