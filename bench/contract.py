"""Whether the API does what its description says: requests that nobody wrote, from nobody and from everybody.

    python bench/contract.py [--json FILE] [--seed 1] [--examples 12] [--only OPERATION_ID ...]

Schemathesis makes `examples` fitting and as many breaking requests per operation from the running description. Works
in a scratch database beside the one that DATABASE_URL names, in this process, through the WSGI application. Exits 1
where an answer is a server error or not as described.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("LONG_POLL_WAITERS", "0")  # nobody waits for changes here
os.environ.setdefault("ALLOWED_HOSTS", "localhost")  # by which schemathesis calls the application
from desk import scratch
from django.core.wsgi import get_wsgi_application

from tests.contract import world
from tests.contract.fuzzing import described, fuzz


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=12)
    parser.add_argument("--only", nargs="*", default=())
    asked = parser.parse_args()
    began = time.monotonic()
    with scratch():
        known, schema = world.rows(), described(get_wsgi_application())
        report = fuzz(schema, keys=world.keys, known=known, examples=asked.examples, run=asked.seed, only=asked.only)
    figures = {
        "seed": asked.seed,
        "cases": report.cases,
        "without_a_good_key": sum(report.by_caller[name] for name in ("anonymous", "wrong key")),
        "operations": len(report.operations),
        "server_errors": report.server_errors,
        "violations": len(report.failures),
        "statuses": dict(sorted(report.statuses.items())),
        "seconds": round(time.monotonic() - began),
        "load": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(figures))
    for name, text in report.failures.items():
        print(f"--- {name}\n{text}", file=sys.stderr)
    if asked.json:
        asked.json.write_text(json.dumps({**figures, "failures": report.failures}, indent=2) + "\n", encoding="utf-8")
    return 0 if not report.failures and not report.server_errors else 1


if __name__ == "__main__":
    sys.exit(main())
