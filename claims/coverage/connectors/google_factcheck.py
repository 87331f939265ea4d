"""Google Fact Check Tools claims:search, for holders of a key (developers.google.com/fact-check/tools/api).

It passes on what publishers mark up themselves, and is thinning; whether one of them is believed is decided elsewhere.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from claims.choices import Outcome
from claims.coverage.base import Ask, ConnectorSettings, Found, FoundArticle, FoundReview, Query, Window
from claims.coverage.connectors.answers import (
    Unusable,
    by_status,
    gathered,
    json_object,
    moment,
    part,
    rows,
    stopped,
    text,
    wait,
    web_address,
)
from claims.http import Answer, WebError

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
        reviews: list[FoundReview] = []
        token = ""
        problem: Found | None = None
        for _ in range(MOST_PAGES):
            try:
                answer = ask(
                    setup.url,
                    params={**params, **({"pageToken": token} if token else {})},
                    credentials={"X-Goog-Api-Key": setup.key},
                )
                said = _said(answer)
                claims = [] if said == {} else rows(said.get("claims"), service=self.label)
            except Unusable as error:
                problem = error.found
                break
            except WebError:
                if not reviews:
                    raise
                problem = Found(Outcome.RETRY_LATER, note="Google stopped answering.")
                break
            for claim in claims:
                reviews += _reviews(claim)
            following = said.get("nextPageToken")
            token = following if isinstance(following, str) and following != token else ""
            if not token:
                break
        articles = [FoundArticle(one.url, one.title, one.reviewed_at, "") for one in reviews]
        found = stopped(articles, problem) if problem is not None else gathered(articles)
        return Found(
            found.outcome,
            found.articles,
            tuple({one.url: one for one in reviews}.values()),
            note=found.note,
            after=found.after,
            throttled=found.throttled,
        )


def _said(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json_object(answer, service="Google")
    except Unusable as error:
        if answer.status == 200:
            raise
        raise Unusable(by_status(answer.status), error.found.note, after=wait(answer)) from error
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
    outcome = Outcome.NOT_MEASURED if answer.status == 200 else by_status(answer.status)
    raise Unusable(outcome, note, after=wait(answer))


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
