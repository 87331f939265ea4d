"""Chaining the committed history, and proving that it is as it was.

hash = SHA-256(previous hash ‖ header ‖ data hash): the header is the event's columns in canonical JSON, and the data
counts by its digest only, so that data can be erased lawfully without breaking the chain.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

from django.db import connection, transaction
from django.db.models import Max

from claims.models import Event, EventSeal
from claims.text import canonical_json, sha256

FIRST_PREVIOUS = "0" * 64
_LOCK = 5_841_190_023  # any number, the same in every process: one sealer at a time, or the chain forks
_CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Fault:
    """The first row of the history that is not what was sealed, and what is wrong with it."""

    seal_sequence: int | None
    event_id: int | None
    problem: str

    def __str__(self) -> str:
        names = [f"seal {self.seal_sequence}"] if self.seal_sequence is not None else []
        names += [f"event {self.event_id}"] if self.event_id is not None else []
        return f"{', '.join(names)}: {self.problem}"


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification saw. `head` is the last seal's (sequence, hash); write it down elsewhere to compare later."""

    sealed: int
    unsealed: int
    redacted: int
    head: tuple[int, str]
    fault: Fault | None


def seal_events(*, limit: int) -> int:
    """Chain up to `limit` committed events that have no seal yet, oldest id first. Gives how many were sealed.

    An event with a low id that was committed late is sealed when it is seen; the order of seals is the order of sight.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = EventSeal.objects.order_by("-seal_sequence").first()
        sequence, previous = (last.seal_sequence, last.hash) if last is not None else (0, FIRST_PREVIOUS)
        seals = []
        for event in Event.objects.filter(seal__isnull=True).order_by("pk")[:limit]:
            sequence += 1
            digest = chain_hash(previous=previous, event=event)
            seals.append(EventSeal(seal_sequence=sequence, event=event, previous_hash=previous, hash=digest))
            previous = digest
        EventSeal.objects.bulk_create(seals, batch_size=_CHUNK)
    return len(seals)


def chain_hash(*, previous: str, event: Event) -> str:
    """The hash that seals this event after the seal whose hash is `previous` (both 64 hexadecimal digits)."""
    return hashlib.sha256(bytes.fromhex(previous) + _header(event) + bytes.fromhex(event.data_hash)).hexdigest()


def verify(*, expected_head: tuple[int, str] | None = None) -> VerifyReport:
    """Recompute the whole chain and every digest. The report names the first bad row, if there is one.

    The chain alone cannot show that its newest end was cut off; `expected_head`, a (sequence, hash) noted before, does.
    """
    sequence, previous, redacted = 0, FIRST_PREVIOUS, 0
    fault: Fault | None = None
    for seal, event in _sealed():
        fault = _check_link(seal=seal, event=event, sequence=sequence + 1, previous=previous)
        if fault is None and expected_head is not None and expected_head[0] == seal.seal_sequence:
            fault = _check_head(seal, expected_hash=expected_head[1])
        if fault is not None:
            break
        assert event is not None
        redacted += event.data is None
        sequence, previous = seal.seal_sequence, seal.hash
    if fault is None and expected_head is not None and expected_head[0] > sequence:
        fault = Fault(expected_head[0], None, "the chain ended here before, and now ends earlier: its end was removed")
    unsealed = Event.objects.filter(seal__isnull=True)
    if fault is None:
        fault = next(filter(None, (_check_data(None, event) for event in unsealed.order_by("pk").iterator())), None)
    return VerifyReport(
        sealed=sequence, unsealed=unsealed.count(), redacted=redacted, head=(sequence, previous), fault=fault
    )


def _header(event: Event) -> bytes:
    return canonical_json(
        {
            "id": event.pk,
            "kind": event.kind,
            "subject_kind": event.subject_kind,
            "subject_id": event.subject_id,
            "claim_id": event.claim_id,
            "actor_id": event.actor_id,
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        }
    )


def _sealed() -> Iterator[tuple[EventSeal, Event | None]]:
    """Every seal up to now with its event, or None where the event is gone."""
    end = EventSeal.objects.aggregate(end=Max("seal_sequence"))["end"]
    after = None
    while end is not None:
        seals = EventSeal.objects.filter(seal_sequence__lte=end).order_by("seal_sequence")
        chunk = list((seals if after is None else seals.filter(seal_sequence__gt=after))[:_CHUNK])
        if not chunk:
            return
        events = Event.objects.in_bulk([seal.event_id for seal in chunk])
        for seal in chunk:
            yield seal, events.get(seal.event_id)
        after = chunk[-1].seal_sequence


def _check_link(*, seal: EventSeal, event: Event | None, sequence: int, previous: str) -> Fault | None:
    if seal.seal_sequence != sequence:
        return Fault(sequence, None, f"this seal is missing; the next one there is {seal.seal_sequence}")
    if seal.previous_hash != previous:
        return Fault(
            sequence, seal.event_id, "this seal does not follow the one before it: the chain was forked or cut"
        )
    if event is None:
        return Fault(sequence, seal.event_id, "the event was removed")
    if fault := _check_data(sequence, event):
        return fault
    if seal.hash != chain_hash(previous=previous, event=event):
        return Fault(sequence, event.pk, "the event's header, its digest, or the seal's hash was altered")
    return None


def _check_data(sequence: int | None, event: Event) -> Fault | None:
    if event.data is not None and event.data_hash != sha256(canonical_json(event.data)):
        return Fault(sequence, event.pk, "the event's data was altered")
    return None


def _check_head(seal: EventSeal, *, expected_hash: str) -> Fault | None:
    if seal.hash == expected_hash:
        return None
    return Fault(seal.seal_sequence, seal.event_id, "the chain is another one than when this seal's hash was noted")
