"""How well and how fast pages are read, beside bare trafilatura in the same run.

    python bench/extraction.py DATA [--rounds 9] [--json FILE]

DATA is a folder with extraction_aeb/dev and extraction_segments/dev, each with gold.jsonl and html/ID.html.gz; a set
that is not there is skipped. "Bare" is trafilatura.extract() with its defaults in this process; "ours" is what the
product calls, read_in_child(), with title, author, date and addresses read as well and the child's processor time
counted. Speed is pages per second of processor time, both sides once a round, in turns. What starting a child costs is
measured apart and spread over the pages that one child reads.

Quality: extraction_aeb by multisets of 4-token shingles (precision and recall averaged over pages, F1 of the two
means); extraction_segments by wanted and unwanted segments found in the text, all pages together.
"""

import argparse
import gzip
import json
import os
import re
import resource
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import trafilatura

from claims.capture import child

TOKEN = re.compile(r"\w+")
TICK = os.sysconf("SC_CLK_TCK")


def shingles(text):
    """The 4-token shingles of a text with their counts; a shorter text is one shingle."""
    tokens = TOKEN.findall(text)
    return Counter(filter(None, (tuple(tokens[n : n + 4]) for n in range(max(1, len(tokens) - 3)))))


def by_shingles(gold, texts):
    """Figures for pages whose whole text is known."""
    precisions, recalls = [], []
    for page in gold:
        wanted, found = shingles(page["text"]), shingles(texts[page["id"]])
        shared = (wanted & found).total()
        if found:
            precisions.append(shared / found.total())
        if wanted:
            recalls.append(shared / wanted.total())
    return rates(statistics.mean(precisions), statistics.mean(recalls))


def by_segments(gold, texts):
    """Figures for pages of which some wanted and some unwanted segments are known."""
    hit = wanted = wrong = 0
    for page in gold:
        text = texts[page["id"]]
        hit += sum(segment in text for segment in page["with"])
        wanted += len(page["with"])
        wrong += sum(segment in text for segment in page["without"])
    return rates(hit / (hit + wrong), hit / wanted)


def rates(precision, recall):
    """Both, and their harmonic mean."""
    return {
        "F1": round(2 * precision * recall / (precision + recall), 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
    }


SETS = {"extraction_aeb": by_shingles, "extraction_segments": by_segments}


def processor_seconds():
    """Processor time of this process, of the children that ended, and of the one that is warm."""
    used = sum(
        getattr(resource.getrusage(who), field)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        for field in ("ru_utime", "ru_stime")
    )
    pid = child.child_pid()
    if pid is None:
        return used
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return used + (int(fields[11]) + int(fields[12])) / TICK


def bare(body, _page):
    """What trafilatura gives by itself."""
    return trafilatura.extract(body) or ""


def precise(body, _page):
    """The same in its precision mode, without readers' comments."""
    return trafilatura.extract(body, favor_precision=True, include_comments=False) or ""


def ours(body, page):
    """What the product stores of the page."""
    try:
        return child.read_in_child("page", body, url=page["url"], content_type="text/html", charset="")["text"]
    except child.ReadingFailed:
        return ""


def measure(read, gold, bodies):
    """The texts, and pages per second of processor time and by the clock."""
    spent, began = processor_seconds(), time.perf_counter()
    texts = {page["id"]: read(bodies[page["id"]], page) for page in gold}
    return texts, len(gold) / (processor_seconds() - spent), len(gold) / (time.perf_counter() - began)


def start_cost():
    """Processor seconds until a new child has read its first, tiny page."""
    child.close()
    spent = processor_seconds()
    child.read_in_child("page", b"<p>one</p>", url="https://bench.example/", content_type="text/html", charset="")
    return processor_seconds() - spent


def middle(values):
    """Median and the interval that holds 90 % of the rounds."""
    ordered = sorted(values)
    edge = round(0.05 * (len(ordered) - 1))
    return [round(value, 3) for value in (statistics.median(ordered), ordered[edge], ordered[-1 - edge])]


def compare(gold, bodies, score, rounds):
    """Quality of all three, speed of bare and ours in turns."""
    trafilatura.extract(bodies[gold[0]["id"]])  # its word lists are read on first use
    speeds = {"bare": [], "ours": []}
    clock = {"bare": [], "ours": []}
    started = start_cost()
    result = {"pages": len(gold), "child_start_seconds": round(started, 3)}
    ours(bodies[gold[0]["id"]], gold[0])
    for number in range(rounds):
        for name, read in (("bare", bare), ("ours", ours))[:: 1 if number % 2 == 0 else -1]:
            texts, per_core, by_clock = measure(read, gold, bodies)
            share = started / child.REQUESTS_PER_CHILD if name == "ours" else 0.0
            speeds[name].append(1 / (1 / per_core + share))
            clock[name].append(by_clock)
            if number == 0:
                result[name] = {**score(gold, texts), "empty": sum(not text for text in texts.values())}
    result["precision_mode"] = score(gold, measure(precise, gold, bodies)[0])
    result["pages_per_core_second"] = {name: middle(values) for name, values in speeds.items()}
    result["pages_per_second_by_the_clock"] = {name: middle(values) for name, values in clock.items()}
    result["ratio"] = middle([a / b for a, b in zip(speeds["ours"], speeds["bare"], strict=True)])
    result["rounds"] = rounds
    result["load"] = round(os.getloadavg()[0], 2)
    return result


def main():
    """Measure and print; 0 even if every set is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    results = {}
    for name, score in SETS.items():
        folder = asked.data / name / "dev"
        if not (folder / "gold.jsonl").exists():
            print(f"{name}: not in {asked.data}, skipped")
            continue
        gold = [json.loads(line) for line in (folder / "gold.jsonl").read_text().splitlines()]
        bodies = {
            page["id"]: gzip.decompress((folder / "html" / f"{page['id']}.html.gz").read_bytes()) for page in gold
        }
        results[name] = compare(gold, bodies, score, asked.rounds)
        print(name, json.dumps(results[name]))
    child.close()
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
