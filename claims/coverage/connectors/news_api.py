"""NewsAPI.org /v2/everything, for holders of a key (newsapi.org/docs)."""

from collections.abc import Mapping
from typing import Any

from claims.choices import Outcome
from claims.coverage.base import Ask, ConnectorSettings, Found, FoundArticle, Query, Window
from claims.coverage.connectors.answers import (
    Unusable,
    by_status,
    gathered,
    json_or_status,
    moment,
    outcome,
    phrase,
    read_pages,
    rows,
    text,
    wait,
    web_address,
)
from claims.http import Answer

MOST_PAGES = 3
PAGE_SIZE = 100
QUERY_LIMIT = 500
_LANGUAGES = frozenset(["ar", "de", "en", "es", "fr", "he", "it", "nl", "no", "pt", "ru", "sv", "ud", "zh"])
_REFUSED = frozenset({"apiKeyDisabled", "apiKeyInvalid", "apiKeyMissing"})
_LATER = frozenset({"apiKeyExhausted", "rateLimited", "unexpectedError"})
_REMOVED = "[Removed]"


class NewsApiConnector:
    """Pages by number; what lies past a plan's first hits is not ours to read."""

    name = "news_api"
    label = "NewsAPI"
    needs_key = True

    def missing(self, setup: ConnectorSettings) -> str:
        """The key."""
        if not setup.key:
            return "No key: set NEWSAPI_KEY."
        return "" if setup.url else "Set NEWSAPI_URL."

    def search(self, query: Query, window: Window, *, setup: ConnectorSettings, ask: Ask) -> Found:
        """The newest articles first, at most three pages of a hundred."""
        words = " AND ".join(phrase(term) for term in (*query.phrases, *query.words))
        if len(words) > QUERY_LIMIT:
            return Found(Outcome.NOT_MEASURED, note="NewsAPI takes no query of more than 500 characters.")
        params = {
            "q": words,
            "from": window.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "to": window.until.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sortBy": "publishedAt",
            "pageSize": str(PAGE_SIZE),
        }
        language = query.language.partition("-")[0].lower()
        if language in _LANGUAGES:
            params["language"] = language
        plan_ends = False

        def page(number: int) -> tuple[list[FoundArticle], int | None]:
            nonlocal plan_ends
            try:
                said = _said(
                    ask(setup.url, params={**params, "page": str(number)}, credentials={"X-Api-Key": setup.key}),
                    first=number == 1,
                )
            except _PlanEnds:
                plan_ends = True
                return [], None
            hits = rows(said.get("articles"), service=self.label)
            total = said.get("totalResults")
            last = len(hits) < PAGE_SIZE or (isinstance(total, int) and total <= number * PAGE_SIZE)
            return [article for row in hits if (article := _article(row))], None if last else number + 1

        pages = read_pages(page, first=1, most=MOST_PAGES, service=self.label)
        if plan_ends:
            return gathered(pages.items, note="There is more than the plan of this key lets us read.")
        return outcome(pages, more=f"There is more than the {MOST_PAGES} pages that were read.")


class _PlanEnds(Exception):
    """The next page lies past what the plan allows."""


def _said(answer: Answer, *, first: bool) -> Mapping[str, Any]:
    said = json_or_status(answer, service="NewsAPI")
    if answer.status == 200 and said.get("status") == "ok":
        return said
    code = text(said.get("code"), limit=40)
    if code == "maximumResultsReached" and not first:
        raise _PlanEnds
    note = f"NewsAPI answered {answer.status}" + (f" ({code})." if code else ".")
    if code in _REFUSED:
        raise Unusable(Outcome.REFUSED, note)
    if code in _LATER:
        raise Unusable(Outcome.RETRY_LATER, note, after=wait(answer), throttled=code != "unexpectedError")
    raise Unusable(by_status(answer.status), note, after=wait(answer))


def _article(row: Mapping[str, Any]) -> FoundArticle | None:
    url, title = web_address(row.get("url")), text(row.get("title"))
    if not url or title == _REMOVED or url.rstrip("/") == "https://removed.com":
        return None
    return FoundArticle(
        url=url,
        title=title,
        published_at=moment(row.get("publishedAt")),
        summary=text(row.get("description"), limit=2000),
    )
