"""JSON Feed 1.0 and 1.1 (jsonfeed.org), read in the limited child."""

from claims.capture.child import ReadingFailed, read_in_child
from claims.choices import Outcome, SourceKind
from claims.coverage.base import Follow, Listing
from claims.coverage.connectors.entries import article
from claims.http import Answer, WebError

MOST_PAGES = 3  # what is older than three pages was seen by an earlier poll


class JsonFeedConnector:
    """Feeds written in JSON, `next_url` followed."""

    kind = SourceKind.JSON_FEED
    accept = "application/feed+json, application/json;q=0.9"
    size_limit = 2_000_000

    def listing(self, answer: Answer, follow: Follow) -> Listing:
        """The items with a web address, at most 500 a page and three pages."""
        entries, notes = [], []
        page: Answer | None = answer
        for number in range(MOST_PAGES):
            if page is None:
                break
            try:
                said = read_in_child("json_feed", page.body, url=page.url)
            except ReadingFailed as error:
                said = {"is_feed": False, "note": f"The feed: {error}"}
            if not said["is_feed"]:
                if number == 0:
                    return Listing(Outcome.NOT_MEASURED, None, str(said["note"]))
                notes.append("The feed's next page could not be read.")
                break
            entries += said["entries"]
            notes += [said["note"]] if said["note"] else []
            page = None
            if said["next"] and number + 1 < MOST_PAGES:
                try:
                    page = follow(said["next"])
                except WebError as error:
                    notes.append(f"The feed's next page: {error}")
                    break
                if page.status != 200:
                    notes.append(f"The feed's next page answered {page.status}.")
                    page = None
        articles = tuple(article(entry) for entry in entries)
        return Listing(Outcome.FOUND if articles else Outcome.NONE, articles, " ".join(notes))
