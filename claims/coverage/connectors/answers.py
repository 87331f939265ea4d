"""What the answers of search services have in common: JSON that must be JSON, texts that are plain, moments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

from claims.capture.json_reader import NotJson, read_json
from claims.choices import Outcome
from claims.coverage.base import Found, FoundArticle
from claims.http import Answer, WebError
from claims.http.exchange import retry_after
from claims.text import one_line, plain

NOTE_LIMIT = 200  # characters of a service's own words that are passed on
Item = TypeVar("Item")
Mark = TypeVar("Mark")


class Unusable(Exception):
    """An answer that holds no results; `found` says what it comes to."""

    def __init__(self, outcome: Outcome, note: str, *, after: float | None = None, throttled: bool = False) -> None:
        super().__init__(note)
        self.found = Found(outcome, note=note, after=after, throttled=throttled)


def json_object(answer: Answer, *, service: str) -> dict[str, Any]:
    """The object in an answer, whatever its status. Raises Unusable (not measured) for anything else."""
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if not (kind in {"application/json", "text/json"} or kind.endswith("+json")):
        shown = f"({kind[:60]}) " if kind else ""
        raise Unusable(
            Outcome.NOT_MEASURED, f"{service} answered {answer.status} with something else {shown}than JSON."
        )
    try:
        value = read_json(answer.body)
    except NotJson as error:
        raise Unusable(
            Outcome.NOT_MEASURED, f"{service} answered {answer.status}, but it cannot be read: {error}."
        ) from error
    if not isinstance(value, dict):
        raise Unusable(Outcome.NOT_MEASURED, f"{service} answered {answer.status} in a shape that it does not promise.")
    return value


def json_or_status(answer: Answer, *, service: str) -> dict[str, Any]:
    """The object in an answer. Raises Unusable for anything else: by what the status means, where it is not 200."""
    try:
        return json_object(answer, service=service)
    except Unusable as error:
        if answer.status == 200:
            raise
        raise Unusable(by_status(answer.status), error.found.note, after=wait(answer)) from error


def by_status(status: int) -> Outcome:
    """What a status means where a service says no more than that."""
    if status >= 500 or status in {408, 425, 429}:
        return Outcome.RETRY_LATER
    return Outcome.REFUSED if status in {401, 402, 403, 407, 451} else Outcome.NOT_MEASURED


def rows(value: Any, *, service: str) -> list[Mapping[str, Any]]:
    """The objects of a list; anything that is no object in it is passed over. Raises Unusable if it is no list."""
    if not isinstance(value, list):
        raise Unusable(Outcome.NOT_MEASURED, f"{service} answered without the list of results that it promises.")
    return [row for row in value if isinstance(row, dict)]


def text(value: Any, *, limit: int = 500) -> str:
    """A string as one plain line; "" for anything else."""
    return one_line(value[: limit * 4], limit=limit) if isinstance(value, str) else ""


def part(value: Any, *names: str) -> Any:
    """What stands under the names, one below the other; None where the way ends early."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def web_address(value: Any) -> str:
    """An absolute http(s) address; "" for anything else."""
    address = plain(value).strip() if isinstance(value, str) else ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc else ""


def moment(value: Any) -> datetime | None:
    """An ISO 8601 instant or day, in UTC where it names no zone; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip()[:40])
        return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def wait(answer: Answer) -> float | None:
    """The seconds of an answer's Retry-After, if it has one that can be read."""
    value = answer.header("retry-after")
    return retry_after(value, now=answer.started_at) if value else None


def phrase(words: str) -> str:
    """Words in quotation marks; none of their own can end the phrase."""
    return '"' + words.replace('"', " ").replace("\\", " ").strip() + '"'


def bare(word: str) -> str:
    """A word as it is, or quoted where it holds a sign that a query language may take for its own."""
    return word if word.isalnum() else phrase(word)


@dataclass(frozen=True, slots=True)
class Pages(Generic[Item]):
    """What came of reading page after page; `problem` is what ended it early, `more` that pages were left unread."""

    items: list[Item]
    problem: Found | None = None
    more: bool = False


def read_pages(
    read: Callable[[Mark], tuple[list[Item], Mark | None]], *, first: Mark, most: int, service: str
) -> Pages[Item]:
    """Read from the first page on, at most so many. `read` gives a page's items and where the next one is, if any.

    What it raises ends the reading: Unusable as its own outcome, WebError as "stopped answering" once there is
    something to keep; a WebError before that is passed on.
    """
    items: list[Item] = []
    following: Mark | None = first
    for _ in range(most):
        if following is None:
            break
        try:
            found, following = read(following)
        except Unusable as error:
            return Pages(items, error.found)
        except WebError:
            if not items:
                raise
            return Pages(items, Found(Outcome.RETRY_LATER, note=f"{service} stopped answering."))
        items += found
    return Pages(items, more=following is not None)


def outcome(pages: Pages[FoundArticle], *, more: str) -> Found:
    """What a search over pages comes to; `more` is said where pages were left unread."""
    if pages.problem is not None:
        return stopped(pages.items, pages.problem)
    return gathered(pages.items, note=more if pages.more else "")


def gathered(articles: list[FoundArticle], *, note: str = "") -> Found:
    """Found or none, each address once."""
    unique = tuple({article.url: article for article in articles}.values())
    return Found(Outcome.FOUND if unique else Outcome.NONE, unique, note=note)


def stopped(articles: list[FoundArticle], problem: Found) -> Found:
    """What a search comes to that was stopped by a problem: what was found before counts, and the rest is said."""
    if not articles:
        return problem
    found = gathered(articles, note=f"Not all of it could be read: {problem.note}")
    return Found(found.outcome, found.articles, note=found.note, after=problem.after, throttled=problem.throttled)
