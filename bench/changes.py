"""The change feed under publishers, under those who wait, and read from the start beside COPY.

    python bench/changes.py [--json FILE] [--seed N] [--rounds 9] [--changes 2000] [--waiting 100] [--reads 200]
                            [--sync 20000]

At full size, each in a few minutes: `--changes 20000 --waiting 0 --sync 0`, `--changes 0 --sync 0`, and
`--changes 0 --waiting 0 --sync 1000000`. A part of 0 is left out.

Works in a scratch database beside the one that DATABASE_URL names, and starts a web server on loopback for what is
measured over HTTP. Three parts: publishers that commit in random order, some rolled back, while readers follow by the
API; a plain read's p95 while so many clients wait for a change; every change read over HTTP beside the same by COPY.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

os.environ.setdefault("DATABASE_POOL_SIZE", "16")  # publishers and readers of this process

from desk import copies, load, percentile, scratch, spread
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.test import RequestFactory

from claims.models import Claim, FeedHead, Publication, Verdict
from claims.publishing.operations import publish_bytes
from tests import factories

FEED = "/api/v1/verdicts/changes"
PUBLISHERS, READERS = 8, 4
ROLLED_BACK = 0.1  # so many are rolled back beside each that is not


def once_and_in_order(ids, chance):
    """What the readers saw while the publishers ran; `faults` counts readers that missed, doubled or mixed up any."""
    start = FeedHead.objects.get().n
    lost = set(chance.sample(ids, len(ids) - round(len(ids) / (1 + ROLLED_BACK))))
    plans = [(pk, chance.random() * 0.004, pk in lost) for pk in ids]
    kept = len(plans) - len(lost)
    over, seen, published = threading.Event(), [[] for _ in range(READERS)], []

    def publish(plan):
        try:
            for pk, hold, fails in plan:
                with transaction.atomic():
                    claim = Claim.objects.select_for_update(no_key=True).get(pk=pk)
                    verdict = Verdict.objects.get(claim=claim)
                    body, digest = bytes(verdict.candidate), verdict.candidate_hash
                    made = publish_bytes(claim=claim, verdict=verdict, body=body, approved_hash=digest, tombstone=False)
                    time.sleep(hold)
                    transaction.set_rollback(fails)
                if not fails:
                    published.append((made.sequence, claim.public_id))
        finally:
            connection.close()

    def read(found):
        application, factory, after = get_wsgi_application(), RequestFactory(SERVER_NAME="127.0.0.1"), start
        while True:
            last_round = over.is_set()
            while True:
                environ = factory.get(f"{FEED}?after={after}&page_size=50").environ
                answer = application(environ, lambda *_: None)
                page = json.loads(b"".join(answer))
                answer.close()
                found += [(entry["sequence"], entry["id"]) for entry in page["changes"]]
                if not page["changes"]:
                    break
                after = found[-1][0]
            if last_round:
                return
            time.sleep(0.02)  # they share this process with the publishers

    readers = [threading.Thread(target=read, args=(found,)) for found in seen]
    publishers = [threading.Thread(target=publish, args=(plans[n::PUBLISHERS],)) for n in range(PUBLISHERS)]
    began = time.perf_counter()
    for thread in readers + publishers:
        thread.start()
    for thread in publishers:
        thread.join()
    took = time.perf_counter() - began
    over.set()
    for thread in readers:
        thread.join()
    wanted = sorted(published)
    numbers = [n for n, _ in wanted]
    return {
        "publishers": PUBLISHERS,
        "readers": READERS,
        "changes": kept,
        "rolled_back": len(plans) - kept,
        "gapless": numbers == list(range(start + 1, start + kept + 1)),
        "faults": sum(found != wanted for found in seen),
        "published_per_s": round(kept / took, 1),
    }


@contextlib.contextmanager
def server(address, threads, waiters):
    """The web server as it is run, one worker process, on a free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {"DATABASE_URL": address, "WEB_THREADS": str(threads), "DATABASE_POOL_SIZE": str(threads)}
    env |= {"LONG_POLL_WAITERS": str(waiters)}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--blocking-threads", str(threads), "factcheck.wsgi:application"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def get(line, address):
    """The body of one answer on a connection that stays open."""
    line.request("GET", address)
    answer = line.getresponse()
    body = answer.read()
    assert answer.status == 200, (address, answer.status, body[:200])
    return body


def wait_for_ever(port, count):
    """So many clients that wait for a change, each coming again when it is told to. In a process of its own."""
    after = json.loads(get(http.client.HTTPConnection("127.0.0.1", port), f"{FEED}?after=0&page_size=1"))["head"]

    def one():
        while True:
            try:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                line.request("GET", f"{FEED}?after={after}&wait=30")
                answer = line.getresponse()
                answer.read()
                time.sleep(float(answer.headers.get("Retry-After", 0)))
            except OSError:
                time.sleep(1)

    for _ in range(count):
        threading.Thread(target=one, daemon=True).start()
    time.sleep(3600)


