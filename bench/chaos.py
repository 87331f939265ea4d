"""What becomes of background work when parts of the service die, and what that safety costs.

    python bench/chaos.py SCENARIO [--json FILE] [--seeds 1 2 3] [...]
    python bench/chaos.py all [--json FOLDER]

Each scenario starts a PostgreSQL, a Redis and workers of its own, harms them, counts, prints one line of figures and
leaves nothing behind. None takes longer than nine minutes on two cores. `--help` after a scenario's name lists what can
be set; the defaults are the figures' own.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.stage.servers import Stage, stage

SCENARIOS: dict[str, dict[str, object]] = {
    "storm": {"seeds": [1, 2, 3], "jobs": 2000, "kills": 20},
    "flush": {"seeds": [1], "jobs": 2000, "flushes": 3},
    "redis": {"seeds": [1], "seconds": 60.0},
    "postgres": {"seeds": [1], "restarts": 5},
    "gap": {"crashes": 500, "rollbacks": 500},
    "poison": {"seeds": [1], "good": 980, "poison": 20},
    "beats": {"seeds": [1], "seconds": 300.0},
    "lease": {"trials": 200},
    "cost": {"rounds": 9, "jobs": 2000},
}


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = parser.add_subparsers(dest="scenario", required=True)
    for name, defaults in SCENARIOS.items():
        one = names.add_parser(name)
        one.add_argument("--json", type=Path)
        for option, default in defaults.items():
            if isinstance(default, list):
                one.add_argument(f"--{option}", type=int, nargs="+", default=default)
            else:
                one.add_argument(f"--{option}", type=type(default), default=default)
    every = names.add_parser("all")
    every.add_argument("--json", type=Path, help="a folder")
    return parser.parse_args()


def measure(name: str, asked: argparse.Namespace, on: Stage) -> dict[str, object]:
    """Run one scenario on the stage. Its module needs Django, which needs the stage's database."""
    django.setup()
    scenario = importlib.import_module(f"bench.scenarios.{name}")
    figures: dict[str, object] = scenario.measure(on, asked)
    return {"scenario": name, **figures, "load": round(os.getloadavg()[0], 2)}


def each(folder: Path | None) -> int:
    """Every scenario in a process of its own; the number of those that did not end well."""
    failed = 0
    for name in SCENARIOS:
        argv = [sys.executable, __file__, name, *(["--json", str(folder / f"{name}.json")] if folder else [])]
        failed += subprocess.run(argv, check=False).returncode != 0
    return failed


def main() -> int:
    """Measure and print. 1 when a figure was missed."""
    asked = arguments()
    if asked.scenario == "all":
        return each(asked.json)
    with stage() as on:
        figures = measure(asked.scenario, asked, on)
    print(json.dumps(figures))
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if figures["reached"] else 1


if __name__ == "__main__":
    sys.exit(main())
