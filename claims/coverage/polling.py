"""When a source is due, asking it once, and what its answer changes."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q

from claims.audit.operations import record
from claims.capture.documents import document_for, stored_address
from claims.choices import EventKind, Outcome, SourceKind, UrlOrigin
from claims.coverage.base import FoundArticle
from claims.coverage.registry import CONNECTORS
from claims.errors import Conflict, Invalid
from claims.http import Answer, NotMeasured, Refused, RetryLater, Web
from claims.models import Outlet, Source, SourcePoll
from claims.text import one_line, sha256

DAY = timedelta(hours=24)
# Failures add up and stretch the period in a straight line: kinder to sources with a long period than doubling.
HARD = 1.0
SOFT = 0.5
DNS = 0.25
# A due poll that was lost or died is made again after this long; until then its slot stands for it.
NEW_SLOT_AFTER = timedelta(hours=1)
_SOFT_STATUSES = frozenset({404, 408, 425, 429})


@dataclass(frozen=True, slots=True)
class Polled:
    """What one request to a source came to, with all that storing it needs. `articles` is None if not told."""

    source_id: int
    started_at: datetime
    outcome: Outcome
    http_status: int | None = None
    articles: tuple[FoundArticle, ...] | None = None
    note: str = ""
    conditional: bool = False
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    failure: float = 0.0  # 0 for an answer that could be used
    retry_after: float | None = None  # seconds
    gone: bool = False


def due_sources(*, at: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Active sources whose time has come, longest waiting first, each with the moment that names this turn.

    The moment stays the same from tick to tick, so that one turn makes one job; it moves on by the hour if the turn
    was never taken, so that a lost job does not silence a source.
    """
    due = (
        Source.objects.active()
        .filter(Q(next_poll_at__isnull=True) | Q(next_poll_at__lte=at))
        .order_by(F("next_poll_at").asc(nulls_first=True), "pk")
        .values_list("pk", "next_poll_at")[:limit]
    )
    return [(pk, _turn(planned, at)) for pk, planned in due]


def _turn(planned: datetime | None, at: datetime) -> datetime:
    start = planned or datetime(2000, 1, 1, tzinfo=UTC)
    return start + NEW_SLOT_AFTER * math.floor((at - start) / NEW_SLOT_AFTER)


def ask(*, source_id: int, web: Web, at: datetime) -> Polled:
    """Ask a source once, conditionally unless a full answer is due; nothing is written.

    Every failure comes back as an outcome, to be stored and shown. Only RetryLater from pacing is raised, because
    then nobody was asked.
    """
    source = Source.objects.get(pk=source_id)
    connector = CONNECTORS[source.kind]
    # Some sites repeat a validator although the feed has changed, hence one full answer a day.
    conditional = source.last_unconditional_at is not None and at - source.last_unconditional_at < DAY
    try:
        answer = web.get(
            source.url,
            accept=connector.accept,
            limit=connector.size_limit,
            etag=source.etag if conditional else "",
            last_modified=source.last_modified if conditional else "",
        )
    except RetryLater as error:
        if error.reason == "pace":
            raise
        weight = DNS if error.reason.startswith("dns") else SOFT
        return Polled(source_id, at, Outcome.RETRY_LATER, note=_note(error), failure=weight, retry_after=error.after)
    except Refused as error:
        return Polled(source_id, at, Outcome.REFUSED, note=_note(error), failure=HARD)
    except NotMeasured as error:
        return Polled(source_id, at, Outcome.NOT_MEASURED, note=_note(error), failure=SOFT)
    status = answer.status
    if status == 304 and conditional:
        note = "The site says that nothing has changed since the last poll (304)."
        return Polled(source_id, at, Outcome.NONE, status, note=note, conditional=True)
    if status == 410:
        note = "The site says that this feed is gone for good (410); it was switched off."
        return Polled(source_id, at, Outcome.REFUSED, status, note=note, failure=HARD, gone=True)
    if status != 200:
        return _unusable(source_id, at, status)
    digest = sha256(answer.body)
    etag, last_modified = answer.header("etag"), answer.header("last-modified")
    validators = {
        # Half a validator is none, and Postgres takes no NUL.
        "etag": etag if len(etag) <= 500 and "\x00" not in etag else "",
        "last_modified": last_modified if len(last_modified) <= 200 and "\x00" not in last_modified else "",
        "body_hash": digest,
        "conditional": conditional,
    }
    if digest == source.body_hash:
        note = "The feed is, byte for byte, the one of the last poll."
        return Polled(source_id, at, Outcome.NONE, status, note=note, **validators)  # type: ignore[arg-type]

    def follow(url: str) -> Answer:
        return web.get(url, accept=connector.accept, limit=connector.size_limit)

    listing = connector.listing(answer, follow)
    if listing.articles is None:
        return Polled(source_id, at, listing.outcome, status, note=one_line(listing.note, limit=300), failure=HARD)
    if not listing.alone:
        validators = {"conditional": conditional}
    return Polled(
        source_id,
        at,
        listing.outcome,
        status,
        articles=listing.articles,
        note=one_line(listing.note, limit=300),
        **validators,  # type: ignore[arg-type]
    )


