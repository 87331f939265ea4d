"""RSS and Atom feeds, read by feedparser in the limited child."""

from claims.capture.child import ReadingFailed, read_in_child
from claims.choices import Outcome, SourceKind
from claims.coverage.base import Follow, Listing
from claims.coverage.connectors.entries import article
from claims.http import Answer


class RssConnector:
    """Feeds in any dialect of RSS or Atom."""

    kind = SourceKind.RSS
    accept = "application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, text/xml;q=0.8"
    size_limit = 2_000_000

    def listing(self, answer: Answer, follow: Follow) -> Listing:
        """The entries with a web address, at most 500, titles and summaries as plain text."""
        try:
            said = read_in_child("feed", answer.body, url=answer.url, content_type=answer.header("content-type"))
        except ReadingFailed as error:
            return Listing(Outcome.NOT_MEASURED, None, f"The feed: {error}")
        note = str(said.get("note", ""))
        if not said["is_feed"]:
            return Listing(Outcome.NOT_MEASURED, None, note)
        articles = tuple(article(entry) for entry in said["entries"])
        if said["damaged"] and not articles:
            return Listing(Outcome.NOT_MEASURED, None, "The feed is cut short before its first whole entry.")
        own = said["own_minutes"]
        return Listing(Outcome.FOUND if articles else Outcome.NONE, articles, note, own_minutes=own)
