"""What a public read costs, beside a bare view over the same bytes and beside a serializer with its joins.

    python bench/read.py [--json FILE] [--seed N] [--rounds 9] [--requests 100] [--small 10000] [--large 100000]

Works in a scratch database beside the one that DATABASE_URL names. Requests go through the WSGI application with the
middleware of production, on one thread of this process, so rate and CPU are those of the service without a socket.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from desk import copies, load, percentile, scratch, spread
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.access.keys import issue
from claims.models import Claim, Claimant, Consumer, Evidence, Publication, PublicHead, Rating, Topic, Verdict
from factcheck.urls import urlpatterns as real
from tests import factories

REAL = 20


class Rater(serializers.ModelSerializer):
    scale = serializers.SlugRelatedField("slug", read_only=True)

    class Meta:
        model = Rating
        fields = ["slug", "value", "labels", "colour", "scale"]


class Wording(serializers.ModelSerializer):
    rating = Rater()

    class Meta:
        model = Verdict
        fields = ["rating", "headline", "summary", "explanation", "byline", "change_type", "public_note"]


class Speaker(serializers.ModelSerializer):
    class Meta:
        model = Claimant
        fields = ["name", "kind", "job_title", "same_as"]


class Subject(serializers.ModelSerializer):
    class Meta:
        model = Topic
        fields = ["slug", "labels"]


class Linked(serializers.ModelSerializer):
    url = serializers.CharField(source="document.url")
    title = serializers.CharField(source="document.title")
    outlet = serializers.CharField(source="document.outlet.name", default=None)

    class Meta:
        model = Evidence
        fields = ["kind", "stance", "quote", "quote_found", "note", "is_primary", "accessed_at", "archive_url"]
        fields += ["url", "title", "outlet"]


class Checked(serializers.ModelSerializer):
    claimant, topics, evidence = Speaker(), Subject(many=True), Linked(many=True)

    class Meta:
        model = Claim
        fields = ["statement", "original_text", "language", "kind", "claimant", "claimed_on", "location", "context"]
        fields += ["topics", "evidence"]


class Joined(serializers.ModelSerializer):
    claim, verdict = Checked(), Wording()

    class Meta:
        model = Publication
        fields = ["sequence", "version", "kind", "change_type", "public_note", "valid_from", "claim", "verdict"]


class SerializerView(APIView):
    """The usual way: the same facts from their rows, by a serializer, with every join asked for at once."""

    permission_classes, authentication_classes = [AllowAny], []

    def get(self, request, public_id):
        rows = Publication.objects.select_related("claim__claimant", "verdict__rating__scale").prefetch_related(
            "claim__topics", "claim__evidence__document__outlet"
        )
        return Response(Joined(rows.defer("body").get(head__public_id=public_id)).data)


def bare(request, public_id):  # noqa: ARG001 - the signature of a view
    """One indexed query, the stored bytes, nothing else."""
    body = PublicHead.objects.filter(public_id=public_id).values_list("publication__body", flat=True)[0]
    return HttpResponse(bytes(body), content_type="application/json")


urlpatterns = [
    path("bench/bare/<slug:public_id>", bare),
    path("bench/joins/<slug:public_id>", SerializerView.as_view()),
]
urlpatterns += real


class Caller:
    """Asks the application as a server would."""

    def __init__(self):
        self.application = get_wsgi_application()
        self.factory = RequestFactory(SERVER_NAME="127.0.0.1")

    def get(self, address, **headers):
        """Status, headers and body of one answer."""
        environ = self.factory.get(address, headers=headers).environ
        seen = {}
        body = self.application(environ, lambda status, sent, *_: seen.update(status=int(status[:3]), sent=dict(sent)))
        content = b"".join(body)
        body.close()
        return seen["status"], seen["sent"], content


def timed(call, addresses, requests, chance):
    """Seconds of each request, and CPU seconds of all."""
    took, cpu = [], time.process_time()
    for _ in range(requests):
        address = chance.choice(addresses)
        start = time.perf_counter()
        call(address)
        took.append(time.perf_counter() - start)
    return took, time.process_time() - cpu


def kinds(caller, ids, key):
    """What is measured, by name: how to ask, and the addresses."""
    tags = {i: caller.get(f"/api/v1/verdicts/{i}")[1]["ETag"] for i in ids}

    def ask(status=200, **headers):
        def call(address):
            found = caller.get(address, **headers)[0]
            assert found == status, (address, found)

        return call

    def unchanged(address):
        assert caller.get(address, if_none_match=tags[address.rpartition("/")[2]])[0] == 304

    details = [f"/api/v1/verdicts/{i}" for i in ids]
    return {
        "detail": (ask(), details),
        "detail, keyed": (ask(authorization=f"Bearer {key}"), details),
        "detail, 304": (unchanged, details),
        "list of 25": (ask(), ["/api/v1/verdicts"]),
        "bare view": (ask(), [f"/bench/bare/{i}" for i in ids]),
        "serializer": (ask(), [f"/bench/joins/{i}" for i in ids]),
    }


def plans():
    """The plans of the three hot reads, as PostgreSQL gives them."""
    found = {}
    some = PublicHead.objects.order_by("?").values_list("public_id", "sequence")[0]
    caller = Caller()
    for name, address in (
        ("detail", f"/api/v1/verdicts/{some[0]}"),
        ("list", "/api/v1/verdicts"),
        ("changes", f"/api/v1/verdicts/changes?after={some[1]}&page_size=100"),
    ):
        with CaptureQueriesContext(connection) as queries:
            caller.get(address)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (COSTS OFF) {queries[-1]['sql']}")
            found[name] = [row[0] for row in cursor.fetchall()]
    return found


def sized(caller, requests, chance):
    """p95 in milliseconds of detail, list and change page over all that is stored."""
    heads = list(PublicHead.objects.order_by("?").values_list("public_id", "sequence")[:200])
    asked = {
        "detail": [f"/api/v1/verdicts/{i}" for i, _ in heads],
        "list": ["/api/v1/verdicts"],
        "changes": [f"/api/v1/verdicts/changes?after={n - 1}&page_size=25" for _, n in heads],
    }
    return {
        name: percentile([1000 * s for s in timed(caller.get, addresses, requests, chance)[0]], 95)
        for name, addresses in asked.items()
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=100_000)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    settings.ROOT_URLCONF = "read" if __name__ != "__main__" else "__main__"
    with scratch():
        results = measure(asked, chance)
    print("read", json.dumps({k: v for k, v in results.items() if k != "plans"}))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


def measure(asked, chance):
    """Every figure, in one run."""
    claims = [factories.published_claim(topics=[factories.TopicFactory.create()]) for _ in range(REAL)]
    owner = Consumer.objects.create(name="bench")
    key = issue(name="bench", scopes=["verdicts:read"], consumer=owner, actor=None, at=factories.NOON).clear
    model = Publication.objects.get(claim=claims[0])
    copies(model, max(asked.small - REAL, 0))
    caller = Caller()
    ways = kinds(caller, [claim.public_id for claim in claims], key)
    rates, cpus = {name: [] for name in ways}, {name: [] for name in ways}
    for call, addresses in ways.values():
        timed(call, addresses, 20, chance)
    by_size = {asked.small: [], asked.large: []}
    for _ in range(asked.rounds):
        for name in chance.sample(list(ways), len(ways)):
            took, cpu = timed(*ways[name], asked.requests, chance)
            rates[name].append(asked.requests / sum(took))
            cpus[name].append(1e6 * cpu / asked.requests)
        by_size[asked.small].append(sized(caller, asked.requests, chance))
    loaded = load()
    copies(model, asked.large - asked.small)
    sized(caller, 20, chance)
    for _ in range(asked.rounds):
        by_size[asked.large].append(sized(caller, asked.requests, chance))
    over = {
        name: spread([a / b for a, b in zip(rates[one], rates[other], strict=True)])
        for name, one, other in (
            ("detail / serializer", "detail", "serializer"),
            ("detail / bare view", "detail", "bare view"),
            ("304 / detail", "detail, 304", "detail"),
        )
    }
    whole = len(caller.get(f"/api/v1/verdicts/{claims[0].public_id}")[2])
    tag = caller.get(f"/api/v1/verdicts/{claims[0].public_id}")[1]["ETag"]
    none = len(caller.get(f"/api/v1/verdicts/{claims[0].public_id}", if_none_match=tag)[2])
    small, large = by_size[asked.small], by_size[asked.large]
    return {
        "rate_per_s": {name: spread(values, 0) for name, values in rates.items()},
        "cpu_us": {name: spread(values, 0) for name, values in cpus.items()},
        "ratios": over,
        "body_bytes": {"200": whole, "304": none},
        "p95_ms": {
            f"{size:,}": {n: spread([r[n] for r in rows], 2) for n in rows[0]} for size, rows in by_size.items()
        },
        "p95_large_over_small": {n: spread([b[n] / a[n] for a, b in zip(small, large, strict=True)]) for n in small[0]},
        "plans": plans(),
        "rounds": asked.rounds,
        "seed": asked.seed,
        "load": [loaded, load()],
    }


if __name__ == "__main__":
    sys.exit(main())
