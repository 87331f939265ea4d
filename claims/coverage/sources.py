"""Which sources are polled, and what people decide about them."""

from datetime import datetime
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import transaction

from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.capture.documents import stored_address
from claims.choices import EventKind, SourceKind
from claims.errors import Conflict, Invalid
from claims.models import Outlet, Source
from claims.text import one_line


@transaction.atomic
def request_poll(*, source_id: int, actor: User, at: datetime) -> Source:
    """Ask for a source to be polled soon, whatever its schedule says. Raises NotAllowed, or Conflict if it is off."""
    require(actor, Operation.CONFIGURE)
    source = Source.objects.select_for_update().get(pk=source_id)
    if not source.active:
        raise Conflict("This source is switched off. Switch it on first, then poll it.")
    record(kind=EventKind.SOURCE_POLL_REQUESTED, subject=source, actor=actor, at=at)
    return source


@transaction.atomic
def save_source(
    *,
    source_id: int | None,
    name: str,
    url: str,
    poll_minutes: int,
    outlet: Outlet | None,
    active: bool,
    actor: User | None,
    at: datetime,
    kind: SourceKind = SourceKind.RSS,
    fixed_period: bool = False,
) -> Source:
    """Make a source (no id) or change one. A new address or pace, or switching it on, makes it due now.

    `poll_minutes` is always its period if that is fixed, else the one that it starts with until more is learned.
    `actor` is None for the seeds. Raises NotAllowed, Invalid for a field that cannot be kept, Conflict if another
    source has this address.
    """
    if actor is not None:
        require(actor, Operation.CONFIGURE)
    address = _checked(name=name, url=url, poll_minutes=poll_minutes)
    others = Source.objects.filter(url=address)
    if source_id is not None:
        others = others.exclude(pk=source_id)
    if others.exists():
        raise Conflict("Another source has this address already; edit that one.", fields={"url": ["In use already."]})
    source = Source.objects.select_for_update().get(pk=source_id) if source_id is not None else Source()
    before = _settings(source) if source_id is not None else None
    moved = source.url != address or source.kind != kind
    if moved:
        source.etag = source.last_modified = source.body_hash = source.moved_to = ""
        source.last_unconditional_at = source.moved_since = None
        source.moved_polls = 0
        source.rhythm = {}
    paced = (source.poll_minutes, source.fixed_period) != (poll_minutes, fixed_period)
    if moved or paced or (active and not source.active) or source.next_poll_at is None:
        source.next_poll_at = at
        source.failures = 0
        source.health_note = ""
    source.name, source.kind, source.url = one_line(name, limit=200), kind, address
    source.poll_minutes, source.fixed_period = poll_minutes, fixed_period
    source.outlet, source.active = outlet, active
    after = _settings(source)
    if before == after:
        return source
    source.save()
    record(kind=EventKind.SOURCE_SAVED, subject=source, actor=actor, at=at, data={"before": before, "after": after})
    return source


def _checked(*, name: str, url: str, poll_minutes: int) -> str:
    fields: dict[str, list[str]] = {}
    if not one_line(name, limit=200):
        fields["name"] = ["Give the source a name."]
    if not 1 <= poll_minutes <= 43_200:
        fields["poll_minutes"] = ["Give a number of minutes from 1 to 43,200 (30 days)."]
    address = ""
    try:
        address = stored_address(url)
    except Invalid as error:
        fields.update(error.fields)
    if fields:
        raise Invalid("The source was not saved: see the fields named here.", fields=fields)
    return address


def _settings(source: Source) -> dict[str, object]:
    return {
        "name": source.name,
        "kind": str(source.kind),
        "url": source.url,
        "host": urlsplit(source.url).netloc,
        "poll_minutes": source.poll_minutes,
        "fixed_period": source.fixed_period,
        "outlet_id": source.outlet_id,
        "active": source.active,
    }
