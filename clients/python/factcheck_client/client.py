"""The client: verdicts now and then, every change in order, and what you hold of them."""

import re
import time
from collections.abc import Callable, Generator, Iterator
from datetime import date, datetime
from ssl import SSLContext
from types import TracebackType
from typing import Any, Self

import httpx

from factcheck_client.cache import Cache, MemoryCache
from factcheck_client.documents import Change, ChangePage, HeldVersion, Verdict
from factcheck_client.errors import EpochChanged, RefusedByDesk, UnexpectedAnswer
from factcheck_client.exchange import Exchange, Params, Patience, retry_after

LONGEST_WAIT = 30  # seconds that a desk holds an answer back at most
_MOST_MERGES = 5
_LEAST_ROUND = 1.0  # seconds; a desk that answers a waiting reader sooner, with nothing, is not asked in a hurry
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_CURSOR = re.compile(r"([0-9A-Za-z-]{1,64})/(0|[1-9][0-9]{0,18})")


def cursor(*, feed_epoch: str, sequence: int) -> str:
    """Where to go on, as Change.cursor gives it; for numbers from elsewhere, such as a nightly file's."""
    made = f"{feed_epoch}/{sequence}"
    if not _CURSOR.fullmatch(made):
        raise ValueError("feed_epoch and sequence are taken from an answer of the desk.")
    return made


