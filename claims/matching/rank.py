"""How well a page fits a claim: an exact score with the reasons that a person can check. Pure; no database."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

# Found on public sets of claims and coverage (bench/matching.py): what a page must reach to be worth a person's look.
SUGGEST_FROM = 0.40
# Where a page is about the claim's subject at all (bench/stance.py DATA related): too little for a person's time.
RELATED_FROM = 0.16
# The parts of the score: all of the page, its densest passage, its headline; then who and where, and the numbers.
W_WHOLE, W_NEAR, W_TITLE, W_AROUND, W_NUMBER = 0.45, 0.45, 0.1, 0.05, 0.1
NAME_FACTOR = 1.15
RARITY_POWER = 1.3  # a little more than plain log rarity: one rare word says more than two ordinary ones
WINDOW = 40  # words; about a paragraph
_PRIOR_TEXTS = 1_000  # what a young corpus is mixed with, so that ten pages do not decide what is rare
_PRIOR_COMMON = 250
_PRIOR_OTHER = 2
_PRIOR_EVERYWHERE = 80  # names of states, and years: in much of the news, without being words of every text
_ENOUGH = 20.0  # weight below which a wording says too little to be sure of: three ordinary words, say
_TYPICAL_LENGTH = 250.0  # different words on a page of news
_WORD = re.compile(r"[^\W_]+(?:[.'’\-][^\W_]+)*", re.UNICODE)
_NUMBER = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?:\s*(thousand|million|billion|trillion|bn|m|k)\b)?", re.I
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(
    r"\b(?:(?:19|20)\d\d|\d{1,2}(?=(?:st|nd|rd|th)? (?:of )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2})\b"
)
_SCALE = {
    "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12,
}  # fmt: skip
_SENTENCE_END = frozenset('.!?:;"“”')


@dataclass(frozen=True, slots=True)
class Rarity:
    """In how many of `size` texts each lexeme stands, and which lexemes are common in any news."""

    size: int
    counts: Mapping[str, int]
    common: frozenset[str]
    everywhere: frozenset[str] = frozenset()

    def of(self, lexeme: str) -> float:
        """The lexeme's weight: about 1 if it stands in a quarter of all texts, about 11 if in hardly any."""
        prior = _PRIOR_OTHER
        if lexeme in self.common:
            prior = _PRIOR_COMMON
        elif lexeme in self.everywhere or _YEAR.fullmatch(lexeme):
            prior = _PRIOR_EVERYWHERE
        seen = self.counts.get(lexeme, 0) + prior
        texts = self.size + _PRIOR_TEXTS
        return math.pow(math.log(1 + max(texts - seen + 0.5, 0.5) / (seen + 0.5)), RARITY_POWER)


class Word(NamedTuple):
    """A word of a text: as written, where, and whether it is a name by its capitals."""

    text: str
    is_name: bool


@dataclass(frozen=True, slots=True)
class Term:
    """One word that a claim would share with a page: its lexemes (any of them will do), weight and kind."""

    surface: str
    lexemes: frozenset[str]
    weight: float
    is_name: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """One way in which the claim is put."""

    terms: tuple[Term, ...]
    numbers: frozenset[float]


@dataclass(frozen=True, slots=True)
class ClaimView:
    """What the ranking knows of a claim: its wordings, who made it and where, and when."""

    wordings: tuple[Wording, ...]
    around: tuple[Term, ...] = ()  # claimant and place: they support a match and cannot make one
    claimed_on: date | None = None


@dataclass(frozen=True, slots=True)
class PageHits:
    """Positions of the claim's lexemes in a page's title and text."""

    length: int
    title: dict[str, list[int]]
    text: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class PageView:
    """What the ranking knows of a page."""

    hits: PageHits
    numbers: frozenset[float] = field(default_factory=frozenset)
    published_on: date | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a page fits a claim, 0 to 1, and why."""

    score: float
    reasons: tuple[str, ...]

    @property
    def related(self) -> bool:
        """Whether the page is about the claim's subject, worth suggesting or not."""
        return self.score >= RELATED_FROM


def words_of(text: str) -> list[Word]:
    """The words of a text. Capitals make a name, unless they start a sentence or the whole text has them."""
    found = list(_WORD.finditer(text))
    capital = sum(match.group()[0].isupper() for match in found)
    headline = len(found) > 4 and capital > 0.6 * len(found)
    words = []
    for match in found:
        word = match.group()
        letters = [char for char in word if char.isalpha()]
        acronym = len(letters) >= 2 and all(char.isupper() for char in letters)
        before = text[: match.start()].rstrip()
        starts = not before or before[-1] in _SENTENCE_END
        words.append(Word(word, acronym or (word[0].isupper() and not starts and not headline)))
    return words


def numbers_of(text: str) -> frozenset[float]:
    """The numbers in a text by value: 1,500, 1.5 thousand and 1500 are one. Years and days of a month are left out."""
    found = set()
    for whole, part, scale in _NUMBER.findall(_DATE.sub(" ", text)):
        value = float(whole.replace(",", "")[:15] + part[:10])
        found.add(round(value * _SCALE.get(scale.lower(), 1.0), 6))
    return frozenset(found)


