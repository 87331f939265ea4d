"""What every connector promises, and what it hands over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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
    """What one answer of a source said. `articles` is None if that could not be told, with the reason in `note`."""

    outcome: Outcome  # found, none or not_measured; whether the articles are new is not the connector's to know
    articles: tuple[FoundArticle, ...] | None
    note: str = ""


class Connector(Protocol):
    """Reads one kind of source: how to ask for it, and what its answers mean.

    The asking itself (pace, conditional requests, status codes, schedule) is the same for all kinds and stands in
    polling.py. A connector takes the bytes of a 200 answer, is never given any other, and never raises for them:
    bytes that are not what this kind of source sends are `not_measured`, not "no articles".
    """

    kind: SourceKind
    accept: str
    size_limit: int

    def listing(self, answer: Answer) -> Listing:
        """The articles that a 200 answer names, in the source's order."""
        ...