class Client:
    """Reads one desk. May be shared by threads; use it as a context manager, or close() it.

    `site` is the desk's address, such as https://desk.example. Without a `key` reads are anonymous. `cache` keeps
    answers with their ETags: a MemoryCache unless told. `most_bytes` bounds an answer, unpacked.
    """

    def __init__(
        self,
        site: str,
        *,
        key: str = "",
        patience: Patience | None = None,
        most_bytes: int = 32 * 1024 * 1024,
        cache: Cache | None = None,
        proxy: str | None = None,
        verify: SSLContext | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._exchange = Exchange(
            site,
            key=key,
            patience=patience or Patience(),
            most_bytes=most_bytes,
            cache=MemoryCache() if cache is None else cache,
            proxy=proxy,
            verify=verify,
            sleep=sleep,
        )

    def close(self) -> None:
        """Close every connection."""
        self._exchange.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def verdict(self, public_id: str, *, version: int | None = None, as_of: datetime | None = None) -> Verdict:
        """The newest version of a verdict, or the one of that number, or what the desk had published at that instant.

        A claim that was merged into another gives the other's. Raises Retracted, Redacted, NotFound, and what is in
        `errors`; ValueError where `as_of` has no offset, or both are given.
        """
        params: dict[str, str | int | float] = {}
        if version is not None and as_of is not None:
            raise ValueError("Ask for a version or an instant, not both.")
        if version is not None:
            params["version"] = version
        if as_of is not None:
            params["as_of"] = _instant(as_of)
        for _ in range(_MOST_MERGES):
            try:
                return Verdict.read(self._exchange.get(_verdict_path(public_id), params, keep=True).body)
            except RefusedByDesk as refused:
                other = refused.details.get("id")
                if refused.code != "merged" or not isinstance(other, str) or not _ID.fullmatch(other):
                    raise
                public_id = other
        raise UnexpectedAnswer("Claims are merged into one another in a circle.")

    def verdicts(
        self,
        *,
        rating: str | None = None,
        topic: str | None = None,
        claimant: str | None = None,
        outlet: str | None = None,
        language: str | None = None,
        value_min: float | None = None,
        value_max: float | None = None,
        claimed_from: date | None = None,
        claimed_to: date | None = None,
        reviewed_from: date | None = None,
        reviewed_to: date | None = None,
        changed_since: datetime | None = None,
        q: str | None = None,
        page_size: int = 100,
    ) -> Iterator[Verdict]:
        """Every live verdict that meets all conditions, the newest first, page by page as you go on."""
        given: dict[str, Any] = {
            "rating": rating,
            "topic": topic,
            "claimant": claimant,
            "outlet": outlet,
            "language": language,
            "value_min": value_min,
            "value_max": value_max,
            "claimed_from": claimed_from and claimed_from.isoformat(),
            "claimed_to": claimed_to and claimed_to.isoformat(),
            "reviewed_from": reviewed_from and reviewed_from.isoformat(),
            "reviewed_to": reviewed_to and reviewed_to.isoformat(),
            "changed_since": changed_since and _instant(changed_since),
            "q": q,
            "page_size": page_size,
        }
        params = {name: value for name, value in given.items() if value is not None}
        last: int | None = None
        while True:
            page = self._exchange.get("/verdicts", params, keep=True).body
            for part in page.parts("results"):
                verdict = Verdict.read(part)
                if last is not None and verdict.sequence >= last:
                    raise UnexpectedAnswer("The list does not come in order.")
                last = verdict.sequence
                yield verdict
            following = page.text_or_none("next")
            if following is None:
                return
            if not page.raw.get("results"):
                raise UnexpectedAnswer("An empty page says that more follow.")
            params["cursor"] = _page_cursor(following)

    def changes(self, *, after: str = "", wait: int = 0, page_size: int = 100) -> Generator[Change, None, None]:
        """Every publication, correction and retraction after a cursor, in order, each once; from the first without one.

        Keep `change.cursor` once you have dealt with the change, and give it as `after` next time: nothing is lost or
        comes twice, wherever you stopped. With `wait` (seconds, to 30) it goes on for ever and yields what is published
        as it comes; without it ends when you are in step. Raises EpochChanged: drop what you hold and begin anew.
        """
        while True:
            started = time.monotonic()
            page = self.changes_page(after=after, wait=wait, page_size=page_size)
            for change in page.changes:
                after = change.cursor
                yield change
            after = page.cursor
            if not wait and (not page.changes or page.changes[-1].sequence >= page.head):
                return
            if page.come_again is not None:
                self._exchange.pause(page.come_again)
            elif not page.changes:
                self._exchange.pause(_LEAST_ROUND - (time.monotonic() - started))

    def changes_page(self, *, after: str = "", wait: int = 0, page_size: int = 100) -> ChangePage:
        """One page of changes, for a loop of your own that stops between two waits. Raises what changes() does."""
        if not 0 <= wait <= LONGEST_WAIT:
            raise ValueError(f"wait is from 0 to {LONGEST_WAIT} seconds.")
        followed, number = _read_cursor(after)
        params: dict[str, str | int | float] = {"after": number, "page_size": page_size}
        if followed:
            params["feed_epoch"] = followed
        if wait:
            params["wait"] = wait
        answer = self._exchange.get("/verdicts/changes", params, longer=wait)
        epoch, head = answer.body.needed("feed_epoch"), answer.body.integer("head")
        if followed and epoch != followed:
            raise EpochChanged("The desk was restored; read again from 0.", feed_epoch=epoch, head=head)
        changes = tuple(Change.read(part, feed_epoch=epoch) for part in answer.body.parts("changes"))
        if [change.sequence for change in changes] != list(range(number + 1, number + 1 + len(changes))):
            raise UnexpectedAnswer(f"The changes after {number} do not follow one another.")
        return ChangePage(
            feed_epoch=epoch,
            head=head,
            changes=changes,
            cursor=cursor(feed_epoch=epoch, sequence=number + len(changes)),
            come_again=retry_after(answer.headers),
        )

    def acknowledge(self, public_id: str, *, version: int) -> HeldVersion:
        """Tell the desk that you dealt with a version. Wants a key. It is sent once, and may be repeated."""
        path = _verdict_path(public_id) + "/acknowledgements"
        return HeldVersion.read(self._exchange.post(path, {"version": version}).body)

    def held(self, public_id: str) -> HeldVersion:
        """What the desk thinks you hold. Wants a key."""
        return HeldVersion.read(self._exchange.get(_verdict_path(public_id) + "/acknowledgements", {}).body)

    def json(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """Any other read under /api/v1, as parsed JSON: `client.json("/verdicts", {"fields": "published_at"})`."""
        if not path.startswith("/") or "?" in path or "#" in path or ".." in path:
            raise ValueError("A path begins with a slash; its parameters are given apart.")
        return dict(self._exchange.get(path, params or {}, keep=True).body.raw)


def _verdict_path(public_id: str) -> str:
    if not _ID.fullmatch(public_id):
        raise ValueError("That is no id of a verdict.")
    return f"/verdicts/{public_id}"


def _instant(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("An instant needs its offset: use datetime.now(UTC) and the like.")
    return moment.isoformat()


def _page_cursor(following: str) -> str:
    """The place alone, so that no answer leads to another host."""
    try:
        found = httpx.URL(following).params.get("cursor")
    except httpx.InvalidURL as error:
        raise UnexpectedAnswer("The next page's address cannot be read.") from error
    if not found:
        raise UnexpectedAnswer("The next page's address has no cursor.")
    return str(found)


def _read_cursor(given: str) -> tuple[str, int]:
    if not given:
        return "", 0
    found = _CURSOR.fullmatch(given)
    if found is None:
        raise ValueError("A cursor is kept as Change.cursor gave it; none begins at the first change.")
    return found[1], int(found[2])
