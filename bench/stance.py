"""Whether a page is about a claim, and what it does with it, on public research sets.

    python bench/stance.py DATA related|emergent|trained [--json FILE] [--seed N]

DATA is a folder with fnc1/dev/pairs.jsonl.gz ({id, headline, body_id, stance}) and coverage_bodies/dev/corpus.jsonl.gz
({id, text}), or with emergent/dev/stance.jsonl ({id, claim_id, claim, headline, stance}). A set that is missing is
skipped. `related` works in a scratch database beside the one that DATABASE_URL names.

Both sets are halved by the seed, stories or claims whole: with seed 1, thresholds and cue words were looked for in the
first half only. `trained` fits in folds over claims and forgets; nothing of the sets is kept.
"""

import argparse
import gzip
import json
import random
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from desk import scratch
from django.db import transaction

from claims.choices import ClaimState, FetchState, SuggestedStance
from claims.matching import lexical, rank, stance
from claims.matching.operations import compare
from claims.matching.training import Example, train
from claims.models import Claim, Document

NOW = datetime.now(UTC)
FOLDS = 10
CLASSES = ("for", "against", "observing")
# The set knows no "unclear": a headline of which nothing can be told counts as one that only observes.
CLASS_OF = {
    SuggestedStance.REPEATS: "for",
    SuggestedStance.REFUTES: "against",
    SuggestedStance.REPORTS: "observing",
    SuggestedStance.UNCLEAR: "observing",
}


def rows_of(path):
    """The objects of a JSON Lines file, gzipped or not; None if it is missing."""
    if not path.exists():
        return None
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [json.loads(line) for line in file]


def share(part, whole):
    """A quotient, nothing of nothing being nothing."""
    return part / whole if whole else 0.0


def scores(gold, said, name):
    """Precision, recall and F1 of one class."""
    both = sum(one == other == name for one, other in zip(gold, said, strict=True))
    precision, recall = share(both, said.count(name)), share(both, gold.count(name))
    return {
        "P": round(precision, 4),
        "R": round(recall, 4),
        "F1": round(share(2 * precision * recall, precision + recall), 4),
        "n": gold.count(name),
    }


