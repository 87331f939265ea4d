"""What an export of everything live takes: memory at two sizes, and verdicts a second, for each format and for a dump.

    python bench/exports.py [--json FILE] [--small 10000] [--large 100000]

Works in a scratch database beside the one that DATABASE_URL names. Each export is read in a process of its own, chunk
by chunk as a server would; the memory is the most that the process held above what it held before the first chunk.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from desk import copies, load, scratch
from django.conf import settings

from claims.models import Publication
from claims.publishing import dumps
from claims.publishing.export import FORMATS, batches
from tests import factories

DUMP = "dump"


def held():
    """Kibibytes that this process holds at this moment."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def one(what):
    """Read one export to its end: seconds, bytes, and the kibibytes that it took at most."""
    for _ in FORMATS["jsonl"].stream(batches(after=10**15)):  # connections, imports
        pass
    before, most, size, began = held(), 0, 0, time.perf_counter()
    if what == DUMP:
        with tempfile.TemporaryDirectory() as folder:
            settings.EXPORT_DIR = folder
            size = sum(made.size for made in dumps.make(at=datetime.now(UTC)))
        most = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
    else:
        for chunk in FORMATS[what].stream(batches()):
            size += len(chunk)
            most = max(most, held())
    print(json.dumps({"seconds": time.perf_counter() - began, "bytes": size, "kib": max(0, most - before)}))


def in_a_process(what, address):
    """The same in a fresh process."""
    env = os.environ | {"DATABASE_URL": address}
    done = subprocess.run(
        [sys.executable, __file__, "--one", what], env=env, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one)
        return 0
    kinds, results = [*FORMATS, DUMP], {}
    with scratch() as address:
        model = Publication.objects.get(claim=factories.published_claim())
        before = 1
        for size in (asked.small, asked.large):
            copies(model, size - before)
            before = size
            results[f"{size:,}"] = {
                kind: {
                    "mib_held": round(found["kib"] / 1024, 1),
                    "megabytes": round(found["bytes"] / 1e6, 1),
                    "verdicts_per_s": round(size / found["seconds"]),
                }
                for kind in kinds
                for found in [in_a_process(kind, address)]
            }
    results |= {"load": load()}
    print("exports", json.dumps(results))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
