"""A classifier of stance that an operator trained on the desk's own decisions: plain weights in a JSON file.

Multinomial logistic regression over cheap features; prediction is a sum of weights and needs no library.
"""

import json
import logging
import math
import re
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from django.conf import settings

from claims.choices import SuggestedStance
from claims.matching.cues import CueKind, content_stems, cues_in, denies
from claims.matching.stance import StanceGuess, guess, rated_by

logger = logging.getLogger(__name__)

FORMAT = 1
LEARNED = (SuggestedStance.REPEATS, SuggestedStance.REFUTES, SuggestedStance.REPORTS)
_SURE = 0.5  # the share of probability below which it says "unclear"
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[?!:]")
_TEXT_LIMIT = 2_000  # characters of the text that the hand-written rule reads here


@dataclass(frozen=True, slots=True)
class Classifier:
    """Weights by feature, one per stance of LEARNED, and how many examples they were learned from."""

    intercept: tuple[float, ...]
    weights: dict[str, tuple[float, ...]]
    examples: int

    def probabilities(self, found: dict[str, float]) -> dict[SuggestedStance, float]:
        """The probability of each stance of LEARNED."""
        sums = list(self.intercept)
        for name, value in found.items():
            for place, weight in enumerate(self.weights.get(name, ())):
                sums[place] += value * weight
        top = max(sums)
        powers = [math.exp(one - top) for one in sums]
        return {stance: power / sum(powers) for stance, power in zip(LEARNED, powers, strict=True)}

    def guess(self, *, title: str, text: str, statement: str) -> StanceGuess:
        """The most probable stance, or unclear where none has half of the probability."""
        said = self.probabilities(features(title=title, text=text, statement=statement))
        best = max(LEARNED, key=lambda stance: said[stance])
        learned = f"learned from {self.examples:,} decisions of this desk"
        if said[best] < _SURE:
            return StanceGuess(SuggestedStance.UNCLEAR, f"What it says about the claim is unclear ({learned}).")
        words = {"repeats": "May repeat it", "refutes": "May refute it", "reports": "Seems to report on it"}[best]
        return StanceGuess(best, f"{words}: {said[best]:.0%} sure, {learned}.")

    def written(self) -> str:
        """The classifier as the JSON that load() reads."""
        body = {
            "format": FORMAT,
            "stances": list(LEARNED),
            "examples": self.examples,
            "intercept": list(self.intercept),
            "weights": {name: list(values) for name, values in sorted(self.weights.items())},
        }
        return json.dumps(body, ensure_ascii=False)


def load(path: Path) -> Classifier:
    """The classifier in a file. Raises OSError if it cannot be read, ValueError if it is not one of ours."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError("This file of weights is damaged. Train again.") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT or body.get("stances") != list(LEARNED):
        raise ValueError("This is no file of weights that this release can read. Train again.")
    try:
        weights = {str(name): _row(values) for name, values in body["weights"].items()}
        return Classifier(_row(body["intercept"]), weights, int(body["examples"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("This file of weights is damaged. Train again.") from error


class _Memory:
    """The classifier that this process read last, and from which state of the file."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.file: tuple[str, int] | None = None
        self.value: Classifier | None = None


_MEMORY = _Memory()


def suggest_stance(*, title: str, text: str, statement: str, fact_checker: bool = False) -> StanceGuess:
    """What the page seems to do with the claim: a fact-checker's rating, then the desk's own classifier, then the rule.

    The reason says which it was. A file of weights that cannot be read is logged, and the rule is used.
    """
    rated = rated_by(title, text) if fact_checker else None
    classifier = _current() if rated is None and title else None
    if classifier is not None:
        return classifier.guess(title=title, text=text, statement=statement)
    return rated or guess(title=title, text=text, statement=statement)


def _current() -> Classifier | None:
    path = Path(settings.STANCE_WEIGHTS)
    try:
        file = (str(path), path.stat().st_mtime_ns)
    except OSError:
        return None
    with _MEMORY.lock:
        if _MEMORY.file != file:
            _MEMORY.file = file
            try:
                _MEMORY.value = load(path)
            except (OSError, ValueError) as error:
                _MEMORY.value = None
                logger.warning("stance weights unreadable, the rule is used; train again path=%s error=%s", path, error)
        return _MEMORY.value


def _row(values: list[float]) -> tuple[float, ...]:
    row = tuple(float(value) for value in values)
    if len(row) != len(LEARNED) or not all(map(math.isfinite, row)):
        raise ValueError("This file of weights is damaged. Train again.")
    return row


def features(*, title: str, text: str, statement: str) -> dict[str, float]:
    """What the classifier sees: words of the headline, its cues, what it shares with the claim, the rule's guess."""
    found: dict[str, float] = {}
    words = [word.lower() for word in _WORD.findall(title)]
    own = {word.lower() for word in _WORD.findall(statement)}
    # The claim's own words say which claim it is, not what is done with it.
    shown = ["_" if word in own else word for word in words]
    for size in (1, 2):
        for start in range(len(shown) - size + 1):
            gram = shown[start : start + size]
            if set(gram) != {"_"}:
                found[f"w:{' '.join(gram)}"] = 1.0
    if shown:
        found[f"first:{shown[0]}"] = 1.0
    for cue in cues_in(title, statement=statement):
        found[f"cue:{cue.kind}"] = 1.0
    for kind in CueKind:
        found.setdefault(f"cue:{kind}", 0.0)
    about, wanted = content_stems(title), content_stems(statement)
    found["shared of claim"] = len(about & wanted) / max(1, len(wanted))
    found["shared of headline"] = len(about & wanted) / max(1, len(about))
    found["claim denies"] = float(denies(statement))
    found[f"rule:{guess(title=title, text=text[:_TEXT_LIMIT], statement=statement).stance}"] = 1.0
    return {name: value for name, value in found.items() if value}