def halves(names, seed):
    """Which of two halves each name is in."""
    ordered = sorted(names)
    random.Random(seed).shuffle(ordered)
    return {name: int(place >= len(ordered) // 2) for place, name in enumerate(ordered)}


# Related or not


def stories(pairs):
    """One name per story: headlines and bodies that any related pair joins are of one story."""
    parent = {}

    def root(name):
        parent.setdefault(name, name)
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    for pair in pairs:
        headline, body = root(f"headline {pair['headline']}"), root(f"body {pair['body_id']}")
        if pair["stance"] != "unrelated":
            parent[headline] = body
    return {name: root(name) for name in list(parent)}


def compared(pairs, bodies):
    """The product's fit of each pair, by the pair's id."""
    fits = {}
    with transaction.atomic():
        pages = {
            key: Document(
                url=f"https://bench.example/{key}",
                text=bodies[key].replace("\x00", ""),
                fetch_state=FetchState.READ,
                found_at=NOW,
            )
            for key in sorted({pair["body_id"] for pair in pairs})
        }
        Document.objects.bulk_create(pages.values())
        lexical.forget_frequencies()
        of_headline = defaultdict(list)
        for pair in pairs:
            of_headline[pair["headline"]].append(pair)
        for headline, some in of_headline.items():
            claim = Claim.objects.create(
                statement=headline[:500], state=ClaimState.RESEARCHING, created_at=NOW, changed_at=NOW
            )
            ranked = compare(claim=claim, document_ids=[pages[pair["body_id"]].pk for pair in some])
            found = {one.document_id: one.fit for one in ranked}
            for pair in some:
                fits[pair["id"]] = found[pages[pair["body_id"]].pk]
        transaction.set_rollback(True)
    lexical.forget_frequencies()
    return fits


def f1_at(scored, least):
    """F1 of "related" where that is a score of at least so much."""
    both = sum(good and score >= least for score, good in scored)
    return share(2 * both, sum(score >= least for score, _ in scored) + sum(good for _, good in scored))


def related(data, seed):
    """F1 of "related" on pairs that lie wholly in one half; over the other pairs too in `all`."""
    pairs = rows_of(data / "fnc1" / "dev" / "pairs.jsonl.gz")
    corpus = rows_of(data / "coverage_bodies" / "dev" / "corpus.jsonl.gz")
    if pairs is None or corpus is None:
        return None
    start = time.perf_counter()
    with scratch():
        fits = compared(pairs, {row["id"]: row["text"] for row in corpus})
    took = time.perf_counter() - start
    story = stories(pairs)
    half = halves(set(story.values()), seed)
    sides = [(half[story[f"headline {pair['headline']}"]], half[story[f"body {pair['body_id']}"]]) for pair in pairs]
    # What the first half alone would choose, beside the constant that the product uses.
    first = [
        (fits[pair["id"]].score, pair["stance"] != "unrelated")
        for pair, side in zip(pairs, sides, strict=True)
        if side == (0, 0)
    ]
    chosen = max((step / 100 for step in range(5, 41)), key=lambda least: f1_at(first, least))
    result = {
        "threshold_of_first_half": chosen,
        "threshold": rank.RELATED_FROM,
        "seed": seed,
        "ms_per_pair": round(1000 * took / len(pairs), 2),
    }
    for name, chosen in (("looked_at", {(0, 0)}), ("held_out", {(1, 1)}), ("all", set(sides))):
        some = [pair for pair, side in zip(pairs, sides, strict=True) if side in chosen]
        gold = ["unrelated" if pair["stance"] == "unrelated" else "related" for pair in some]
        said = ["related" if fits[pair["id"]].related else "unrelated" for pair in some]
        result[name] = {"pairs": len(some), **scores(gold, said, "related")}
    return result


# Stance of a headline


def figures(rows, said):
    """Macro-F1 over the three classes, accuracy, and each class."""
    gold = [row["stance"] for row in rows]
    guessed = [said[row["id"]] for row in rows]
    each = {name: scores(gold, guessed, name) for name in CLASSES}
    return {
        "rows": len(rows),
        "macro_F1": round(sum(one["F1"] for one in each.values()) / len(CLASSES), 4),
        "accuracy": round(share(sum(a == b for a, b in zip(gold, guessed, strict=True)), len(rows)), 4),
        **each,
    }


def emergent(data, seed):
    """The shipped rule on headlines."""
    rows = rows_of(data / "emergent" / "dev" / "stance.jsonl")
    if rows is None:
        return None
    half = halves({row["claim_id"] for row in rows}, seed)
    guesses = {row["id"]: stance.guess(title=row["headline"], text="", statement=row["claim"]) for row in rows}
    said = {key: CLASS_OF[guess.stance] for key, guess in guesses.items()}
    return {
        "seed": seed,
        "unclear": sum(guess.stance == SuggestedStance.UNCLEAR for guess in guesses.values()),
        "looked_at": figures([row for row in rows if half[row["claim_id"]] == 0], said),
        "held_out": figures([row for row in rows if half[row["claim_id"]] == 1], said),
        "all": figures(rows, said),
    }


def trained(data, seed):
    """The code of `manage.py train_stance`, by cross-validation: no claim is in training and in test."""
    rows = rows_of(data / "emergent" / "dev" / "stance.jsonl")
    if rows is None:
        return None
    claims = sorted({row["claim_id"] for row in rows})
    random.Random(seed).shuffle(claims)
    fold = {claim: place % FOLDS for place, claim in enumerate(claims)}
    stance_of = {name: stance for stance, name in CLASS_OF.items() if stance != SuggestedStance.UNCLEAR}
    said, unclear = {}, 0
    for number in range(FOLDS):
        examples = [
            Example(row["claim_id"], row["headline"], "", row["claim"], stance_of[row["stance"]])
            for row in rows
            if fold[row["claim_id"]] != number
        ]
        classifier = train(examples)
        for row in rows:
            if fold[row["claim_id"]] == number:
                guess = classifier.guess(title=row["headline"], text="", statement=row["claim"])
                unclear += guess.stance == SuggestedStance.UNCLEAR
                said[row["id"]] = CLASS_OF[guess.stance]
    return {"seed": seed, "folds": FOLDS, "unclear": unclear, "all": figures(rows, said)}


MEASURES = {"related": related, "emergent": emergent, "trained": trained}


def main():
    """Measure and print; 0 even if the set is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("what", choices=MEASURES)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    result = MEASURES[asked.what](asked.data, asked.seed)
    if result is None:
        print(f"{asked.what}: its set is not in {asked.data}, skipped")
        return 0
    print(asked.what, json.dumps(result))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
