"""Many workers, many hosts: is anybody asked too soon, too often, or for what it asked us to leave alone?

Hosts are servers on ports of 127.0.0.1; each notes when a request came in, robots.txt included. Some ask for a longer
pause (Crawl-delay), some answer once or twice that they are busy (429 or 503 with Retry-After, as seconds or as a
date), some redirect to another host, and each forbids a part of its pages. The workers are processes with four threads
each that take turns through the Host rows, as the product's do, and put an address back when its turn is too far away.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

from django.db import connection

from claims.http import RetryLater, WebError
from fetching import NAME_VARIABLE
from fetching.database import own_database
from tests.servers.loopback import Site
from workers.hosts import web

CRAWL_DELAYS = {3: 0.6, 7: 0.9, 11: 1.2}  # host number → seconds
BUSY = {2: 2.0, 5: 3.0, 9: 2.0, 13: 3.0}  # host number → seconds of Retry-After; odd ones as a date
FORBIDDEN_SHARE = 0.1
REDIRECT_SHARE = 0.04
THREADS = 4
PATIENCE = 1.0


class Host(Site):
    """A host and its habits. `rests` are spans in which it asked to be left alone."""

    def __init__(self, number, seed):
        super().__init__()
        self.number = number
        self.delay = CRAWL_DELAYS.get(number)
        self.rests = []
        self.told_at = None
        self._random = random.Random(seed * 1000 + number)
        self._busy_left = 2 if number in BUSY else 0
        self._guard = threading.Lock()
        lines = ["User-agent: *", "Disallow: /private/"]
        if self.delay:
            lines.append(f"Crawl-delay: {self.delay}")
        self._robots = "\n".join(lines).encode()
        self.handle("/robots.txt", self._tell_robots)

    def _tell_robots(self, _request, wire):
        wire.answer(self._robots, headers={"Content-Type": "text/plain"})
        if self.told_at is None:
            self.told_at = time.monotonic()

    def serve(self, path, elsewhere):
        """Answer a page: mostly with text, sometimes with a redirect, sometimes by asking for rest."""

        def answer(_request, wire):
            with self._guard:
                busy = self._busy_left and self._random.random() < 0.1
                self._busy_left -= bool(busy)
            if busy:
                seconds = BUSY[self.number]
                moment = datetime.now(UTC) + timedelta(seconds=seconds + 1)  # a date has no fractions
                header = f"{seconds:.0f}" if self.number % 2 == 0 else format_datetime(moment, usegmt=True)
                wire.answer(status=429 if self.number % 2 == 0 else 503, headers={"Retry-After": header})
                self.rests.append((time.monotonic(), seconds))
            elif elsewhere:
                wire.answer(status=302, headers={"Location": elsewhere})
            else:
                wire.answer(b"<p>A page.</p>", headers={"Content-Type": "text/html"})

        self.handle(path, answer)


def measure(asked):
    """Run it and read the servers' notes."""
    with own_database() as name, ExitStack() as stack:
        hosts = [stack.enter_context(Host(number, asked.seed)) for number in range(asked.hosts)]
        urls = _addresses(hosts, asked)
        began = time.monotonic()
        outcomes = _work(urls, hosts, asked, name)
        took = time.monotonic() - began
        return _figures(hosts, outcomes, asked, took)


def _addresses(hosts, asked):
    draw = random.Random(asked.seed)
    urls = []
    for number in range(asked.urls):
        host = hosts[number % len(hosts)]
        forbidden = draw.random() < FORBIDDEN_SHARE
        path = f"/private/{number}" if forbidden else f"/page/{number}"
        elsewhere = None
        if not forbidden and draw.random() < REDIRECT_SHARE:
            other = draw.choice(hosts)
            forbidden_there = draw.random() < 0.3
            elsewhere = other.url(f"/private/from-{number}" if forbidden_there else f"/moved/{number}")
            if not forbidden_there:
                other.serve(f"/moved/{number}", None)
        host.serve(path, elsewhere)
        urls.append(host.url(path))
    draw.shuffle(urls)
    return urls


def _work(urls, hosts, asked, name):
    """Deal the addresses out to worker processes, so that each of them meets every host."""
    environment = {
        **os.environ,
        NAME_VARIABLE: name,
        "FETCH_LOOPBACK_ALLOWED": ",".join(host.host_port for host in hosts),
        "FETCH_PACE_SECONDS": str(asked.pace),
        "FETCH_PACE_PATIENCE": str(PATIENCE),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }
    running = []
    for number in range(asked.workers):
        worker = subprocess.Popen(
            [sys.executable, "-m", "fetching.politeness"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        worker.stdin.write(json.dumps(urls[number :: asked.workers]).encode())
        worker.stdin.close()
        running.append(worker)
    outcomes = Counter()
    for worker in running:
        outcomes.update(json.loads(worker.stdout.read()))
        worker.wait()
    return outcomes


def work(urls):
    """What one worker process does: four threads, one list, in any order, until every address has an outcome."""
    waiting = deque((0.0, url) for url in urls)
    outcomes, lock, left = Counter(), threading.Lock(), [len(urls)]

    def fetch():
        client = web()
        while left[0]:
            try:
                due, url = waiting.popleft()
            except IndexError:
                time.sleep(0.01)
                continue
            if due > time.monotonic():
                waiting.append((due, url))
                time.sleep(0.002)
                continue
            try:
                outcome = str(client.get(url).status)
            except RetryLater as error:
                wait = min(error.after if error.after is not None else 1.0, 5.0)
                waiting.append((time.monotonic() + wait, url))
                outcome = f"again: {error.reason}"
            except WebError as error:
                outcome = f"{type(error).__name__}: {error.reason}"
            with lock:
                outcomes[outcome] += 1
                left[0] -= not outcome.startswith("again")
        connection.close()

    threads = [threading.Thread(target=fetch) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _figures(hosts, outcomes, asked, took):
    gaps, too_close, resting, ignored_delay = [], 0, 0, 0
    for host in hosts:
        requests = sorted(request.received_at for request in host.requests())
        for earlier, later in pairwise(requests):
            gaps.append(later - earlier)
            too_close += later - earlier < asked.pace
            known = host.told_at is not None and later >= host.told_at
            ignored_delay += bool(host.delay and known and later - earlier < host.delay)
        for began, seconds in host.rests:
            resting += sum(began < at < began + seconds for at in requests)
    requests = [request for host in hosts for request in host.requests()]
    forbidden = sum(request.path.startswith("/private/") for request in requests)
    rests = sum(len(host.rests) for host in hosts)
    answered = sum(count for name, count in outcomes.items() if not name.startswith("again"))
    return {
        "passed": not (too_close or resting or ignored_delay or forbidden) and answered == asked.urls,
        "hosts": asked.hosts,
        "urls": asked.urls,
        "workers": asked.workers,
        "threads_each": THREADS,
        "pace_seconds": asked.pace,
        "seed": asked.seed,
        "requests": len(requests),
        "robots_requests": sum(request.path == "/robots.txt" for request in requests),
        "smallest_gap": round(min(gaps), 4),
        "gaps_under_the_setting": too_close,
        "gaps_under_crawl_delay": ignored_delay,
        "hosts_with_crawl_delay": sum(host.delay is not None for host in hosts),
        "times_asked_to_rest": rests,
        "requests_while_resting": resting,
        "disallowed_requests": forbidden,
        "addresses_with_an_outcome": answered,
        "outcomes": dict(sorted(outcomes.items())),
        "seconds": round(took, 1),
    }


if __name__ == "__main__":
    print(json.dumps(work(json.load(sys.stdin))))
