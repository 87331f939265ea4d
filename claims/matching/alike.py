"""Whether another statement says what a claim says: rare words shared, the same figures, the same "not"."""

import re

from claims.matching import lexical
from claims.matching.rank import numbers_of, words_of
from claims.models import Claim

_NEGATION = re.compile(r"\b(?:not|never|no|none|nobody|nothing|neither|without|cannot|\w+n['’]t)\b", re.IGNORECASE)


def likeness(claim: Claim, text: str) -> float:
    """0 to 1 for the wording of the claim that is closest. 0 where figures differ or only one says "not"."""
    wordings = [claim.statement, *claim.aliases.values_list("text", flat=True)]
    return max((_alike(wording, text) for wording in wordings), default=0.0)


def _alike(ours: str, theirs: str) -> float:
    our_numbers, their_numbers = numbers_of(ours), numbers_of(theirs)
    if our_numbers and their_numbers and our_numbers != their_numbers:
        return 0.0
    if bool(_NEGATION.search(ours)) != bool(_NEGATION.search(theirs)):
        return 0.0
    found = [_weights(text) for text in (ours, theirs)]
    total = sum(sum(weights.values()) for weights in found)
    if not total:
        return 0.0
    shared = sum(found[0][lexeme] + found[1][lexeme] for lexeme in found[0].keys() & found[1].keys())
    return shared / total


def _weights(text: str) -> dict[str, float]:
    rarity = lexical.rarity()
    lexemes = lexical.lexemes_of([word.text for word in words_of(text)])
    same = lexical.same_names(lexeme for found in lexemes.values() for lexeme in found)
    weights: dict[str, float] = {}
    for found in lexemes.values():
        for lexeme in found:
            # One name for all by which a state is called.
            name = min(same[lexeme]) if lexeme in same else lexeme
            weights[name] = max(weights.get(name, 0.0), rarity.of(lexeme))
    return weights
