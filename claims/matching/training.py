"""Learning stance from decisions that people made: scikit-learn fits, and plain weights come out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from claims.choices import Stance, SuggestedStance
from claims.matching.learned import LEARNED, Classifier, features
from claims.models import Coverage, Evidence

# Fewer would teach it this month's headlines. Each stance must be there, or it could never be suggested.
FEWEST, FEWEST_EACH = 200, 25
_RARE = 2  # a word of fewer examples teaches nothing that holds for the next
_INVERSE_REGULARISATION = 0.1


@dataclass(frozen=True, slots=True)
class Example:
    """A page's headline and text, the claim beside it, and what a person said that the page does with it."""

    claim: int | str
    title: str
    text: str
    statement: str
    stance: SuggestedStance


# What an editor says of a page by citing or keeping it, in the words of a suggestion.
_SAID = {
    Stance.SUPPORTS: SuggestedStance.REPEATS,
    Stance.REFUTES: SuggestedStance.REFUTES,
    Stance.CONTEXT: SuggestedStance.REPORTS,
}


def decided() -> list[Example]:
    """What editors said of coverage by citing it, else by keeping it; oldest first. Withdrawn sources teach nothing."""
    cited = Evidence.objects.live().filter(coverage__isnull=False, document__isnull=False)
    kept = Coverage.objects.filter(stance__isnull=False).exclude(Exists(cited.filter(coverage=OuterRef("pk"))))
    said = [
        *cited.select_related("claim", "document").order_by("pk"),
        *kept.select_related("claim", "document").order_by("pk"),
    ]
    return [
        Example(
            claim=row.claim_id,
            title=row.document.title,
            text=row.document.text,
            statement=row.claim.statement,
            stance=_SAID[Stance(row.stance)],
        )
        for row in said
        if row.document is not None
    ]


def shortage(examples: Sequence[Example]) -> str:
    """A sentence that says what is missing for training; empty if there is enough."""
    counts = Counter(example.stance for example in examples)
    short = [stance for stance in LEARNED if counts[stance] < FEWEST_EACH]
    if len(examples) >= FEWEST and not short:
        return ""
    there = ", ".join(f"{counts[stance]:,} “{stance.label.lower()}”" for stance in LEARNED)
    return (
        f"There are {len(examples):,} decisions ({there}). Training needs at least {FEWEST:,}, and {FEWEST_EACH} of "
        "each. Until then the hand-written rule stays in use."
    )


def train(examples: Sequence[Example]) -> Classifier:
    """A classifier of the examples. The same examples in the same order give the same weights."""
    seen = [features(title=one.title, text=one.text, statement=one.statement) for one in examples]
    counts = Counter(name for found in seen for name in found)
    kept = [{name: value for name, value in found.items() if counts[name] >= _RARE} for found in seen]
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(kept)
    model = LogisticRegression(C=_INVERSE_REGULARISATION, class_weight="balanced", max_iter=2_000)
    model.fit(matrix, [LEARNED.index(example.stance) for example in examples])
    names = vectorizer.get_feature_names_out()
    rows = dict(zip((int(place) for place in model.classes_), model.coef_, strict=True))
    weights = {
        str(name): tuple(round(float(rows[place][column]), 6) for place in range(len(LEARNED)))
        for column, name in enumerate(names)
    }
    return Classifier(
        intercept=tuple(round(float(value), 6) for value in model.intercept_), weights=weights, examples=len(examples)
    )
