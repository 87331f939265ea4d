"""Media Cloud: online news by collection, for holders of a key (github.com/mediacloud/api-client)."""

from collections.abc import Mapping
from typing import Any

from claims.choices import Outcome
from claims.coverage.base import Ask, ConnectorSettings, Found, FoundArticle, Query, Window
from claims.coverage.connectors.answers import (
    Unusable,
    by_status,
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
_DAY = "%Y-%m-%d"


class MediaCloudConnector:
    """Pages follow each other by a token until there is none."""

    name = "media_cloud"
    label = "Media Cloud"
    needs_key = True

    def missing(self, setup: ConnectorSettings) -> str:
        """The key, and the collections or sources that ordinary users have to name."""
        if not setup.key:
            return "No key: set MEDIACLOUD_KEY."
        if not setup.options.get("cs") and not setup.options.get("ss"):
            return "Set MEDIACLOUD_COLLECTIONS or MEDIACLOUD_SOURCES: it searches nowhere else."
        return "" if setup.url else "Set MEDIACLOUD_URL."

    def search(self, query: Query, window: Window, *, setup: ConnectorSettings, ask: Ask) -> Found:
        """The stories of at most three pages."""
        params = {
            "q": " AND ".join(phrase(term) for term in (*query.phrases, *query.words)),
            "start": window.since.strftime(_DAY),
            "end": window.until.strftime(_DAY),
            "page_size": str(PAGE_SIZE),
            **{name: setup.options[name] for name in ("cs", "ss") if setup.options.get(name)},
        }

        def page(token: str) -> tuple[list[FoundArticle], str | None]:
            answer = ask(
                f"{setup.url.rstrip('/')}/search/story-list",
                params={**params, **({"pagination_token": token} if token else {})},
                credentials={"Authorization": f"Token {setup.key}"},
            )
            said = _said(answer)
            stories = [one for row in rows(said.get("stories"), service=self.label) if (one := _article(row))]
            following = said.get("pagination_token")
            return stories, following if isinstance(following, str) and following not in {"", token} else None

        pages = read_pages(page, first="", most=MOST_PAGES, service=self.label)
        return outcome(pages, more=f"There is more than the {MOST_PAGES} pages that were read.")


def _said(answer: Answer) -> Mapping[str, Any]:
    said = json_or_status(answer, service="Media Cloud")
    if answer.status == 200 and said.get("status") != "error":
        return said
    note = text(said.get("note"), limit=160)
    shown = f"Media Cloud answered {answer.status}" + (f": {note}" if note else ".")
    if said.get("temporary") is True:
        raise Unusable(Outcome.RETRY_LATER, shown, after=wait(answer))
    if "quota" in note.lower() or "rate limit" in note.lower():
        raise Unusable(Outcome.RETRY_LATER, shown, after=wait(answer), throttled=True)
    raise Unusable(by_status(answer.status), shown, after=wait(answer))


def _article(row: Mapping[str, Any]) -> FoundArticle | None:
    url = web_address(row.get("url"))
    if not url:
        return None
    return FoundArticle(url=url, title=text(row.get("title")), published_at=moment(row.get("publish_date")), summary="")
