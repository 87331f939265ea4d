"""When a source is due, asking it once, and what its answer changes."""

import math
import random
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from claims.audit.operations import record
from claims.capture.documents import document_for, stored_address
from claims.choices import EventKind, Outcome, UrlOrigin
from claims.coverage import schedule
from claims.coverage.base import Follow, FoundArticle
from claims.coverage.registry import CONNECTORS
from claims.coverage.schedule import DNS, HARD, SOFT, Lesson, Listed, Pace, Period, Rhythm
from claims.errors import Invalid
from claims.http import Answer, NotMeasured, Refused, RetryLater, Web
from claims.models import Source, SourcePoll
from claims.text import one_line, sha256

DAY = timedelta(hours=24)
# A due poll that was lost or died is made again after this long; until then its slot stands for it.
NEW_SLOT_AFTER = timedelta(hours=1)
LONGEST_POLL = 60.0  # seconds; what begins later is not asked for, so that a slow site does not outlast the job's lease
_SOFT_STATUSES = frozenset({404, 408, 425, 429})
_PERMANENT = frozenset({301, 308})


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
    throttled: bool = False
    gone: bool = False
    size: int | None = None  # bytes of the body as it came
    took: float | None = None  # seconds from the question to the answer's end, waiting for our turn included
    own_minutes: int | None = None  # how seldom the source asks to be read
    moved_to: str = ""  # where permanent redirects lead, and nothing else does
    url: str = ""  # the address that was asked


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
    start = time.monotonic()
    # Some sites repeat a validator although the feed has changed, hence one full answer a day.
    recent = source.last_unconditional_at is not None and at - source.last_unconditional_at < DAY
    conditional = recent and bool(source.etag or source.last_modified)
    try:
        answer = web.get(
            source.url,
            accept=CONNECTORS[source.kind].accept,
            limit=CONNECTORS[source.kind].size_limit,
            etag=source.etag if conditional else "",
            last_modified=source.last_modified if conditional else "",
        )
    except RetryLater as error:
        if error.reason == "pace":
            raise
        polled = Polled(
            source_id,
            at,
            Outcome.RETRY_LATER,
            note=_note(error),
            failure=DNS if error.reason.startswith("dns") else SOFT,
            retry_after=error.after,
            throttled=error.reason == "too_many_requests",
        )
    except Refused as error:
        polled = Polled(source_id, at, Outcome.REFUSED, note=_note(error), failure=HARD)
    except NotMeasured as error:
        polled = Polled(source_id, at, Outcome.NOT_MEASURED, note=_note(error), failure=SOFT)
    else:

        def follow(url: str) -> Answer:
            left = LONGEST_POLL - (time.monotonic() - start)
            if left <= 0:
                raise RetryLater("The poll took as long as it may; this is read another time.", reason="timeout")
            connector = CONNECTORS[source.kind]
            return web.get(url, accept=connector.accept, limit=connector.size_limit, waiting=left, under_way=True)

        polled = replace(_answered(source, answer, follow, at, conditional=conditional), size=len(answer.wire_body))
    return replace(polled, conditional=conditional, took=time.monotonic() - start, url=source.url)


def _answered(source: Source, answer: Answer, follow: Follow, at: datetime, *, conditional: bool) -> Polled:
    """What an answer says, whatever its status."""
    connector = CONNECTORS[source.kind]
    status = answer.status
    fresh = schedule.max_age_minutes(answer.header("cache-control"))
    permanent = all(hop.status in _PERMANENT for hop in answer.hops)
    moved_to = answer.url if answer.hops and permanent else ""
    if status == 304 and conditional:
        note = "The site says that nothing has changed since the last poll (304)."
        return Polled(source.pk, at, Outcome.NONE, status, note=note, own_minutes=fresh, moved_to=moved_to)
    if status == 410:
        note = "The site says that this feed is gone for good (410); it was switched off."
        return Polled(source.pk, at, Outcome.REFUSED, status, note=note, failure=HARD, gone=True)
    if status != 200:
        return _unusable(source.pk, at, status)
    digest = sha256(answer.body)
    etag, last_modified = answer.header("etag"), answer.header("last-modified")
    # Half a validator is none, and Postgres takes no NUL.
    unchanged = Polled(
        source.pk,
        at,
        Outcome.NONE,
        status,
        note="The feed is, byte for byte, the one of the last poll.",
        etag=etag if len(etag) <= 500 and "\x00" not in etag else "",
        last_modified=last_modified if len(last_modified) <= 200 and "\x00" not in last_modified else "",
        body_hash=digest,
        own_minutes=fresh,
        moved_to=moved_to,
    )
    if digest == source.body_hash:
        return unchanged

    listing = connector.listing(answer, follow)
    note = one_line(listing.note, limit=300)
    if listing.articles is None:
        return Polled(source.pk, at, listing.outcome, status, note=note, failure=HARD)
    polled = replace(
        unchanged,
        outcome=listing.outcome,
        articles=listing.articles,
        note=note,
        own_minutes=max(fresh or 0, listing.own_minutes or 0) or None,
    )
    return polled if listing.alone else replace(polled, etag="", last_modified="", body_hash="")


def _unusable(source_id: int, at: datetime, status: int) -> Polled:
    note = f"The site answered {status}."
    if status >= 500 or status in _SOFT_STATUSES:
        return Polled(source_id, at, Outcome.RETRY_LATER, status, note=note, failure=SOFT, throttled=status == 429)
    if status in {401, 402, 403, 451}:
        return Polled(source_id, at, Outcome.REFUSED, status, note=note, failure=HARD)
    return Polled(source_id, at, Outcome.NOT_MEASURED, status, note=note, failure=HARD)


