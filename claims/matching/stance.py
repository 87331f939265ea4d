"""A guess at what a page does with a claim, by simple cue words near the claim's own; a person decides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from claims.choices import SuggestedStance

_REFUTES = re.compile(
    r"\b(?:hoax|fake[ds]?|false(?:ly|hood)?|untrue|debunk\w*|myth|fabricat\w+|bogus|mislead\w*|misleading|disprov\w+|"
    r"refut\w+|rebut\w*|contradict\w*|den(?:y|ies|ied|ial)|dismiss\w*|incorrect|inaccurate|"
    r"no (?:evidence|proof|truth|basis|sign)|not true|never (?:happened|said)|did(?: not|n't) happen|wrong|"
    r"fact[- ]check\w*|retract\w*|satir\w+|unfounded|baseless|without (?:evidence|basis|foundation))\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(
    r"\b(?:sa(?:ys?|id)|claim(?:s|ed)?|alleg\w+|report(?:s|ed|edly)?|accus\w+|told|according to|insist\w*|assert\w*|"
    r"rumou?r\w*|suggest\w*|apparently|unconfirmed|purported\w*|supposed\w*)\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"\b(?:no|not|never|nobody|none|neither|nor|nothing|without)\b|n't\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]*\s+|\n+")


@dataclass(frozen=True, slots=True)
class StanceGuess:
    """The suggestion and the sentence that says why."""

    stance: SuggestedStance
    reason: str


def guess(*, title: str, text: str, words: Iterable[str], statement: str) -> StanceGuess:
    """What the page seems to do with the claim, from its title and the sentences nearest to the claim's words.

    A claim that itself denies something is not refuted by a page that denies it too, so there the guess is careful.
    """
    wanted = {_stem(word) for word in words}
    sentences = [title, *(sentence for sentence in _SENTENCE.split(text[:50_000]) if sentence)]
    scored = sorted(
        ((_shared(sentence, wanted), -place, sentence) for place, sentence in enumerate(sentences)), reverse=True
    )
    # A cue counts only next to the claim's own words: one of them in a headline, two in a sentence of the text.
    nearest = [(shared, text) for shared, place, text in scored[:4] if shared >= (1 if place == 0 else 2)]
    denies = _DENIAL.search(statement)
    for _, passage in nearest:
        cue = _REFUTES.search(passage)
        if cue is None:
            continue
        if denies is None:
            return StanceGuess(
                SuggestedStance.REFUTES, f"May refute it: “{cue.group()}” stands near the claim's words."
            )
        if _REFUTES.search(statement):
            return StanceGuess(
                SuggestedStance.REPEATS, f"May repeat it: “{cue.group()}” stands near the claim's words."
            )
    for _, passage in nearest:
        cue = _REPORTS.search(passage)
        if cue is not None:
            return StanceGuess(
                SuggestedStance.REPORTS, f"Seems to report on it: “{cue.group()}” stands near its words."
            )
    if nearest and nearest[0][0] >= max(3, 0.6 * len(wanted)):
        return StanceGuess(SuggestedStance.REPEATS, "May repeat it: most of the claim's words stand in one sentence.")
    return StanceGuess(SuggestedStance.UNCLEAR, "What it says about the claim is unclear.")


def _shared(sentence: str, wanted: set[str]) -> int:
    return len(wanted & {_stem(word) for word in _WORD.findall(sentence)})


def _stem(word: str) -> str:
    # Enough to see that "costs" and "costing" are one word; what it joins wrongly costs little here.
    return word.lower()[:5]
