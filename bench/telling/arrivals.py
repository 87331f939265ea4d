"""Does everything arrive, once, with a good signature, when the receiver fails for its share of the tries?"""

import time
from collections import Counter
from typing import Any

from django.utils import timezone

from bench.telling.endpoints import Receiving, wait, warm_up
from claims.models import Delivery, DeliveryTry, Publication, Webhook
from claims.publishing import webhooks
from claims.publishing.webhooks import By
from claims.review import operations as moves
from claims.webhook_choices import DeliveryState
from tests import factories
from tests.factories import person

WITHIN = 480.0  # seconds


def measure(receiving: Receiving, *, endpoints: int, events: int) -> dict[str, Any]:
    """Publish, and look at what the receiver has when nothing waits any more. What was given up is asked for again."""
    receiving.register("flaky", endpoints)
    warm_up(receiving)
    approved = [factories.approved_claim() for _ in range(events)]
    began = time.monotonic()
    for claim in approved:
        moves.publish(claim_id=claim.pk, actor=person("publisher"), at=timezone.now())
    published = set(
        Publication.objects.filter(claim__in=approved).values_list("claim__public_id", "version", "sequence")
    )
    everything = endpoints * events
    left = began + WITHIN

    def over() -> bool:
        ended = Delivery.objects.exclude(state=DeliveryState.WAITING).count()
        return ended >= everything

    done = wait(over, seconds=left - time.monotonic(), every=1.0)
    given_up = Delivery.objects.given_up().count()
    for hook in Webhook.objects.filter(deliveries__state=DeliveryState.GIVEN_UP, off="").distinct():
        by = By(consumer=hook.consumer)
        webhooks.redeliver_given_up(webhook_id=hook.pk, since=factories.NOON, by=by, at=timezone.now())
    done = wait(lambda: not Delivery.objects.waiting().exists(), seconds=left - time.monotonic(), every=1.0) and done
    took = time.monotonic() - began
    return {
        **_counted(receiving.report(), published=published, endpoints=endpoints),
        "deliveries": everything,
        "all_over": done,
        "given_up_and_asked_for_again": given_up,
        "tries": DeliveryTry.objects.count(),
        "failed_tries": DeliveryTry.objects.count() - DeliveryTry.objects.filter(status__range=(200, 299)).count(),
        "switched_off": Webhook.objects.exclude(off="").count(),
        "seconds": round(took, 1),
        "per_second": round(everything / took, 1),
    }


def _counted(report: dict[str, Any], *, published: set[tuple[str, int, int]], endpoints: int) -> dict[str, Any]:
    """What the receiver's book says: each endpoint has each publication, by one id, with one effect."""
    arrived: Counter[tuple[str, tuple[str, int, int]]] = Counter()
    once = True
    flaky = [message for message in report["messages"].values() if message["path"].startswith("/flaky/")]
    for message in flaky:
        data = message["said"]["data"]
        arrived[message["path"], (data["id"], data["version"], data["sequence"])] += 1
        once = once and message["effects"] == 1
    wanted = {(f"/flaky/{number}", one) for number in range(endpoints) for one in published}
    return {
        "requests": report["requests"],
        "bad_signatures": report["bad"],
        "arrived": len(wanted & set(arrived)),
        "missing": len(wanted - set(arrived)),
        "not_published": len(set(arrived) - wanted),
        "more_than_one_id": sum(count - 1 for count in arrived.values()),
        "one_effect_each": once,
        "repeats_that_the_id_caught": sum(message["times"] - 1 for message in flaky),
    }
