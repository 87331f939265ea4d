"""Erasing what single events of the history say. Their headers and digests stay, so the chain stays whole."""

from collections.abc import Sequence

from claims.choices import EventKind
from claims.errors import Conflict, Invalid
from claims.models import Event
from claims.redaction.plan import Note, Plan, Step

REDACTIONS = (EventKind.PUBLICATION_REDACTED, EventKind.EVENT_REDACTED, EventKind.CAPTURE_REDACTED)


def events_plan(*, ids: Sequence[int]) -> Plan:
    """What erasing these events does. Raises Invalid for an unknown one, Conflict for the record of an erasure."""
    rows = list(Event.objects.filter(pk__in=ids).order_by("pk"))
    unknown = sorted(set(ids) - {event.pk for event in rows})
    if unknown:
        raise Invalid(f"There is no event {unknown[0]}.")
    if any(event.kind in REDACTIONS for event in rows):
        raise Conflict("The record of an erasure cannot be erased: it holds digests and the reason alone.")
    told = [event for event in rows if event.data is not None]
    return Plan(
        title=f"Events {', '.join(str(event.pk) for event in rows)}",
        steps=[
            Step("events", Event.objects.filter(pk__in=[event.pk for event in told]), {"data": None}),
        ],
        notes=[Note(EventKind.EVENT_REDACTED, event, {"event": event.pk, "digest": event.data_hash}) for event in told],
        stays=[
            f"{event.subject_kind} {event.subject_id}, which event {event.pk} ({event.kind}) tells of, is not changed."
            for event in told
        ],
    )