def _unusable(source_id: int, at: datetime, status: int) -> Polled:
    note = f"The site answered {status}."
    if status >= 500 or status in _SOFT_STATUSES:
        return Polled(source_id, at, Outcome.RETRY_LATER, status, note=note, failure=SOFT)
    if status in {401, 402, 403, 451}:
        return Polled(source_id, at, Outcome.REFUSED, status, note=note, failure=HARD)
    return Polled(source_id, at, Outcome.NOT_MEASURED, status, note=note, failure=HARD)


def _note(error: Exception) -> str:
    return one_line(str(error), limit=300)


@transaction.atomic
def store_poll(*, polled: Polled, at: datetime) -> SourcePoll:
    """Write down a poll: its row, a document and an event per new article, and when the source is due again.

    Safe to run twice: a poll is known by its source and start, an article by its address. A poll that was overtaken
    by a later one is written down and changes nothing else about the source.
    """
    source = Source.objects.select_for_update().get(pk=polled.source_id)
    known = SourcePoll.objects.filter(source=source, started_at=polled.started_at).first()
    if known is not None:
        return known
    new = _store_articles(source, polled.articles or (), at)
    outcome = polled.outcome
    if polled.articles is not None:
        outcome = Outcome.FOUND if new else Outcome.NONE
    poll = SourcePoll.objects.create(
        source=source,
        started_at=polled.started_at,
        outcome=outcome,
        http_status=polled.http_status,
        entries=len(polled.articles) if polled.articles is not None else None,
        new_documents=new,
        note=polled.note,
    )
    if source.last_polled_at is None or source.last_polled_at < polled.started_at:
        _schedule(source, polled, at)
    return poll


def _store_articles(source: Source, articles: tuple[FoundArticle, ...], at: datetime) -> int:
    """How many of the articles led to a document that was not there before."""
    addresses: dict[str, FoundArticle] = {}
    for article in articles:
        try:
            addresses.setdefault(stored_address(article.url), article)
        except Invalid:
            continue  # an address that nobody could open
    new = 0
    # In one order, so that two polls that bring the same new articles wait for each other and cannot deadlock.
    for address in sorted(addresses):
        article = addresses[address]
        document, created = document_for(url=address, how=UrlOrigin.FEED, at=at, outlet=source.outlet)
        if not created:
            continue
        new += 1
        document.title = article.title
        document.published_at = believable(article.published_at, at)
        document.save(update_fields=["title", "published_at"])
        record(
            kind=EventKind.DOCUMENT_FOUND,
            subject=document,
            actor=None,
            at=at,
            data={"source_id": source.pk, "url": address},
        )
    return new


def believable(published_at: datetime | None, at: datetime) -> datetime | None:
    """A page's date, held to at most a day from now: feeds and pages lie about the future."""
    return min(published_at, at + DAY) if published_at is not None else None


def _schedule(source: Source, polled: Polled, at: datetime) -> None:
    period = timedelta(minutes=source.poll_minutes)
    source.last_polled_at = polled.started_at
    if polled.failure:
        source.failures += polled.failure
        wait = min(period * source.failures, DAY)
        if polled.retry_after is not None:
            wait = max(wait, min(timedelta(seconds=polled.retry_after), DAY))
        source.next_poll_at = at + max(wait, timedelta(minutes=1))
        source.health_note = polled.note
    else:
        source.failures = 0
        source.next_poll_at = at + period
        source.last_succeeded_at = polled.started_at
        source.health_note = polled.note if polled.articles is not None else ""
        if polled.body_hash:
            source.etag, source.last_modified = polled.etag, polled.last_modified
            source.body_hash = polled.body_hash
        if not polled.conditional:
            source.last_unconditional_at = polled.started_at
    if polled.gone:
        source.active = False
        record(
            kind=EventKind.SOURCE_SAVED,
            subject=source,
            actor=None,
            at=at,
            data={"active": False, "reason": polled.note},
        )
    source.save()


@transaction.atomic
def request_poll(*, source_id: int, actor: User, at: datetime) -> Source:
    """Ask for a source to be polled soon, whatever its schedule says. Raises Conflict if it is switched off."""
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
) -> Source:
    """Make a source (no id) or change one. A new address, or switching it on, makes it due now.

    Raises Invalid for a field that cannot be kept, Conflict if another source has this address.
    """
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
        source.etag = source.last_modified = source.body_hash = ""
        source.last_unconditional_at = None
    if moved or (active and not source.active) or source.next_poll_at is None:
        source.next_poll_at = at
        source.failures = 0
        source.health_note = ""
    source.name, source.kind, source.url = one_line(name, limit=200), kind, address
    source.poll_minutes, source.outlet, source.active = poll_minutes, outlet, active
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
        "outlet_id": source.outlet_id,
        "active": source.active,
    }
