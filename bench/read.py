"""What a public read costs, beside a bare view over the same bytes and beside a serializer with its joins.

    python bench/read.py rates [--json FILE] [--seed N] [--rounds 9] [--requests 100] [--small 10000]
    python bench/read.py sizes [--json FILE] [--seed N] [--rounds 9] [--requests 100] [--small 10000] [--large 1000000]

Works in scratch databases beside the one that DATABASE_URL names. Requests go through the WSGI application with the
middleware of production, on one thread of this process, so rate and CPU are those of the service without a socket; what
the caller needs to put a request together is not counted. `rates`: each way of reading in turns, in every round.
`sizes`: the three hot reads over few and over many publications, in turns, and their query plans.
"""

import argparse
import json
import random
import sys
import time
from pathlib import Path

from desk import copies, enlarged, load, on, percentile, scratch, spread
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from claims.access.keys import issue
from claims.models import Claim, Claimant, Consumer, Evidence, FeedHead, Publication, PublicHead, Rating, Topic, Verdict
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

    def get(self, request, public_id=None):
        rows = Publication.objects.select_related("claim__claimant", "verdict__rating__scale").prefetch_related(
            "claim__topics", "claim__evidence__document__outlet"
        )
        if public_id is None:
            found = rows.defer("body").filter(head__live=True).order_by("-sequence")[:25]
            return Response({"results": Joined(found, many=True).data})
        return Response(Joined(rows.defer("body").get(head__public_id=public_id)).data)


def bare(request, public_id):  # noqa: ARG001 - the signature of a view
    """One indexed query, the stored bytes, nothing else."""
    body = PublicHead.objects.filter(public_id=public_id).values_list("publication__body", flat=True)[0]
    return HttpResponse(bytes(body), content_type="application/json")


def bare_list(request):  # noqa: ARG001 - the signature of a view
    """The same for the newest 25."""
    rows = PublicHead.objects.filter(live=True).order_by("-sequence").values_list("publication__body", flat=True)[:25]
    return HttpResponse(b"[%b]" % b",".join(bytes(body) for body in rows), content_type="application/json")


urlpatterns = [
    path("bench/bare/<slug:public_id>", bare),
    path("bench/bare", bare_list),
    path("bench/joins/<slug:public_id>", SerializerView.as_view()),
    path("bench/joins", SerializerView.as_view()),
]
urlpatterns += real


class Caller:
    """Asks the application as a server would."""

    def __init__(self):
        self.application = get_wsgi_application()
        self.factory = RequestFactory(SERVER_NAME="127.0.0.1")

    def environ(self, address, **headers):
        """A request, ready to be sent."""
        return self.factory.get(address, headers=headers).environ

    def send(self, environ):
        """Status, headers and body of the answer."""
        seen = {}
        body = self.application(environ, lambda status, sent, *_: seen.update(status=int(status[:3]), sent=dict(sent)))
        content = b"".join(body)
        body.close()
        return seen["status"], seen["sent"], content

    def get(self, address, **headers):
        """The same of an address."""
        return self.send(self.environ(address, **headers))


class Way:
    """One way of reading: addresses, headers, the status that must come, and whether callers are counted."""

    def __init__(self, addresses, *, status=200, tags=None, counted=False, **headers):
        self.addresses, self.status, self.tags, self.counted, self.headers = addresses, status, tags, counted, headers

    def timed(self, caller, requests, chance):
        """Seconds of each request, and CPU seconds of all, so that the putting together is in neither."""
        settings.ANONYMOUS_PER_MINUTE = settings.CONSUMER_PER_MINUTE = 100_000 if self.counted else 0
        environs = []
        for address in chance.choices(self.addresses, k=requests):
            tag = {"if_none_match": self.tags[address]} if self.tags else {}
            environs.append(caller.environ(address, **self.headers, **tag))
        took, cpu = [], time.process_time()
        for environ in environs:
            start = time.perf_counter()
            status, _, _ = caller.send(environ)
            took.append(time.perf_counter() - start)
            assert status == self.status, (environ["PATH_INFO"], status)
        return took, time.process_time() - cpu


def ways(caller, ids, key):
    """What is measured, by name."""
    details, page = [f"/api/v1/verdicts/{i}" for i in ids], ["/api/v1/verdicts"]
    tags = {address: caller.get(address)[1]["ETag"] for address in details + page}
    bearer = f"Bearer {key}"
    return {
        "detail": Way(details),
        "detail, keyed": Way(details, authorization=bearer),
        "detail, 304": Way(details, status=304, tags=tags),
        "detail, counted": Way(details, counted=True),
        "detail, keyed, counted": Way(details, counted=True, authorization=bearer),
        "bare detail": Way([f"/bench/bare/{i}" for i in ids]),
        "serializer detail": Way([f"/bench/joins/{i}" for i in ids]),
        "list": Way(page),
        "list, keyed": Way(page, authorization=bearer),
        "list, 304": Way(page, status=304, tags=tags),
        "bare list": Way(["/bench/bare"]),
        "serializer list": Way(["/bench/joins"]),
    }


