"""Wikipedia's search (mediawiki.org/wiki/API:Search), no key. Errors come with status 200."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

from claims.choices import Outcome
from claims.coverage.base import Ask, ConnectorSettings, Found, FoundArticle, Query, Window
from claims.coverage.connectors.answers import (
    Unusable,
    bare,
    by_status,
    json_object,
    outcome,
    part,
    phrase,
    read_pages,
    rows,
    text,
    wait,
)
from claims.http import Answer

MOST_PAGES = 2
PAGE_SIZE = 50
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_LATER = frozenset({"ratelimited", "maxlag", "readonly", "cirrussearch-too-busy-error"})
_REFUSED = frozenset({"blocked", "autoblocked", "permissiondenied", "badtoken", "readapidenied"})


class WikipediaConnector:
    """Articles of the Wikipedia in the claim's language; `{language}` in the address stands for it."""

    name = "wikipedia"
    label = "Wikipedia"
    needs_key = False

    def missing(self, setup: ConnectorSettings) -> str:
        """Nothing: it is open to all."""
        return "" if setup.url else "Set WIKIPEDIA_URL."

    def search(self, query: Query, window: Window, *, setup: ConnectorSettings, ask: Ask) -> Found:
        """The best hundred articles at most. An encyclopaedia has no window."""
        language = query.language.partition("-")[0].lower()
        url = setup.url.replace("{language}", language if _LANGUAGE.fullmatch(language) else "en")
        params = {
            "action": "query",
            "list": "search",
            "srsearch": " ".join([*map(phrase, query.phrases), *map(bare, query.words)]),
            "srlimit": str(PAGE_SIZE),
            "format": "json",
            "formatversion": "2",
            "maxlag": "5",
        }
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"

        def page(offset: int) -> tuple[list[FoundArticle], int | None]:
            said = _said(ask(url, params={**params, "sroffset": str(offset)}))
            hits = rows(part(said, "query", "search"), service=self.label)
            following = part(said, "continue", "sroffset")
            more = following if isinstance(following, int) and following > offset else None
            return [article for row in hits if (article := _article(row, site=site))], more

        pages = read_pages(page, first=0, most=MOST_PAGES, service=self.label)
        return outcome(pages, more="There is more; the best hundred were read.")


def _said(answer: Answer) -> dict[str, object]:
    if answer.status != 200:
        raise Unusable(by_status(answer.status), f"Wikipedia answered {answer.status}.", after=wait(answer))
    said = json_object(answer, service="Wikipedia")
    if "error" not in said:
        return said
    code = text(part(said, "error", "code"), limit=60) or "an error without a name"
    if code in _LATER:
        throttled = code in {"ratelimited", "cirrussearch-too-busy-error"}
        raise Unusable(
            Outcome.RETRY_LATER, f"Wikipedia asks us to wait ({code}).", after=wait(answer), throttled=throttled
        )
    meaning = Outcome.REFUSED if code in _REFUSED else Outcome.NOT_MEASURED
    raise Unusable(meaning, f"Wikipedia did not answer the query ({code}).")


def _article(row: Mapping[str, Any], *, site: str) -> FoundArticle | None:
    title = text(row.get("title"), limit=300)
    if not title:
        return None
    snippet = text(unescape(_TAG.sub("", str(row.get("snippet") or ""))), limit=2000)
    # `timestamp` is the last edit, which says nothing about when it was written.
    address = f"{site}/wiki/{quote(title.replace(' ', '_'), safe='/:,()')}"
    return FoundArticle(url=address, title=title, published_at=None, summary=snippet)
