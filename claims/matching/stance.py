"""A guess at what a page does with a claim, by the words around the claim's own; a person decides.

Hand-written knowledge of English headlines, trained on nothing. It cannot follow an argument, irony or a picture, and
reads no other language: where it finds too little of the claim, it says "unclear".
"""

import re
from dataclasses import dataclass

from claims.choices import SuggestedStance
from claims.matching.cues import Cue, CueKind, content_stems, cues_in, denies, rating_in, shared_doubt

# The share of the claim's words that a headline must have to be about it, and what a sentence must have to be it.
ABOUT, SAYS = 0.15, 0.6
_TEXT_LIMIT = 50_000
_NEAREST = 3
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]*\s+|\n+")
_REPORTED = frozenset({CueKind.QUESTION, CueKind.ATTRIBUTION, CueKind.HEDGE, CueKind.QUOTES})


@dataclass(frozen=True, slots=True)
class StanceGuess:
    """The suggestion and the sentence that says why."""

    stance: SuggestedStance
    reason: str


def guess(*, title: str, text: str, statement: str, fact_checker: bool = False) -> StanceGuess:
    """What the page seems to do with the claim: by a fact-checker's rating, then its headline, then its nearest words.

    `fact_checker` says that the page's outlet is one; others' pages may quote a rating and mean something else. A claim
    that itself denies something is not refuted by a page that denies it too, so there the guess is careful.
    """
    if fact_checker:
        rated = rated_by(title, text)
        if rated is not None:
            return rated
    wanted = content_stems(statement)
    sentences = _nearest(text, wanted)
    shared = len(content_stems(title) & wanted)
    # One word in common is enough for a headline that doubts: "A bogus Banksy".
    if shared and (
        shared >= ABOUT * len(wanted) or any(c.kind == CueKind.DOUBT for c in cues_in(title, statement=statement))
    ):
        return _by_headline(title, sentences, statement)
    for sentence in sentences:
        found = _by_cues(sentence, statement, "beside the claim's words in the text")
        if found is not None:
            return found
    if sentences and len(content_stems(sentences[0]) & wanted) >= max(3, SAYS * len(wanted)):
        return StanceGuess(SuggestedStance.REPEATS, "May repeat it: most of the claim's words stand in one sentence.")
    return StanceGuess(
        SuggestedStance.UNCLEAR, "What it says about the claim is unclear: too few of its words stand together."
    )


def _by_headline(title: str, sentences: list[str], statement: str) -> StanceGuess:
    found = _by_cues(title, statement, "in the headline")
    if found is not None:
        return found
    for sentence in sentences:
        below = _by_cues(sentence, statement, "beside the claim's words in the text")
        if below is not None:
            return below
    if denies(statement):
        return StanceGuess(
            SuggestedStance.UNCLEAR,
            "What it says about the claim is unclear: the claim denies something, and the headline does not.",
        )
    return StanceGuess(
        SuggestedStance.REPEATS, "May repeat it: the headline says it without attribution, doubt or denial."
    )


def _by_cues(passage: str, statement: str, where: str) -> StanceGuess | None:
    """The guess from one passage; None if it has no cue."""
    agreed = shared_doubt(passage, statement=statement)
    if agreed:
        return StanceGuess(SuggestedStance.REPEATS, f"May repeat it: “{agreed}” stands in both, {where}.")
    cues = cues_in(passage, statement=statement)
    first: dict[CueKind, Cue] = {}
    for cue in cues:
        first.setdefault(cue.kind, cue)
    careful = denies(statement)
    if CueKind.DOUBT in first:
        word = first[CueKind.DOUBT].text
        if careful:
            return StanceGuess(
                SuggestedStance.UNCLEAR, f"Unclear: “{word}” stands {where}, and the claim itself denies something."
            )
        return StanceGuess(SuggestedStance.REFUTES, f"May refute it: “{word}” stands {where}.")
    if CueKind.DENIAL in first and CueKind.QUESTION not in first:
        word = first[CueKind.DENIAL].text
        if careful:
            return StanceGuess(SuggestedStance.REPEATS, f"May repeat it: it denies too, by “{word}” {where}.")
        return StanceGuess(SuggestedStance.REFUTES, f"May refute it: it denies, by “{word}” {where}.")
    reported = next((cue for cue in cues if cue.kind in _REPORTED), None)
    return (
        StanceGuess(SuggestedStance.REPORTS, _REPORTS[reported.kind].format(reported.text, where)) if reported else None
    )


_REPORTS = {
    CueKind.QUESTION: "Seems to report on it: there is a question {1}.",
    CueKind.ATTRIBUTION: "Seems to report on it: “{0}” leaves it to somebody else, {1}.",
    CueKind.HEDGE: "Seems to report on it: “{0}” keeps it open, {1}.",
    CueKind.QUOTES: "Seems to report on it: “{0}” is in quotation marks, {1}.",
}


def rated_by(title: str, text: str) -> StanceGuess | None:
    """The guess from a fact-checker's rating; None where the page has none that can be told."""
    rating, says_true = rating_in(f"{title}\n{text[:_TEXT_LIMIT]}")
    if not rating:
        return None
    stance = {
        True: SuggestedStance.REPEATS,
        False: SuggestedStance.REFUTES,
        None: SuggestedStance.REPORTS,
    }[says_true]
    return StanceGuess(stance, f"A fact-checker's page that rates it “{rating}”.")


def _nearest(text: str, wanted: frozenset[str]) -> list[str]:
    """The sentences that share most with the claim, two of its words at least."""
    scored = [
        (len(content_stems(sentence) & wanted), -place, sentence)
        for place, sentence in enumerate(_SENTENCE.split(text[:_TEXT_LIMIT]))
        if sentence
    ]
    best = sorted((one for one in scored if one[0] >= 2), reverse=True)[:_NEAREST]
    return [sentence for _, _, sentence in best]
