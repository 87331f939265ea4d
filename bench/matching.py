"""How well coverage is matched, on public research sets that this project did not write.

    python bench/matching.py DATA [--json FILE] [--sets coverage_bodies emergent]

DATA is a folder with one folder per set, each with dev/queries.jsonl ({id, text}), dev/corpus.jsonl or .jsonl.gz
({id, text}) and dev/qrels.tsv (query id, document id). A set that is not there is skipped. Works in
a scratch database beside the one that DATABASE_URL names. Nothing of the sets is kept.
"""

import argparse
import gzip
import json
import os
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from desk import scratch
from django.db import transaction

from claims.choices import ClaimState, FetchState
from claims.matching import lexical, rank
from claims.matching.operations import rank_documents
from claims.models import Claim, Document

NOW = datetime.now(UTC)
SETS = {"coverage_bodies": "text", "emergent": "title"}


def lines(folder, name):
    """The objects of a JSON Lines file, gzipped or not."""
    plain = folder / f"{name}.jsonl"
    if plain.exists():
        return [json.loads(line) for line in plain.open()]
    with gzip.open(folder / f"{name}.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


def load(folder, column):
    """The set as documents and claims, and who belongs to whom."""
    documents = {}
    for row in lines(folder, "corpus"):
        text = row["text"].replace("\x00", "")
        value = {"title": text[:500], "text": text} if column == "title" else {"title": "", "text": text}
        documents[row["id"]] = Document(
            url=f"https://bench.example/{row['id']}", fetch_state=FetchState.READ, found_at=NOW, **value
        )
    Document.objects.bulk_create(documents.values())
    claims = {
        row["id"]: Claim(statement=row["text"][:500], state=ClaimState.RESEARCHING, created_at=NOW, changed_at=NOW)
        for row in lines(folder, "queries")
    }
    Claim.objects.bulk_create(claims.values())
    relevant = {}
    for line in (folder / "qrels.tsv").open():
        query, document = line.split()[:2]
        relevant.setdefault(query, set()).add(document)
    return {row.pk: key for key, row in documents.items()}, claims, relevant


def figures(runs, relevant):
    """Mean average precision to depth 100 and 5, recall at 20, reciprocal rank; and suggestions at the threshold."""
    precision, precision5, recall, reciprocal = [], [], [], []
    suggested = hit = wanted = 0
    for query, ranked in runs.items():
        good = relevant.get(query, set())
        if not good:
            continue
        found = total = total5 = first = 0.0
        for place, (document, _) in enumerate(ranked[:100], 1):
            if document in good:
                found += 1
                total += found / place
                total5 += found / place if place <= 5 else 0
                first = first or 1 / place
        precision.append(total / len(good))
        precision5.append(total5 / len(good))
        recall.append(sum(document in good for document, _ in ranked[:20]) / len(good))
        reciprocal.append(first)
        over = [document for document, score in ranked if score >= rank.SUGGEST_FROM]
        suggested += len(over)
        hit += sum(document in good for document in over)
        wanted += len(good)
    return {
        "queries": len(precision),
        "MAP@100": round(statistics.mean(precision), 4),
        "MAP@5": round(statistics.mean(precision5), 4),
        "R@20": round(statistics.mean(recall), 4),
        "MRR": round(statistics.mean(reciprocal), 4),
        "threshold": rank.SUGGEST_FROM,
        "suggested": suggested,
        "precision_at_threshold": round(hit / suggested, 4) if suggested else None,
        "recall_at_threshold": round(hit / wanted, 4),
    }


def measure(folder, column):
    """Figures of one set through the product's own ranking."""
    with transaction.atomic():
        names, claims, relevant = load(folder, column)
        lexical.forget_frequencies()
        runs, took = {}, []
        for query, claim in claims.items():
            start = time.perf_counter()
            ranked = rank_documents(claim).fits
            took.append(1000 * (time.perf_counter() - start))
            runs[query] = [(names[one.document_id], one.fit.score) for one in ranked if one.document_id in names]
        transaction.set_rollback(True)
    lexical.forget_frequencies()
    result = figures(runs, relevant)
    result["median_ms"] = round(statistics.median(took[1:]), 1)
    return result, runs, relevant


def main():
    """Measure and print; 0 even if every set is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    asked = parser.parse_args()
    results = {}
    for name in asked.sets:
        folder = asked.data / name / "dev"
        if not (folder / "queries.jsonl").exists():
            print(f"{name}: not in {asked.data}, skipped")
            continue
        with scratch():
            results[name], _, _ = measure(folder, SETS[name])
        print(name, json.dumps({**results[name], "load": round(os.getloadavg()[0], 2)}))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
