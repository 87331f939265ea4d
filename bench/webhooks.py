"""Webhooks: does everything arrive once, what does a dead endpoint cost the others, is any private address reached?

    python bench/webhooks.py [--json FILE] [--endpoints 200] [--events 50] [--seed 1] [--rounds 9] [--healthy 20]
                             [--pings 10] [--dead 1] [--addresses] [--only arrivals|isolation|private]

Starts a PostgreSQL, a Redis, two workers of the queue `deliver`, one for `default` with its clock, and a receiver in a
process of its own on loopback, which verifies with the `standardwebhooks` package and fails, hangs or resets 30 % of
the tries. Times are settings and shortened here: a try may last 0.5 s, retries come after 0.2 to 2 s, an endpoint rests
for 0.5 s and longer. `--addresses` adds private addresses to this machine's loopback for the third part (root, `ip`).
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from secrets import token_urlsafe

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.stage.servers import Stage, stage

TRY_SECONDS = 0.5
DEAD_SECONDS = 3.0  # in the second part, where a dead endpoint is to hang for long
ENVIRONMENT = {
    "WEBHOOK_TIMEOUT_SECONDS": str(TRY_SECONDS),
    "WEBHOOK_RETRY_SECONDS": "0.2,0.3,0.5,0.5,1,1,1,2,2",
    "WEBHOOK_REST_SECONDS": "0.5",
    "FETCH_PACE_SECONDS": "0",
    "SECRET_KEY": token_urlsafe(50),  # one for all processes: it seals the signing secrets
}
THREADS = 8


def receiver(on: Stage, *, seed: int, hang: float) -> tuple[subprocess.Popen[str], int, Path]:
    """The receiver's process, its port, and where it reads the secrets."""
    secrets = on.session.scratch / "secrets.json"
    secrets.write_text("{}", encoding="utf-8")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "bench.telling.receiver",
            "--secrets",
            secrets,
            "--seed",
            str(seed),
            "--hang",
            str(hang),
        ],
        cwd=Path(__file__).resolve().parents[1],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline()), secrets


def workers(on: Stage, name: str, **more: str) -> list[object]:
    """Two for the queue of deliveries, as an installation's one, and one for the rest."""
    given = {"app": "factcheck", **ENVIRONMENT, **more}
    started = [
        on.worker(f"{name}-{n}", pool="threads", concurrency=THREADS, queues="deliver", beat=False, **given)
        for n in (1, 2)
    ]
    return [*started, on.worker(f"{name}-rest", concurrency=1, queues="default,suspect,facts", **given)]


def main() -> int:
    """Run the parts; 1 if a figure is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--endpoints", type=int, default=200)
    parser.add_argument("--events", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--healthy", type=int, default=20)
    parser.add_argument("--pings", type=int, default=10)
    parser.add_argument("--dead", type=int, default=1)
    parser.add_argument("--addresses", action="store_true")
    parser.add_argument("--only", choices=["arrivals", "isolation", "private"])
    asked = parser.parse_args()
    found: dict[str, object] = {}
    with stage() as on:
        process, port, secrets = receiver(on, seed=asked.seed, hang=2 * DEAD_SECONDS)
        try:
            os.environ.update({**ENVIRONMENT, "FETCH_LOOPBACK_ALLOWED": f"127.0.0.1:{port}"})
            found = parts(on, asked, port=port, secrets=secrets)
        finally:
            process.kill()
            process.wait()
    found["load"] = round(os.getloadavg()[0], 2)
    print("webhooks", json.dumps(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if all(part.get("holds", True) for part in found.values() if isinstance(part, dict)) else 1


def parts(on: Stage, asked: argparse.Namespace, *, port: int, secrets: Path) -> dict[str, object]:
    """The parts that were asked for, in this process, beside workers of their own."""
    django.setup()
    from bench.telling import arrivals, isolation, private  # noqa: PLC0415 - needs Django
    from bench.telling.endpoints import Receiving  # noqa: PLC0415 - likewise

    receiving = Receiving(port=port, secrets=secrets)
    allowed = {"FETCH_LOOPBACK_ALLOWED": f"127.0.0.1:{port}"}
    found: dict[str, object] = {}
    if asked.only in {None, "arrivals"}:
        running = workers(on, "arrivals", **allowed)
        one = arrivals.measure(receiving, endpoints=asked.endpoints, events=asked.events)
        clean = not one["missing"] and not one["bad_signatures"] and not one["more_than_one_id"]
        found["arrivals"] = {"holds": clean and one["one_effect_each"] and one["all_over"], **one}
        for child in running:
            on.kill(child)  # type: ignore[arg-type]
    if asked.only in {None, "isolation"}:
        workers(on, "isolation", **allowed, WEBHOOK_TIMEOUT_SECONDS=str(DEAD_SECONDS))
        one = isolation.measure(
            receiving,
            healthy=asked.healthy,
            pings=asked.pings,
            rounds=asked.rounds,
            dead=asked.dead,
            rest=DEAD_SECONDS + 1,
        )
        found["isolation"] = {"holds": one["ratio"]["median"] <= 1.10, **one}
    if asked.only in {None, "private"}:
        one = private.measure(addresses=asked.addresses)
        counted = one["canaries_that_count_when_asked_directly"] == len(one["canaries"])
        found["private"] = {"holds": one["reached"] == 0 and counted and not one["unclear"], **one}
    return found


if __name__ == "__main__":
    sys.exit(main())
