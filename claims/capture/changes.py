"""What differs between two copies of one page, as a person would put it. Pure; the copies are read elsewhere."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claims.capture.extract import ReadPage
from claims.choices import FetchState
from claims.text import content_hash, folded, holds_quote, one_line

SHORTEST_TEXT = 250  # characters; less is a notice, a login or an interstitial, not the article
PASSAGE_LIMIT = 2000  # characters of changed text that are kept to be shown
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’»)]*\s+|\n+")
_WORD = re.compile(r"\w+")
_ALIKE = 0.3


@dataclass(frozen=True, slots=True)
class PageChange:
    """What differs. `headline` and `text` are (before, after), None where they do not differ.

    `lost` are quotes that the earlier copy holds and the later one does not, each with the passage of the later copy
    that comes nearest, "" if none does. `unmeasured` says why quotes could not be looked for, "" if they could.
    """

    headline: tuple[str, str] | None = None
    text: tuple[str, str] | None = None
    lost: tuple[tuple[str, str], ...] = ()
    unmeasured: str = ""

    def __bool__(self) -> bool:
        return bool(self.headline or self.text or self.lost)


def unreadable(page: ReadPage) -> str:
    """Why a copy is not fit to be compared, as a sentence; "" if it is."""
    if page.state != FetchState.READ:
        return page.note or "The copy could not be read."
    if len(page.text) < SHORTEST_TEXT:
        return "The copy holds too little text to be the article: a notice, a login, or an empty page."
    return ""


def compare(before: ReadPage, after: ReadPage, *, quotes: Iterable[str]) -> PageChange:
    """How the later copy differs from the earlier. Both must be readable.

    A later copy behind a paywall shows its headline only: that a passage is not in it says nothing.
    """
    headline = None
    if before.title and after.title and folded(before.title) != folded(after.title):
        headline = (before.title, after.title)
    gone = [quote for quote in quotes if holds_quote(before.text, quote) and not holds_quote(after.text, quote)]
    if after.paywalled:
        return PageChange(headline=headline, unmeasured="The page stands behind a paywall now." if gone else "")
    if content_hash(before.text) == content_hash(after.text):
        return PageChange(headline=headline)
    return PageChange(
        headline=headline,
        text=_changed_text(before.text, after.text),
        lost=tuple((quote, nearest(quote, after.text, before=before.text)) for quote in gone),
    )


def nearest(quote: str, text: str, *, before: str = "") -> str:
    """The passage of the text that shares most words with the quote, "" if it shares too few to be its new form.

    What stood in the text before as well is not what the passage has become.
    """
    known = {folded(one) for one in _sentences(before)}
    wanted = set(_WORD.findall(folded(quote)))
    length = max(len(_sentences(quote)), 1)
    sentences = _sentences(text)
    best, found = 0.0, ""
    for start in range(len(sentences)):
        part = sentences[start : start + length]
        if all(folded(one) in known for one in part):
            continue
        passage = " ".join(part)
        words = set(_WORD.findall(folded(passage)))
        share = len(wanted & words) / len(wanted | words) if wanted | words else 0.0
        if share > best:
            best, found = share, passage
    return one_line(found, limit=PASSAGE_LIMIT) if best >= _ALIKE else ""


def _changed_text(before: str, after: str) -> tuple[str, str]:
    old, new = _sentences(before), _sentences(after)
    known_old, known_new = {folded(one) for one in old}, {folded(one) for one in new}
    gone = " ".join(one for one in old if folded(one) not in known_new)
    come = " ".join(one for one in new if folded(one) not in known_old)
    return one_line(gone, limit=PASSAGE_LIMIT), one_line(come, limit=PASSAGE_LIMIT)


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]
