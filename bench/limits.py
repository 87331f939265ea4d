"""How exact limits are under bursts, what a spoofed address gains, and what a frozen Redis costs a request.

    python bench/limits.py [--json FILE] [--rounds 9] [--requests 200] [--limit 50]

Starts a PostgreSQL, a Redis and two granian processes of its own, and asks them over loopback: each round all requests
at once, by one key, by one address, and by one that claims to be another each time, behind no proxy and behind one.
"""

import argparse
import http.client
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.stage.servers import Stage, stage

THREADS = "8"
PATIENCE = 60.0
Headers = Callable[[int], dict[str, str]]


def start(on: Stage, name: str, *, limit: int, proxies: int) -> int:
    """Two web processes on one port; the port, once they answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    on.python(
        name,
        *("-m", "granian", "--interface", "wsgi", "--workers", "2", "--blocking-threads", THREADS),
        *("--host", "127.0.0.1", "--port", str(port), "factcheck.wsgi:application"),
        WEB_THREADS=THREADS,
        DATABASE_POOL_SIZE=THREADS,
        ANONYMOUS_PER_MINUTE=str(limit),
        CONSUMER_PER_MINUTE=str(limit),
        TRUSTED_PROXIES=str(proxies),
        LIMIT_PATIENCE_MS="1000",
    )
    end = time.monotonic() + 60
    while ask(port, {}, source="127.0.0.250", path="/healthz")[0] != 200:
        if time.monotonic() > end:
            raise SystemExit("the web processes do not answer")
        time.sleep(0.2)
    return port


def ask(port: int, headers: dict[str, str], *, source: str, path: str = "/api/v1/verdicts") -> tuple[int | None, float]:
    """One request from an address of loopback: its status, None where there was none, and how long it took."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE, source_address=(source, 0))
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status, time.monotonic() - began
    except (OSError, http.client.HTTPException):
        return None, time.monotonic() - began
    finally:
        connection.close()


def burst(port: int, count: int, headers: Headers, source: str) -> Counter[str]:
    """All at once; how often each status came."""
    found: Counter[str] = Counter()
    lock, gate = threading.Lock(), threading.Barrier(count)

    def one(number: int) -> None:
        gate.wait()
        status, _ = ask(port, headers(number), source=source)
        with lock:
            found[str(status)] += 1

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def bursts(on: Stage, asked: argparse.Namespace) -> dict[str, list[dict[str, int]]]:
    """Every way of asking, every round from an address or with a key of its own."""
    from django.utils import timezone  # noqa: PLC0415 - the settings need the stage's database

    from claims.access.keys import issue  # noqa: PLC0415
    from claims.models import Consumer  # noqa: PLC0415

    open_port = start(on, "web", limit=asked.limit, proxies=0)
    proxied_port = start(on, "proxied", limit=asked.limit, proxies=1)
    consumer = Consumer.objects.create(name="bench")
    found: dict[str, list[dict[str, int]]] = {"key": [], "address": [], "spoofed": [], "spoofed_behind_proxy": []}

    def spoofed(_: int) -> dict[str, str]:
        return {"X-Forwarded-For": f"203.0.{secrets.randbelow(256)}.{secrets.randbelow(256)}"}

    for number in range(asked.rounds):
        key = issue(name="bench", scopes=["verdicts:read"], consumer=consumer, actor=None, at=timezone.now()).clear
        bearer = {"Authorization": f"Bearer {key}"}
        last = f"198.51.100.{number}"
        ways: dict[str, tuple[int, Headers]] = {
            "key": (open_port, lambda _, sent=bearer: sent),  # type: ignore[misc]
            "address": (open_port, lambda _: {}),
            "spoofed": (open_port, spoofed),
            "spoofed_behind_proxy": (
                proxied_port,
                lambda _, last=last: {"X-Forwarded-For": f"{spoofed(0)['X-Forwarded-For']}, {last}"},  # type: ignore[misc]
            ),
        }
        for place, (name, (port, headers)) in enumerate(ways.items()):
            found[name].append(dict(burst(port, asked.requests, headers, f"127.0.{place + 1}.{number + 1}")))
    return found


def frozen(on: Stage, requests: int = 100) -> dict[str, object]:
    """What reads cost while Redis is stopped, with the patience that is set unless told otherwise."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    on.python(
        "frozen",
        *("-m", "granian", "--interface", "wsgi", "--blocking-threads", "4", "--host", "127.0.0.1"),
        *("--port", str(port), "factcheck.wsgi:application"),
        WEB_THREADS="4",
        DATABASE_POOL_SIZE="4",
        ANONYMOUS_PER_MINUTE="100000",
    )
    end = time.monotonic() + 60
    while ask(port, {}, source="127.0.0.250")[0] != 200:
        if time.monotonic() > end:
            raise SystemExit("the web process does not answer")
        time.sleep(0.2)

    def reads() -> tuple[dict[str, int], list[float]]:
        answers = [ask(port, {}, source="127.0.9.1") for _ in range(requests)]
        return dict(Counter(str(status) for status, _ in answers)), sorted(1000 * took for _, took in answers)

    _, before = reads()
    assert on.redis_process is not None
    on.tell(on.redis_process, signal.SIGSTOP)
    try:
        statuses, after = reads()
    finally:
        on.tell(on.redis_process, signal.SIGCONT)
    return {
        "statuses": statuses,
        "median_ms_before": round(before[len(before) // 2], 1),
        "median_ms_frozen": round(after[len(after) // 2], 1),
        "slowest_ms_before": round(before[-1], 1),
        "slowest_ms_frozen": round(after[-1], 1),
    }


def main() -> int:
    """Measure and print. 1 when some round let another number through."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--limit", type=int, default=50)
    asked = parser.parse_args()
    with stage() as on:
        django.setup()
        found = bursts(on, asked)
        redis_frozen = frozen(on)
    wanted = {"200": asked.limit, "429": asked.requests - asked.limit}
    reached = all(one == wanted for rounds in found.values() for one in rounds)
    passed = {name: sorted({one.get("200", 0) for one in rounds}) for name, rounds in found.items()}
    others = {status for rounds in found.values() for one in rounds for status in one} - set(wanted)
    figures = {
        "requests": asked.requests,
        "limit": asked.limit,
        "rounds": asked.rounds,
        "passed": passed,
        "other_statuses": sorted(others),
        "redis_frozen": redis_frozen,
        "reached": reached,
        "load": round(os.getloadavg()[0], 2),
    }
    print(json.dumps(figures))
    if asked.json:
        asked.json.write_text(json.dumps({**figures, "seen": found}, indent=2) + "\n", encoding="utf-8")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
