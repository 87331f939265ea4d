"""The lines by which the web is searched for a claim, built from its own names, numbers, quotations and rare words."""

import re

from claims.matching import lexical
from claims.matching.rank import NAME_FACTOR, Word, words_of
from claims.matching.words import COMMON_WORDS
from claims.models import Claim, ClaimQuery
from claims.text import one_line

MOST_LINES = 3
MOST_TERMS = 5  # all of which a page must hold; a sixth would find nothing any more
MOST_NAMES = 2
RARE_FROM = 3.0  # of about 11: below it a word stands in every other article
_QUOTED = re.compile(r"[\"“«„]([^\"”»“„]{8,120})[\"”»“]")
_DIGITS = re.compile(r"\d")
_FIGURE = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*(?!\w)")
_POSSESSIVE = re.compile(r"['’]s$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_QUOTE_WORDS = 8


def lines_of(claim: Claim) -> list[str]:
    """The lines that a person wrote for the claim; those built from its words where nobody did."""
    row = ClaimQuery.objects.filter(claim=claim).first()
    return list(row.lines) if row is not None and row.lines else built_lines(claim)


def built_lines(claim: Claim) -> list[str]:
    """Up to three lines: who and what by the rarest words; the words that were quoted; the figures.

    No line for a claim without a word that says anything.
    """
    words = words_of(claim.statement)
    weights = _weights(words)
    names = _names(claim.statement, words)[:MOST_NAMES]
    named = {part for name in names for part in name.split()}
    named |= {word.text for word in words if _POSSESSIVE.sub("", word.text) in named}
    figures = [figure for figure in _FIGURE.findall(claim.statement) if not _YEAR.fullmatch(figure)]
    rare = [
        word
        for word in sorted(weights, key=lambda word: (-weights[word], word))
        if weights[word] >= RARE_FROM and word not in named and not _DIGITS.search(word)
    ]
    lines = [_line([*map(_term, names), *rare[: MOST_TERMS - len(names) - (1 if names else 0)]])]
    quote = _quote(claim)
    if quote:
        claimant = [_term(claim.claimant.name)] if claim.claimant is not None else list(map(_term, names[:1]))
        lines.append(_line([f'"{quote}"', *claimant]))
    if figures:
        lines.append(_line([*map(_term, names[:1]), *figures[:2], *rare[:2]]))
    return list(dict.fromkeys(line for line in lines if line))[:MOST_LINES]


def _weights(words: list[Word]) -> dict[str, float]:
    rarity = lexical.rarity()
    lexemes = lexical.lexemes_of([word.text for word in words])
    weights: dict[str, float] = {}
    for word in words:
        heaviest = max((rarity.of(lexeme) for lexeme in lexemes[word.text]), default=0.0)
        weights[word.text] = max(weights.get(word.text, 0.0), heaviest * (NAME_FACTOR if word.is_name else 1.0))
    return {word: weight for word, weight in weights.items() if weight > 0 and len(word) > 2}


def _names(statement: str, words: list[Word]) -> list[str]:
    """Names as they stand, those of several words whole, in the order of the statement."""
    found: list[str] = []
    open_name = False
    for word in words:
        if not word.is_name or _DIGITS.search(word.text):
            open_name = False
            continue
        if open_name and f"{found[-1]} {word.text}" in statement:
            found[-1] = f"{found[-1]} {word.text}"
        else:
            found.append(word.text)
        open_name = True
    found = [_POSSESSIVE.sub("", name) for name in found]
    # A month or a weekday has a capital too, and says nothing about which story is meant.
    found = [name for name in found if name.lower() not in COMMON_WORDS]
    return sorted(dict.fromkeys(found), key=lambda name: -len(name.split()))  # stable: whole names say more


def _quote(claim: Claim) -> str:
    for text in (claim.statement, claim.original_text):
        match = _QUOTED.search(text)
        if match is not None:
            return " ".join(match[1].split()[:_QUOTE_WORDS])
    return ""


def _term(text: str) -> str:
    bare = text.replace('"', " ").strip()
    return f'"{bare}"' if " " in bare else bare


def _line(terms: list[str]) -> str:
    return one_line(" ".join(dict.fromkeys(term for term in terms if term)), limit=200)
