"""What does a dead endpoint cost the others? Pings to healthy ones, with and without it, in alternation."""

import statistics
import time
from typing import Any

from django.utils import timezone

from bench.telling.endpoints import Receiving, wait, warm_up
from claims.models import Delivery, Webhook
from claims.publishing import webhooks
from claims.publishing.webhooks import By

PAUSE = 0.02  # seconds between two pings: some fifty a second


def measure(receiving: Receiving, *, healthy: int, pings: int, rounds: int, dead: int, rest: float) -> dict[str, Any]:
    """The healthy ones' p95 from ping to arrival, per round; `rest` is how long a hung try may still be on its way."""
    well = receiving.register("well", healthy)
    gone = receiving.register("dead", dead)
    for hook in gone:
        webhooks.switch_off(webhook_id=hook.pk, by=_by(hook), at=timezone.now())
    warm_up(receiving)
    _round(receiving, well, [], pings=2)
    alone, beside = [], []
    for number in range(rounds):
        order = (False, True) if number % 2 == 0 else (True, False)
        for with_dead in order:
            if with_dead:
                for hook in gone:
                    webhooks.switch_on(webhook_id=hook.pk, by=_by(hook), at=timezone.now())
            p95 = _round(receiving, well, gone if with_dead else [], pings=pings)
            (beside if with_dead else alone).append(p95)
            if with_dead:
                for hook in gone:
                    webhooks.switch_off(webhook_id=hook.pk, by=_by(hook), at=timezone.now())
                time.sleep(rest)
    ratios = sorted(b / a for a, b in zip(alone, beside, strict=True))
    tried = Delivery.objects.filter(webhook__in=gone, tries__gt=0).count()
    return {
        "healthy": healthy,
        "dead": dead,
        "rounds": rounds,
        "pings_a_round": healthy * pings,
        "dead_messages_tried": tried,
        "p95_ms_alone": _spread([1000 * value for value in alone]),
        "p95_ms_beside_dead": _spread([1000 * value for value in beside]),
        "ratio": _spread(ratios),
    }


def _round(receiving: Receiving, well: list[Webhook], gone: list[Webhook], *, pings: int) -> float:
    sent: dict[str, float] = {}
    for _ in range(pings):
        for hook in gone:
            webhooks.ping(webhook_id=hook.pk, by=_by(hook), at=timezone.now())
        for hook in well:
            at = time.time()
            made = webhooks.ping(webhook_id=hook.pk, by=_by(hook), at=timezone.now())
            sent[made.message_id] = at
            time.sleep(PAUSE)
    wait(lambda: not Delivery.objects.waiting().filter(message_id__in=sent).exists(), seconds=60)
    came = receiving.report()["messages"]
    waited = sorted(came[message_id]["first"] - at for message_id, at in sent.items() if message_id in came)
    if len(waited) < len(sent):
        raise SystemExit(f"{len(sent) - len(waited)} pings did not arrive within a minute.")
    return waited[int(0.95 * (len(waited) - 1))]


def _by(hook: Webhook) -> By:
    return By(consumer=hook.consumer)


def _spread(values: list[float]) -> dict[str, float]:
    """Median and 90 % interval of the rounds."""
    ordered = sorted(values)
    low, high = int(0.05 * (len(ordered) - 1)), -int(0.05 * (len(ordered) - 1)) - 1
    return {
        "median": round(statistics.median(ordered), 3),
        "from": round(ordered[low], 3),
        "to": round(ordered[high], 3),
    }
