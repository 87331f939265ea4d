"""News sitemaps and the indexes that name them (sitemaps.org, Google's news extension), read in the limited child."""

from dataclasses import dataclass, field
from typing import Any

from claims.capture.addresses import same_site
from claims.capture.child import ReadingFailed, read_in_child
from claims.choices import Outcome, SourceKind
from claims.coverage.base import Follow, Listing
from claims.coverage.connectors.entries import article
from claims.http import Answer, RetryLater, WebError

DEEPEST = 2  # an index may name indexes; what those name is read as sitemaps or not at all
MOST_MAPS = 8  # requests for one poll; the newest come first


@dataclass(slots=True)
class _Walk:
    """What one poll has gathered on its way through an index."""

    follow: Follow
    entries: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    read: int = 0  # sitemaps that held what they should
    failed: int = 0
    left: int = MOST_MAPS
    waiting: bool = False


class SitemapConnector:
    """Sitemaps; of an index the newest ones on the index's own site."""

    kind = SourceKind.SITEMAP
    accept = "application/xml, text/xml;q=0.9"
    size_limit = 5_000_000

    def listing(self, answer: Answer, follow: Follow) -> Listing:
        """The pages of up to eight sitemaps, at most 500 of each."""
        walk = _Walk(follow=follow, seen={answer.url})
        self._read(answer, walk, depth=0)
        note = " ".join(dict.fromkeys(walk.notes))
        if not walk.entries and (walk.failed or not walk.read):
            return Listing(Outcome.RETRY_LATER if walk.waiting else Outcome.NOT_MEASURED, None, note)
        articles = tuple(article(entry) for entry in walk.entries)
        # An index may stay as it is while the sitemaps that it names change.
        alone = len(walk.seen) == 1
        return Listing(Outcome.FOUND if articles else Outcome.NONE, articles, note, alone=alone)

    def _read(self, answer: Answer, walk: _Walk, *, depth: int) -> None:
        try:
            said = read_in_child("sitemap", answer.body, url=answer.url)
        except ReadingFailed as error:
            said = {"is_feed": False, "note": f"The sitemap: {error}"}
        if said["note"]:
            walk.notes.append(said["note"])
        if not said["is_feed"] or (said["damaged"] and not said["entries"] and not said["maps"]):
            walk.failed += 1
            return
        walk.read += not said["maps"]
        walk.entries += said["entries"]
        maps = sorted(said["maps"], key=lambda one: -(one["changed"] or 0.0))
        if maps and depth == DEEPEST:
            walk.notes.append("Indexes within indexes were not followed further.")
            walk.failed += 1
            return
        for one in maps:
            if one["url"] in walk.seen or not same_site(one["url"], answer.url):
                continue
            if walk.left == 0:
                walk.notes.append(f"Only {MOST_MAPS} sitemaps were read in this poll, the newest first.")
                return
            walk.seen.add(one["url"])
            walk.left -= 1
            self._follow(one["url"], walk, depth=depth + 1)

    def _follow(self, url: str, walk: _Walk, *, depth: int) -> None:
        try:
            answer = walk.follow(url)
        except WebError as error:
            walk.failed += 1
            walk.waiting = walk.waiting or isinstance(error, RetryLater)
            walk.notes.append(f"A sitemap of the index: {error}")
            return
        if answer.status != 200:
            walk.failed += 1
            walk.notes.append(f"A sitemap of the index answered {answer.status}.")
            return
        self._read(answer, walk, depth=depth)
