"""Asking one service about one claim, and what its answer changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from urllib.parse import urlencode

from django.db import transaction

from claims.access.locking import lock_claim
from claims.audit.operations import record
from claims.capture.documents import document_for, stored_address
from claims.choices import EventKind, Outcome, UrlOrigin
from claims.coverage.base import ConnectorSettings, Found, FoundArticle, FoundReview, Window
from claims.coverage.budget import give_back, note_answer, setup_of, silent, spend
from claims.coverage.polling import believable
from claims.coverage.query_lines import parse
from claims.coverage.registry import SEARCHES
from claims.coverage.reviews import Likeness, store_reviews
from claims.coverage.search_schedule import schedule_next
from claims.errors import Invalid
from claims.http import Answer, NotMeasured, Refused, RetryLater, Web
from claims.models import Claim, ClaimSearch, SearchTurn
from claims.text import one_line

MOST_REQUESTS = 10  # for one search of one claim
MOST_SECONDS = 200.0  # after which no further request is begun
MOST_NEW = 100  # documents from one search; more would be the query's fault, and every one of them is fetched
ANSWER_LIMIT = 5_000_000
FIRST_REACH = timedelta(days=30)
LONGEST_REACH = timedelta(days=365)
OVERLAP = timedelta(days=3)  # services index late
# A failure weighs more than "nothing", and the one that lasts longest more than one that passes.
_WORST = (Outcome.REFUSED, Outcome.RETRY_LATER, Outcome.NOT_MEASURED)

LinesOf = Callable[[Claim], list[str]]  # the lines to search a claim by, built where nobody wrote any


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to. `requests` is how many were made; with none, nobody was asked and `note` says why."""

    claim_id: int
    connector: str
    lines: tuple[str, ...]
    started_at: datetime
    outcome: Outcome
    count: int | None
    requests: int
    articles: tuple[FoundArticle, ...] = ()
    reviews: tuple[FoundReview, ...] = ()
    note: str = ""
    after: float | None = None  # seconds
    throttled: bool = False


def search_turn(*, turn_id: int, lines_of: LinesOf, web: Web, at: datetime) -> Searched | None:
    """Ask the service whose turn it is about its claim; nothing is stored. None where the turn is no longer wanted.

    Every failure comes back as an outcome. Only RetryLater from pacing is raised, if nobody was asked before it.
    """
    turn = SearchTurn.objects.wanted().select_related("claim__query").filter(pk=turn_id).first()
    if turn is None:
        return None
    lines = lines_of(turn.claim)
    return search(claim=turn.claim, connector=turn.connector, lines=lines, web=web, at=at)


def search(
    *,
    claim: Claim,
    connector: str,
    lines: Sequence[str],
    web: Web,
    at: datetime,
    most_requests: int = MOST_REQUESTS,
    most_seconds: float = MOST_SECONDS,
) -> Searched:
    """Ask one service by each of the lines, within today's budget and the service's pace. Stores nothing."""
    known = SEARCHES.get(connector)
    setup = setup_of(connector) if known is not None else ConnectorSettings(url="", daily_requests=0)
    why_not = silent(connector) if known is not None else "This release knows no such service."
    asker = _Asker(name=connector, setup=setup, web=web, most=most_requests, seconds=most_seconds)
    found: list[Found] = []
    if known is None or why_not:
        found.append(Found(Outcome.NOT_MEASURED, note=why_not, after=timedelta(days=1).total_seconds()))
    elif not lines:
        note = "The claim has no word that could be searched for."
        found.append(Found(Outcome.NOT_MEASURED, note=note, after=timedelta(days=1).total_seconds()))
    else:
        window = _window(claim, connector, lines, at)
        for line in lines:
            try:
                query = parse(line, language=claim.language)
                found.append(known.search(query, window, setup=setup, ask=asker))
            except RetryLater as error:
                if error.reason == "pace" and asker.requests == 0:
                    raise
                throttled = error.reason == "too_many_requests"
                found.append(Found(Outcome.RETRY_LATER, note=str(error), after=error.after, throttled=throttled))
            except Refused as error:
                found.append(Found(Outcome.REFUSED, note=str(error)))
            except NotMeasured as error:
                found.append(Found(Outcome.NOT_MEASURED, note=str(error)))
            if found[-1].throttled or found[-1].outcome in {Outcome.RETRY_LATER, Outcome.REFUSED}:
                break  # the next line would fare no better
    return _together(found, claim=claim, connector=connector, lines=lines, requests=asker.requests, at=at, setup=setup)


@dataclass(slots=True)
class _Asker:
    """One search's way to its service: a request costs budget and waits for its turn."""

    name: str
    setup: ConnectorSettings
    web: Web
    most: int
    seconds: float
    requests: int = 0
    _spent: float = field(default=0.0)

    def __call__(self, url: str, *, params: Mapping[str, str], credentials: Mapping[str, str] | None = None) -> Answer:
        if self.requests >= self.most or self._spent >= self.seconds:
            raise RetryLater("One search asks no more often than this.", reason="limit")
        spend(self.name)
        began = monotonic()
        try:
            answer = self.web.get(
                f"{url}?{urlencode(params)}",
                accept="application/json",
                limit=ANSWER_LIMIT,
                # An interface made for programs; what its robots.txt says is meant for those that read pages.
                obey_robots=False,
                credentials=credentials,
            )
        except RetryLater as error:
            if error.reason in {"pace", "circuit"}:  # nobody was asked
                give_back(self.name)
                raise
            self.requests += 1
            raise
        except (Refused, NotMeasured):
            self.requests += 1
            raise
        finally:
            self._spent += monotonic() - began
        self.requests += 1
        return answer


