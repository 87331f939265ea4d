"""GDELT DOC 2.0: news of the last three months, no key (blog.gdeltproject.org/gdelt-doc-2-0-api-debuts)."""

import re
from datetime import timedelta
from typing import Any

from claims.choices import Outcome
from claims.coverage.base import Ask, ConnectorSettings, Found, FoundArticle, Query, Window
from claims.coverage.connectors.answers import (
    Unusable,
    bare,
    by_status,
    gathered,
    json_object,
    phrase,
    read_pages,
    rows,
    stopped,
    text,
    web_address,
)
from claims.http import Answer
from claims.text import one_line

MOST_RECORDS = 250
MOST_REQUESTS = 7  # for one query: a window cut in half, and its halves once more
SHORTEST_WINDOW = timedelta(minutes=15)
REACH = timedelta(days=90)
_STAMP = "%Y%m%d%H%M%S"
_THROTTLED = re.compile(r"limit requests|every \d+ seconds|too many requests|rate.?limit|exceeded.{0,40}limit", re.I)
# Titles come with a space before each sign.
_LOOSE_SIGN = re.compile(r"\s+([,.;:!?%)\]’])")


class GdeltConnector:
    """There are no pages: a window with as many hits as one answer can hold is cut in half."""

    name = "gdelt"
    label = "GDELT"
    needs_key = False

    def missing(self, setup: ConnectorSettings) -> str:
        """Nothing: it is open to all."""
        return "" if setup.url else "Set GDELT_URL."

    def search(self, query: Query, window: Window, *, setup: ConnectorSettings, ask: Ask) -> Found:
        """The newest pages first, over at most seven requests."""
        words = [phrase(words) for words in query.phrases] + [bare(word) for word in query.words if len(word) > 2]
        if not words:
            return Found(Outcome.NOT_MEASURED, note="GDELT takes no query whose words all have one or two letters.")
        since = max(window.since, window.until - REACH)
        notes = ["GDELT reaches back three months only."] if since > window.since else []

        def page(windows: tuple[Window, ...]) -> tuple[list[FoundArticle], tuple[Window, ...] | None]:
            span, *left = windows
            hits = self._hits(ask(setup.url, params=_params(" ".join(words), span)))
            if len(hits) >= MOST_RECORDS and span.until - span.since > SHORTEST_WINDOW:
                middle = span.since + (span.until - span.since) / 2
                left = [Window(middle, span.until), Window(span.since, middle), *left]
            return [article for row in hits if (article := _article(row)) is not None], tuple(left) or None

        first: tuple[Window, ...] = (Window(since, window.until),)
        pages = read_pages(page, first=first, most=MOST_REQUESTS, service=self.label)
        if pages.problem is None and pages.more:
            notes.append("There is more than could be asked for; the query is too wide.")
        return stopped(pages.items, pages.problem) if pages.problem else gathered(pages.items, note=" ".join(notes))

    def _hits(self, answer: Answer) -> list[Any]:
        body = answer.body.lstrip()
        if answer.status != 200 or not body.startswith(b"{"):
            words = one_line(answer.body[:2000].decode("utf-8", "replace"), limit=160)
            if _THROTTLED.search(words):
                raise Unusable(Outcome.RETRY_LATER, "GDELT asks us to come less often.", throttled=True)
            if answer.status != 200:
                raise Unusable(by_status(answer.status), f"GDELT answered {answer.status}.")
            shown = f" It says: {words}" if words and not words.startswith("<") else ""
            raise Unusable(Outcome.NOT_MEASURED, f"GDELT did not answer the query.{shown}")
        said = json_object(answer, service="GDELT")
        if said == {}:
            return []
        return list(rows(said.get("articles"), service="GDELT"))


def _params(words: str, span: Window) -> dict[str, str]:
    return {
        "query": words,
        "mode": "artlist",
        "format": "json",
        "maxrecords": str(MOST_RECORDS),
        "sort": "datedesc",
        "startdatetime": span.since.strftime(_STAMP),
        "enddatetime": span.until.strftime(_STAMP),
    }


def _article(row: Any) -> FoundArticle | None:
    url = web_address(row.get("url"))
    if not url:
        return None
    title = _LOOSE_SIGN.sub(r"\1", text(row.get("title")))
    # `seendate` is when GDELT came by, not when it was published.
    return FoundArticle(url=url, title=title, published_at=None, summary="")
