"""Whether copies of one story are found and different stories kept apart, through the product's own grouping.

    python bench/near_duplicates.py DATA [--json FILE] [--seed N]

DATA is a folder with extraction_aeb/dev/gold.jsonl ({id, url, text}: the bodies of real articles). Of each body four
copies are made: with a byline and an agency's lines, cut by 20 %, with its paragraphs in another order, and inside a
site's boilerplate. Works in a scratch database beside the one that DATABASE_URL names.
"""

import argparse
import json
import random
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from desk import scratch
from django.db import transaction

from claims.choices import FetchState
from claims.coverage.near_duplicates import group_document
from claims.coverage.shingles import SHORT_WORDS, words_in
from claims.models import Document
from claims.text import content_hash

NOW = datetime.now(UTC)
NAMES = ("Ada Brunner", "Luis Ferro", "Mina Okafor", "Per Lindqvist", "Sana Rahimi")
CITIES = ("HAFENSTADT", "NEW ASHFORD", "PORTO ALTO", "KIRKBY")
BEFORE = (
    "Sign up for our morning newsletter and read the stories that matter to you and your town before breakfast.",
    "You have two free articles left this month. Subscribers read without limits, on paper and on every screen.",
)
AFTER = (
    "Read more from this section: what the council decided last night, and why the ferry will not sail on Sunday.",
    "The views expressed in comments are those of the readers who wrote them. Be kind, and stay on the subject.",
    "Do not post the personal details of other people. We close comments after three days.",
    "Copyright of this page lies with the publisher. No part of it may be copied, stored or sent on in any form.",
    "Contact the newsroom by letter or telephone on working days between nine and five.",
)


def byline(text, chance):
    """As another paper prints an agency's story."""
    name, other = chance.sample(NAMES, 2)
    return f"By {name}\n{chance.choice(CITIES)} (Agency) — {text}\n(Reporting by {name}; editing by {other})"


def truncated(text, _):
    """Without its last fifth."""
    words = text.split(" ")
    return " ".join(words[: round(0.8 * len(words))])


def reordered(text, chance):
    """With its paragraphs shuffled; a body of one paragraph by sentences."""
    for mark in ("\n", ". "):
        parts = [part for part in text.split(mark) if part.strip()]
        if len(parts) > 1:
            chance.shuffle(parts)
            return mark.join(parts)
    return text


def boilerplate(text, _):
    """Inside what a site puts around every article."""
    return "\n".join([*BEFORE, text, *AFTER])


VARIANTS = {"byline": byline, "truncated 20 %": truncated, "reordered": reordered, "boilerplate": boilerplate}


def store(key, text, took):
    """A page that was read, grouped by the product."""
    page = Document.objects.create(
        url=f"https://bench.example/{key}",
        text=text,
        content_hash=content_hash(text),
        fetch_state=FetchState.READ,
        found_at=NOW,
    )
    start = time.perf_counter()
    group_document(document_id=page.pk, at=NOW)
    took.append(1000 * (time.perf_counter() - start))
    return page


def groups(pages):
    """The group of each page as it stands now."""
    found = dict(Document.objects.filter(pk__in=[page.pk for page in pages]).values_list("pk", "near_duplicate_group"))
    return [found[page.pk] for page in pages]


def measure(texts, kinds, seed):
    """Share of copies that are in the group of their original, and pairs of different stories in one group."""
    took = []
    with transaction.atomic():
        story, pages = [], []
        for number, text in enumerate(texts):
            pages.append(store(f"{number}-original", text, took))
            story.append(number)
        for kind in kinds:
            for number, text in enumerate(texts):
                chance = random.Random(f"{seed} {kind} {number}")
                pages.append(store(f"{number}-{kind}", VARIANTS[kind](text, chance), took))
                story.append(number)
        found = groups(pages)
        transaction.set_rollback(True)
    originals = found[: len(texts)]
    copies = list(zip(story, found, strict=True))[len(texts) :]
    hits = sum(group is not None and group == originals[number] for number, group in copies)
    pairs = false = 0
    for first in range(len(pages)):
        for second in range(first):
            if story[first] != story[second]:
                pairs += 1
                false += found[first] is not None and found[first] == found[second]
    return {
        "copies": len(copies),
        "recall": round(hits / len(copies), 4),
        "different_pairs": pairs,
        "false_merges": false,
        "median_ms": round(statistics.median(took), 1),
        "slowest_ms": round(max(took), 1),
    }


def main():
    """Measure and print; 0 even if the set is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    gold = asked.data / "extraction_aeb" / "dev" / "gold.jsonl"
    if not gold.exists():
        print(f"near duplicates: {gold} is not there, skipped")
        return 0
    texts = [json.loads(line)["text"].replace("\x00", "") for line in gold.open()]
    results = {
        "seed": asked.seed,
        "bodies": len(texts),
        "short_bodies": sum(len(words_in(text)) < SHORT_WORDS for text in texts),
    }
    with scratch():
        results |= {kind: measure(texts, [kind], asked.seed) for kind in VARIANTS}
        results["all"] = measure(texts, list(VARIANTS), asked.seed)
    recalls = {kind: results[kind]["recall"] for kind in VARIANTS}
    print("near duplicates", json.dumps({**recalls, **results["all"], "bodies": results["bodies"]}))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