def _window(claim: Claim, connector: str, lines: Sequence[str], at: datetime) -> Window:
    """From the last search that these lines were measured by, with an overlap; else from before the claim was made."""
    measured = ClaimSearch.objects.filter(
        claim=claim, connector=connector, query="\n".join(lines), outcome__in=[Outcome.FOUND, Outcome.NONE]
    )
    last = measured.order_by("-started_at").values_list("started_at", flat=True).first()
    since = last - OVERLAP if last is not None else claim.created_at - FIRST_REACH
    if last is None and claim.claimed_on is not None:
        since = min(since, datetime.combine(claim.claimed_on, time(), UTC) - timedelta(days=7))
    return Window(max(since, at - LONGEST_REACH), at)


def _together(
    found: Sequence[Found],
    *,
    claim: Claim,
    connector: str,
    lines: Sequence[str],
    requests: int,
    at: datetime,
    setup: ConnectorSettings,
) -> Searched:
    """The lines' outcomes as one: found if any found something, none only if every line was answered with nothing."""
    articles: dict[str, FoundArticle] = {}
    for one in found:
        for article in one.articles:
            try:
                articles.setdefault(stored_address(article.url), article)
            except Invalid:
                continue  # an address that nobody could open
    outcomes = {one.outcome for one in found}
    failures = [outcome for outcome in _WORST if outcome in outcomes]
    outcome = Outcome.FOUND if articles else (failures or [Outcome.NONE])[0]
    notes = list(dict.fromkeys(one.note for one in found if one.note))
    if outcome == Outcome.NONE and Outcome.FOUND in outcomes:
        outcome, notes = Outcome.NOT_MEASURED, ["What it found are no addresses of web pages.", *notes]
    if articles and failures:
        notes.insert(0, "Not every line could be answered.")
    note = " ".join(notes)
    if setup.key:
        note = note.replace(setup.key, "…")  # a service may repeat what it was sent
    return Searched(
        claim_id=claim.pk,
        connector=connector,
        lines=tuple(lines),
        started_at=at,
        outcome=outcome,
        count=len(articles) if outcome in {Outcome.FOUND, Outcome.NONE} else None,
        requests=requests,
        articles=tuple(articles.values()),
        reviews=tuple(review for one in found for review in one.reviews),
        note=one_line(note, limit=300),
        after=max((one.after for one in found if one.after is not None), default=None),
        throttled=any(one.throttled for one in found),
    )


@transaction.atomic
def store_search(*, searched: Searched, likeness: Likeness, at: datetime) -> ClaimSearch | None:
    """Write down a search: its row, a document and an event per new page, others' verdicts, and the next turn.

    Safe to run twice: a search is known by claim, service and start, a page by its address. None where nobody was
    asked; then only the next turn is set.
    """
    claim = lock_claim(searched.claim_id)
    known = ClaimSearch.objects.filter(
        claim=claim, connector=searched.connector, started_at=searched.started_at
    ).first()
    if known is not None:
        return known
    if searched.requests == 0:
        schedule_next(claim=claim, connector=searched.connector, outcome=None, after=searched.after, at=at)
        return None
    new = _store_articles(claim, searched, at)
    reviews = store_reviews(
        claim=claim, reviews=searched.reviews, found_by=searched.connector, likeness=likeness, at=at
    )
    row = ClaimSearch.objects.create(
        claim=claim,
        connector=searched.connector,
        query="\n".join(searched.lines),
        started_at=searched.started_at,
        outcome=searched.outcome,
        count=searched.count,
        note=searched.note,
    )
    if new or reviews:  # what was looked for in vain stands in the row; the history is for what became of it
        record(
            kind=EventKind.CLAIM_SEARCHED,
            subject=claim,
            actor=None,
            at=at,
            data={"connector": searched.connector, "outcome": searched.outcome, "count": searched.count, "new": new},
        )
    note_answer(
        name=searched.connector,
        outcome=searched.outcome,
        note=searched.note,
        throttled=searched.throttled,
        after=searched.after,
        at=at,
    )
    schedule_next(claim=claim, connector=searched.connector, outcome=searched.outcome, after=searched.after, at=at)
    return row


def _store_articles(claim: Claim, searched: Searched, at: datetime) -> int:
    """How many of the articles led to a document that was not there before."""
    addresses = {stored_address(article.url): article for article in searched.articles[:MOST_NEW]}
    new = 0
    # In one order, so that two searches that bring the same new pages wait for each other and cannot deadlock.
    for address in sorted(addresses):
        article = addresses[address]
        document, created = document_for(url=address, how=UrlOrigin.SEARCH, at=at)
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
            data={"connector": searched.connector, "found_for": claim.pk, "url": address},
        )
    return new