def _note(error: Exception) -> str:
    return one_line(str(error), limit=300)


@transaction.atomic
def store_poll(*, polled: Polled, at: datetime) -> SourcePoll:
    """Write down a poll: its row, a document and an event per new article, and when the source is due again.

    Safe to run twice: a poll is known by its source and start, an article by its address. A poll that was overtaken
    by a later one, or by a new address, is written down and changes nothing else about the source.
    """
    source = Source.objects.select_for_update().get(pk=polled.source_id)
    known = SourcePoll.objects.filter(source=source, started_at=polled.started_at).first()
    if known is not None:
        return known
    addresses = _addresses(polled.articles or ())
    new = _store_articles(source, addresses, at)
    outcome = polled.outcome
    if polled.articles is not None:
        outcome = Outcome.FOUND if new else Outcome.NONE
    poll = SourcePoll(
        source=source,
        started_at=polled.started_at,
        outcome=outcome,
        http_status=polled.http_status,
        entries=len(polled.articles) if polled.articles is not None else None,
        new_documents=new,
        conditional=polled.conditional,
        size=polled.size,
        milliseconds=round(1000 * polled.took) if polled.took is not None else None,
        note=polled.note,
    )
    newest = source.last_polled_at is None or source.last_polled_at < polled.started_at
    if newest and polled.url in ("", source.url):
        lesson = _learn(source, polled, addresses)
        if lesson is not None:
            poll.new_entries, poll.lost_entries = lesson.new, lesson.lost
        _schedule(source, polled, at)
        poll.next_poll_at = source.next_poll_at if source.active else None
    poll.save(force_insert=True)
    return poll


def _addresses(articles: tuple[FoundArticle, ...]) -> dict[str, FoundArticle]:
    """The articles that can be opened, by the address under which they are known."""
    addresses: dict[str, FoundArticle] = {}
    for article in articles:
        try:
            addresses.setdefault(stored_address(article.url), article)
        except Invalid:
            continue  # an address that nobody could open
    return addresses


def _store_articles(source: Source, addresses: dict[str, FoundArticle], at: datetime) -> int:
    """How many of the articles led to a document that was not there before."""
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


def _learn(source: Source, polled: Polled, addresses: dict[str, FoundArticle]) -> Lesson | None:
    """What the list taught about the source's rhythm, put into its row; None without a list, or one of nothing."""
    rhythm = Rhythm.from_json(source.rhythm)
    if polled.articles is None:
        if rhythm is not None and not polled.failure:
            # An unchanged feed was not read, so of its own wishes only the header's can have grown.
            own = max(polled.own_minutes or 0, rhythm.own_minutes or 0) or None
            source.rhythm = replace(rhythm, own_minutes=own).to_json()
        return None
    lesson = schedule.learn(
        rhythm=rhythm,
        listed=[Listed(sha256(address.encode())[:16], article.published_at) for address, article in addresses.items()],
        at=polled.started_at,
        previous_at=source.last_succeeded_at,
        own_minutes=polled.own_minutes,
    )
    source.rhythm = lesson.rhythm.to_json()
    return lesson


def healthy_period(*, source: Source, at: datetime) -> Period:
    """How long a source that answers well is left alone, and what decided that."""
    pace = Pace(minutes=source.poll_minutes, fixed=source.fixed_period)
    return schedule.period(rhythm=Rhythm.from_json(source.rhythm), pace=pace, at=at)


def _schedule(source: Source, polled: Polled, at: datetime) -> None:
    period = healthy_period(source=source, at=polled.started_at).length
    source.last_polled_at = polled.started_at
    if polled.failure:
        source.failures += polled.failure
        source.next_poll_at = at + schedule.after_failure(
            healthy=period,
            failures=source.failures,
            retry_after=polled.retry_after,
            throttled=polled.throttled,
            chance=random.random(),  # noqa: S311 - spread, not secrecy
        )
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
        _follow_move(source, polled, at)
    if polled.gone:
        source.active = False
        data = {"active": False, "reason": polled.note}
        record(kind=EventKind.SOURCE_SAVED, subject=source, actor=None, at=at, data=data)
    source.save()


def _follow_move(source: Source, polled: Polled, at: datetime) -> None:
    """Takes over the address to which a source redirects for good, once that was seen often and long enough."""
    try:
        moved_to = stored_address(polled.moved_to) if polled.moved_to else ""
    except Invalid:
        moved_to = ""
    if not moved_to or moved_to == source.url:
        source.moved_to, source.moved_polls, source.moved_since = "", 0, None
        return
    if source.moved_to != moved_to or source.moved_since is None:
        source.moved_to, source.moved_polls, source.moved_since = moved_to, 1, polled.started_at
        return
    source.moved_polls = min(source.moved_polls + 1, 1000)
    if not schedule.moved_for_good(polls=source.moved_polls, since=source.moved_since, at=polled.started_at):
        return
    if Source.objects.filter(url=moved_to).exclude(pk=source.pk).exists():
        source.health_note = "It has moved for good to an address that another source has; switch one of them off."
        return
    data = {
        "before": {"url": source.url},
        "after": {"url": moved_to},
        "reason": f"The site has redirected there for good, {source.moved_polls} polls in a row.",
    }
    source.url = moved_to
    source.moved_to, source.moved_polls, source.moved_since = "", 0, None
    record(kind=EventKind.SOURCE_SAVED, subject=source, actor=None, at=at, data=data)