def p95(port, addresses, reads, chance):
    """p95 in milliseconds of plain reads, one after another."""
    line, took = http.client.HTTPConnection("127.0.0.1", port), []
    for _ in range(reads):
        start = time.perf_counter()
        get(line, chance.choice(addresses))
        took.append(1000 * (time.perf_counter() - start))
    return percentile(took, 95)


def while_others_wait(port, waiting, reads, rounds, chance):
    """p95 of a plain read alone and beside those who wait, and what the one is over the other."""
    ids = Publication.objects.order_by("-sequence").values_list("head__public_id", flat=True)[:50]
    addresses = [f"/api/v1/verdicts/{public_id}" for public_id in ids]
    p95(port, addresses, reads, chance)
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(p95(port, addresses, reads, chance))
        command = [sys.executable, __file__, "--clients", str(port), "--waiting", str(waiting)]
        clients = subprocess.Popen(command)
        time.sleep(9)  # until all have come, and those without a place have been told to come again
        beside.append(p95(port, addresses, reads, chance))
        clients.kill()
        clients.wait()
        time.sleep(1)
    return {
        "waiting": waiting,
        "p95_ms_alone": spread(alone, 2),
        "p95_ms_beside": spread(beside, 2),
        "ratio": spread([b / a for a, b in zip(alone, beside, strict=True)]),
    }


def pages(port, after, until):
    """The pages of the feed between two numbers on one connection, as bytes; only what stands before is looked at."""
    line = http.client.HTTPConnection("127.0.0.1", port)
    while after < until:
        body = get(line, f"{FEED}?after={after}&page_size={min(500, until - after)}")
        opening = body[: body.index(b',"changes":[')]
        yield body
        following = int(parse_qs(urlsplit(json.loads(opening + b"}")["next"]).query)["after"][0])
        assert following > after, f"nothing after {after}"
        after = following


def sync(port, address, rounds):
    """Changes per second over HTTP, on one connection, on two, and parsed, and the same rows by COPY on one.

    Numbers have no gaps, so two connections read a half each. Each round takes the next part of the feed, so that all
    rounds together read all of it once in each way.
    """
    last, ours, halves, parsed, copied, total = FeedHead.objects.get().n, [], [], [], [], 0
    query = "COPY (SELECT sequence, version, kind, change_type, public_note, valid_from, body FROM claims_publication "
    for number in range(rounds):
        after, until, size = number * last // rounds, (number + 1) * last // rounds, 0
        began = time.perf_counter()
        count = sum(len(json.loads(body)["changes"]) for body in pages(port, after, until))
        parsed.append(count / (time.perf_counter() - began))
        assert count == until - after
        began = time.perf_counter()
        for _ in pages(port, after, until):
            pass
        ours.append(count / (time.perf_counter() - began))
        middle = (after + until) // 2
        began = time.perf_counter()
        with ThreadPoolExecutor(2) as both:
            seen = list(both.map(lambda part: sum(1 for _ in pages(port, *part)), [(after, middle), (middle, until)]))
        halves.append(count / (time.perf_counter() - began))
        assert min(seen) > 0
        began = time.perf_counter()
        with psycopg.connect(address) as line, line.cursor() as cursor:
            part = f"WHERE sequence > {after} AND sequence <= {until} ORDER BY sequence) TO STDOUT (FORMAT binary)"
            with cursor.copy(query + part) as rows:
                for block in rows:
                    size += len(block)
        copied.append(count / (time.perf_counter() - began))
        total += size
    return {
        "changes": last,
        "megabytes": round(total / 1e6, 1),
        "per_s": spread(ours, 0),
        "two_connections_per_s": spread(halves, 0),
        "parsed_per_s": spread(parsed, 0),
        "copy_per_s": spread(copied, 0),
        "ratio": spread([a / b for a, b in zip(ours, copied, strict=True)]),
        "ratio_two_connections": spread([a / b for a, b in zip(halves, copied, strict=True)]),
        "ratio_parsed": spread([a / b for a, b in zip(parsed, copied, strict=True)]),
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--changes", type=int, default=2_000)
    parser.add_argument("--waiting", type=int, default=100)
    parser.add_argument("--reads", type=int, default=200)
    parser.add_argument("--sync", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--waiters", type=int, default=2)
    parser.add_argument("--clients", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.clients:
        wait_for_ever(asked.clients, asked.waiting)
    chance = random.Random(asked.seed)
    with scratch() as address:
        model = Publication.objects.get(claim=factories.published_claim())
        results = {}
        if asked.changes:
            ids = copies(model, asked.changes + round(asked.changes * ROLLED_BACK), publish=False)
            chance.shuffle(ids)
            results["once_and_in_order"] = once_and_in_order(ids, chance)
        if asked.sync:
            copies(model, asked.sync)
        with server(address, asked.threads, asked.waiters) as port:
            if asked.waiting:
                results["plain_read"] = while_others_wait(port, asked.waiting, asked.reads, asked.rounds, chance)
            if asked.sync:
                results["sync"] = sync(port, address, asked.rounds)
    results |= {"rounds": asked.rounds, "seed": asked.seed, "load": load()}
    print("changes", json.dumps(results))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