RATIOS = (
    ("detail / serializer", "detail", "serializer detail"),
    ("detail / bare", "detail", "bare detail"),
    ("detail, counted / bare", "detail, counted", "bare detail"),
    ("detail, keyed / serializer", "detail, keyed", "serializer detail"),
    ("detail, keyed / bare", "detail, keyed", "bare detail"),
    ("detail, keyed, counted / bare", "detail, keyed, counted", "bare detail"),
    ("detail, 304 / detail", "detail, 304", "detail"),
    ("list / serializer", "list", "serializer list"),
    ("list / bare", "list", "bare list"),
    ("list, keyed / bare", "list, keyed", "bare list"),
    ("list, 304 / list", "list, 304", "list"),
)


def rates(asked, chance):
    """Rate and CPU of each way, and what one is over the other, round by round."""
    claims = [factories.published_claim(topics=[factories.TopicFactory.create()]) for _ in range(REAL)]
    owner = Consumer.objects.create(name="bench")
    key = issue(name="bench", scopes=["verdicts:read"], consumer=owner, actor=None, at=factories.NOON).clear
    copies(Publication.objects.get(claim=claims[0]), max(asked.small - REAL, 0))
    # The newest are those with rows of their own, so that the serializer's list has as much to join as its detail.
    claims += [factories.published_claim(topics=[factories.TopicFactory.create()]) for _ in range(25)]
    caller = Caller()
    measured = ways(caller, [claim.public_id for claim in claims], key)
    for way in measured.values():
        way.timed(caller, 20, chance)
    rate, cpu = {name: [] for name in measured}, {name: [] for name in measured}
    for _ in range(asked.rounds):
        for name in chance.sample(list(measured), len(measured)):
            took, spent = measured[name].timed(caller, asked.requests, chance)
            rate[name].append(asked.requests / sum(took))
            cpu[name].append(1e6 * spent / asked.requests)
    sizes = {}
    for name in ("detail", "list"):
        address = measured[name].addresses[0]
        _, sent, whole = caller.get(address)
        _, _, none = caller.get(address, if_none_match=sent["ETag"])
        sizes[name] = {"200": len(whole), "304": len(none)}
    return {
        "rate_per_s": {name: spread(values, 0) for name, values in rate.items()},
        "cpu_us": {name: spread(values, 0) for name, values in cpu.items()},
        "ratios": {
            name: spread([a / b for a, b in zip(rate[one], rate[other], strict=True)]) for name, one, other in RATIOS
        },
        "cpu_ratios": {
            name: spread([b / a for a, b in zip(cpu[one], cpu[other], strict=True)]) for name, one, other in RATIOS
        },
        "body_bytes": sizes,
    }


def hot(count, chance):
    """The three hot reads over all that is stored, by name."""
    with connection.cursor() as cursor:
        last = FeedHead.objects.get().n
        cursor.execute(
            "SELECT public_id, sequence FROM claims_publichead WHERE sequence = ANY(%s)",
            [[chance.randint(1, last) for _ in range(count)]],
        )
        found = cursor.fetchall()
    return {
        "detail": Way([f"/api/v1/verdicts/{i}" for i, _ in found]),
        "list": Way(["/api/v1/verdicts"]),
        "changes": Way([f"/api/v1/verdicts/changes?after={n - 1}&page_size=25" for _, n in found]),
    }


def plans(caller, measured):
    """The plans of the hot reads, as PostgreSQL gives them."""
    found = {}
    for name, way in measured.items():
        asked = []

        def noting(execute, sql, params, many, context, asked=asked):
            asked.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(noting):
            caller.get(way.addresses[0])
        sql, params = asked[-1]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (COSTS OFF) {sql}", params)
            found[name] = [row[0] for row in cursor.fetchall()]
    return found


def by_size(asked, chance, small, large):
    """p95 in milliseconds of the hot reads at both sizes in turns, one over the other, and the plans at the larger."""
    caller, found, p95 = Caller(), {}, {small: [], large: []}
    for name in (small, large):
        with on(name):
            found[name] = hot(200, chance)
            for way in found[name].values():
                way.timed(caller, 50, chance)
            shown = plans(caller, found[name])  # those of the larger one, which comes last
    for _ in range(asked.rounds):
        for name in chance.sample([small, large], 2):
            with on(name):
                for way in found[name].values():
                    way.timed(caller, 5, chance)  # the pool is a new one
                p95[name].append(
                    {
                        kind: percentile([1000 * s for s in way.timed(caller, asked.requests, chance)[0]], 95)
                        for kind, way in found[name].items()
                    }
                )
    text = " ".join(line for lines in shown.values() for line in lines)
    return {
        "p95_ms": {
            f"{size:,}": {kind: spread([row[kind] for row in p95[name]], 2) for kind in p95[name][0]}
            for size, name in ((asked.small, small), (asked.large, large))
        },
        "p95_large_over_small": {
            kind: spread([b[kind] / a[kind] for a, b in zip(p95[small], p95[large], strict=True)])
            for kind in p95[small][0]
        },
        "sorts": text.count("Sort"),
        "sequential_scans": text.count("Seq Scan"),
        "plans": shown,
    }


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["rates", "sizes"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    settings.ROOT_URLCONF = "__main__"
    began = load()
    with scratch():
        if asked.part == "rates":
            results = rates(asked, chance)
        else:
            model = Publication.objects.get(claim=factories.published_claim())
            copies(model, asked.small - 1)
            with enlarged(model, asked.large - asked.small) as (small, large):
                results = by_size(asked, chance, small, large)
    results |= {"rounds": asked.rounds, "seed": asked.seed, "load": [began, load()]}
    print("read", asked.part, json.dumps({k: v for k, v in results.items() if k != "plans"}))
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