def fit(claim: ClaimView, page: PageView) -> Fit:
    """The best fit of any of the claim's wordings."""
    best = max((_fit(wording, claim, page) for wording in claim.wordings), key=lambda one: one.score, default=None)
    return best or Fit(0.0, ())


def _fit(wording: Wording, claim: ClaimView, page: PageView) -> Fit:
    terms = wording.terms
    total = sum(term.weight for term in terms)
    if not total:
        return Fit(0.0, ())
    norm = min(max(0.5 + 0.5 * page.hits.length / _TYPICAL_LENGTH, 0.6), 3.0)
    spots = {term: _positions(term, page.hits.text) for term in terms}
    heads = [term for term in terms if any(lexeme in page.hits.title for lexeme in term.lexemes)]
    whole = 0.0
    shared: list[Term] = []
    for term in terms:
        count = len(spots[term]) + (2 if term in heads else 0)
        if count:
            shared.append(term)
            whole += term.weight * count / (count + 0.6 * norm)
    whole /= total
    close, close_count = _closest(spots)
    title = sum(term.weight for term in heads) / total
    near = max(close / total, title)
    score = (W_WHOLE * whole + W_NEAR * near + W_TITLE * title) * (1 - math.exp(-total / _ENOUGH))
    around = [
        term for term in claim.around if _positions(term, page.hits.text) or term.lexemes & page.hits.title.keys()
    ]
    if claim.around:
        score += W_AROUND * len(around) / len(claim.around)
    matched = wording.numbers & page.numbers
    if wording.numbers:
        score += W_NUMBER * (len(matched) / len(wording.numbers) - 0.5)
    score += _timing(claim, page)
    score = min(max(score, 0.0), 1.0)
    return Fit(round(score, 4), tuple(_reasons(wording, claim, page, shared, heads, around, matched, close_count)))


def _positions(term: Term, where: Mapping[str, list[int]]) -> list[int]:
    return sorted(position for lexeme in term.lexemes for position in where.get(lexeme, ()))


def _closest(spots: Mapping[Term, Sequence[int]]) -> tuple[float, int]:
    """The most weight of different terms that stand within one window of the text, and how many terms that is."""
    line = sorted((position, index) for index, (_, found) in enumerate(spots.items()) for position in found)
    terms = list(spots)
    inside: dict[int, int] = {}
    weight = best = 0.0
    best_count = start = 0
    for position, index in line:
        if inside.get(index, 0) == 0:
            weight += terms[index].weight
        inside[index] = inside.get(index, 0) + 1
        while line[start][0] < position - WINDOW:
            gone = line[start][1]
            inside[gone] -= 1
            if inside[gone] == 0:
                weight -= terms[gone].weight
            start += 1
        if weight > best + 1e-9:
            best, best_count = weight, sum(count > 0 for count in inside.values())
    return best, best_count


def _timing(claim: ClaimView, page: PageView) -> float:
    if claim.claimed_on is None or page.published_on is None:
        return 0.0
    days = abs((page.published_on - claim.claimed_on).days)
    return 0.02 if days <= 31 else (-0.03 if days > 730 else 0.0)


def _reasons(
    wording: Wording,
    claim: ClaimView,
    page: PageView,
    shared: Sequence[Term],
    heads: Sequence[Term],
    around: Sequence[Term],
    matched: frozenset[float],
    close_count: int,
) -> list[str]:
    names = [term for term in shared if term.is_name]
    rare = sorted((term for term in shared if not term.is_name), key=lambda term: -term.weight)[:6]
    reasons = []
    if rare:
        reasons.append(f"Shares the words {_listed(rare)}.")
    if names:
        reasons.append(f"Names {_listed(names)}.")
    if heads:
        reasons.append(f"In the headline: {_listed(heads)}.")
    if close_count >= 3:
        reasons.append(f"{close_count} of the claim's {len(wording.terms)} words stand within {WINDOW} words.")
    if matched:
        reasons.append(f"Has the claim's numbers: {_numbers(matched)}.")
    if missing := wording.numbers - page.numbers:
        reasons.append(f"Does not have the claim's numbers: {_numbers(missing)}.")
    if around:
        reasons.append(f"Mentions {_listed(around)}.")
    if claim.claimed_on is not None and page.published_on is not None:
        reasons.append(_when((page.published_on - claim.claimed_on).days))
    return reasons


def _listed(terms: Sequence[Term]) -> str:
    return ", ".join(f"“{term.surface}”" for term in terms)


def _numbers(values: frozenset[float]) -> str:
    return ", ".join(f"{value:,.10g}" for value in sorted(values))


def _when(days: int) -> str:
    if days == 0:
        return "Published on the day of the claim."
    return f"Published {abs(days):,} day{'' if abs(days) == 1 else 's'} {'after' if days > 0 else 'before'} the claim."
