"""Google Fact Check Tools claims:search, for holders of a key (developers.google.com/fact-check/tools/api).

It passes on what publishers mark up themselves, and is thinning; whether one of them is believed is decided elsewhere.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from claims.choices import Outcome
from claims.coverage.base import Ask, ConnectorSettings, Found, FoundArticle, FoundReview, Query, Window
from claims.coverage.connectors.answers import (
    Pages,
    Unusable,
    by_status,
    json_or_status,
    moment,
    outcome,
    part,
    read_pages,
    rows,
    text,
    wait,
    web_address,
)
from claims.http import Answer

MOST_PAGES = 3
PAGE_SIZE = 50


class GoogleFactCheckConnector:
    """Other fact-checkers' verdicts; pages follow each other by a token, all else staying the same."""

    name = "google_factcheck"
    label = "Google Fact Check Tools"
    needs_key = True

    def missing(self, setup: ConnectorSettings) -> str:
        """The key."""
        if not setup.key:
            return "No key: set GOOGLE_FACTCHECK_KEY."
        return "" if setup.url else "Set GOOGLE_FACTCHECK_URL."

    def search(self, query: Query, window: Window, *, setup: ConnectorSettings, ask: Ask) -> Found:
        """The reviews of at most three pages, each as a review and as a page to be fetched. No window applies."""
        params = {"query": query.plain(), "pageSize": str(PAGE_SIZE)}
        language = query.language.partition("-")[0].lower()
        if language.isalpha():
            params["languageCode"] = language

        def page(token: str) -> tuple[list[FoundReview], str | None]:
            answer = ask(
                setup.url,
                params={**params, **({"pageToken": token} if token else {})},
                credentials={"X-Goog-Api-Key": setup.key},
            )
            said = _said(answer)
            claims = [] if said == {} else rows(said.get("claims"), service=self.label)
            following = said.get("nextPageToken")
            more = following if isinstance(following, str) and following not in {"", token} else None
            return [review for claim in claims for review in _reviews(claim)], more

        pages = read_pages(page, first="", most=MOST_PAGES, service="Google")
        reviews = pages.items
        articles = [FoundArticle(one.url, one.title, one.reviewed_at, "") for one in reviews]
        found = outcome(Pages(articles, pages.problem), more="")
        return Found(
            found.outcome,
            found.articles,
            tuple({one.url: one for one in reviews}.values()),
            note=found.note,
            after=found.after,
            throttled=found.throttled,
        )


def _said(answer: Answer) -> Mapping[str, Any]:
    said = json_or_status(answer, service="Google")
    if answer.status == 200 and "error" not in said:
        return said
    status = text(part(said, "error", "status"), limit=60)
    details = part(said, "error", "details")
    reasons = {text(part(row, "reason"), limit=60) for row in details} if isinstance(details, list) else set()
    note = f"Google answered {answer.status}" + (f" ({status})." if status else ".")
    if status in {"RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED"}:
        raise Unusable(Outcome.RETRY_LATER, note, after=wait(answer), throttled=status == "RESOURCE_EXHAUSTED")
    if status in {"PERMISSION_DENIED", "UNAUTHENTICATED"} or "API_KEY_INVALID" in reasons:
        raise Unusable(Outcome.REFUSED, note)
    meaning = Outcome.NOT_MEASURED if answer.status == 200 else by_status(answer.status)
    raise Unusable(meaning, note, after=wait(answer))


def _reviews(claim: Mapping[str, Any]) -> Iterator[FoundReview]:
    listed = claim.get("claimReview")
    for row in listed if isinstance(listed, list) else []:
        url = web_address(part(row, "url"))
        if not url:
            continue
        yield FoundReview(
            publisher=text(part(row, "publisher", "name"), limit=200),
            publisher_site=text(part(row, "publisher", "site"), limit=200),
            url=url,
            title=text(row.get("title")),
            claim_text=text(claim.get("text"), limit=2000),
            claimant=text(claim.get("claimant"), limit=200),
            rating_text=text(row.get("textualRating"), limit=300),
            language=text(row.get("languageCode"), limit=35),
            reviewed_at=moment(row.get("reviewDate")),
            raw={**{name: claim.get(name) for name in ("text", "claimant", "claimDate")}, "claimReview": row},
        )
