"""How fetching holds against hostile addresses and answers, and how politely it behaves.

    python bench/fetch.py hostile [--json FILE] [--addresses]
    python bench/fetch.py bombs [--json FILE]
    python bench/fetch.py politeness [--hosts 50] [--urls 5000] [--workers 8] [--pace 0.3] [--seed 1] [--json FILE]

Each prints one line of figures. Everything runs against servers on loopback that are started here; nothing else is
connected to. `hostile` and `politeness` use a database of their own on the server that DATABASE_URL names, which is
made before and dropped afterwards. `--addresses` adds a few private addresses to this machine's loopback interface for
the time of the run, so that canaries can listen there too; it needs root and the `ip` command.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from fetching import bombs, hostile, politeness

MEASUREMENTS = {"hostile": hostile.measure, "bombs": bombs.measure, "politeness": politeness.measure}


def main():
    """Run one measurement; 1 if it found what must not be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    kinds = parser.add_subparsers(dest="kind", required=True)
    options = {name: kinds.add_parser(name) for name in MEASUREMENTS}
    options["hostile"].add_argument("--addresses", action="store_true")
    options["politeness"].add_argument("--hosts", type=int, default=50)
    options["politeness"].add_argument("--urls", type=int, default=5_000)
    options["politeness"].add_argument("--workers", type=int, default=8)
    options["politeness"].add_argument("--pace", type=float, default=0.3)
    options["politeness"].add_argument("--seed", type=int, default=1)
    for one in options.values():
        one.add_argument("--json", type=Path)
    asked = parser.parse_args()
    result = {**MEASUREMENTS[asked.kind](asked), "load": round(os.getloadavg()[0], 2)}
    print(asked.kind, json.dumps({key: value for key, value in result.items() if key != "cases"}))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
