"""What every connector promises, and what it hands over.

Two sorts. A Listing connector reads one kind of feed, which is polled on its own schedule whatever claims there are.
A Search connector asks one service about one claim's queries. Both are told how to ask by their callers, who keep the
pace, the budget and the status codes; neither ever raises for what an answer holds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from claims.choices import Outcome, SourceKind
from claims.http import Answer


@dataclass(frozen=True, slots=True)
class FoundArticle:
    """One article that a source names. The address is http(s) and absolute; the texts are plain, and not ours."""

    url: str
    title: str
    published_at: datetime | None
    summary: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What one answer of a source said. `articles` is None if that could not be told, with the reason in `note`.

    `alone` is false if the articles came from further answers, so that the first one's validators speak for none of
    them.
    """

    outcome: Outcome  # found, none or not_measured; whether the articles are new is not the connector's to know
    articles: tuple[FoundArticle, ...] | None
    note: str = ""
    alone: bool = True
    own_minutes: int | None = None  # how seldom the source asks to be read, where it does


# Fetches one further part of a source (a sitemap of an index, the next page of a feed). Raises WebError.
Follow = Callable[[str], Answer]


class Connector(Protocol):
    """Reads one kind of source: how to ask for it, and what its answers mean.

    The asking itself (pace, conditional requests, status codes, schedule) is the same for all kinds and stands in
    polling.py. A connector takes the bytes of a 200 answer, is never given any other, and never raises for them:
    bytes that are not what this kind of source sends are `not_measured`, not "no articles".
    """

    kind: SourceKind
    accept: str
    size_limit: int

    def listing(self, answer: Answer, follow: Follow) -> Listing:
        """The articles that a 200 answer names, in the source's order; `follow` fetches the parts that it points to."""
        ...


@dataclass(frozen=True, slots=True)
class Query:
    """One line of a claim's queries. All of `phrases` and `words` must stand in a page; a phrase as it is written."""

    phrases: tuple[str, ...]
    words: tuple[str, ...]
    language: str  # of the claim, BCP 47

    def plain(self) -> str:
        """Phrases and words without any sign between them."""
        return " ".join((*self.phrases, *self.words))


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time in which pages are looked for; both ends are instants in UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class FoundReview:
    """Another fact-checker's verdict as a service passes it on; every text is theirs, plain, and may be empty."""

    publisher: str
    publisher_site: str
    url: str
    title: str
    claim_text: str
    claimant: str
    rating_text: str
    language: str
    reviewed_at: datetime | None
    raw: Mapping[str, Any]  # what was sent, for whoever doubts it


@dataclass(frozen=True, slots=True)
class Found:
    """What a service said to one query: found or none with what there is, any other outcome with the reason in `note`.

    `articles` beside a failure were told before it and are good. `after` is seconds to wait, where the service said so;
    `throttled` that it asked us to come less often.
    """

    outcome: Outcome
    articles: tuple[FoundArticle, ...] = ()
    reviews: tuple[FoundReview, ...] = ()
    note: str = ""
    after: float | None = None
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """How an operator set a service up. A budget of 0 requests a day switches it off."""

    url: str
    daily_requests: int
    key: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


class Ask(Protocol):
    """One paced request out of the day's budget. Raises WebError: the connector lets it pass, the caller reads it."""

    def __call__(
        self, url: str, *, params: Mapping[str, str], credentials: Mapping[str, str] | None = None
    ) -> Answer: ...


class SearchConnector(Protocol):
    """Asks one service which pages fit a query.

    `search` reads whatever comes, of any status and any bytes: an answer that is not what the service promises is
    `not_measured`, one that asks for patience `retry_later`, one that does not let us in `refused`, and only a
    well-formed answer without results is `none`. Keys go into `credentials`, never into an address.
    """

    name: str
    label: str
    needs_key: bool

    def missing(self, setup: ConnectorSettings) -> str:
        """What an operator has to set before it can be asked, as a sentence; "" if nothing."""
        ...

    def search(self, query: Query, window: Window, *, setup: ConnectorSettings, ask: Ask) -> Found:
        """What the service knows, over as many pages as are worth a request each."""
        ...
