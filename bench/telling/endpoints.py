"""Endpoints of the bench's consumers, what its receiver says, and waiting for both."""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.utils import timezone

from claims.models import Consumer, Delivery, Webhook
from claims.publishing import webhooks
from claims.publishing.webhooks import MOST_ENDPOINTS, By
from claims.webhook_choices import WebhookEvent


class Receiving:
    """The receiver's process, as seen from here."""

    def __init__(self, *, port: int, secrets: Path) -> None:
        self.port = port
        self._file = secrets
        self._secrets: dict[str, str] = {}

    def register(self, kind: str, count: int) -> list[Webhook]:
        """So many endpoints at `/kind/…`, ten of a consumer at most, with every event."""
        made = []
        for number in range(count):
            owner = Consumer.objects.get_or_create(name=f"{kind} {number // MOST_ENDPOINTS}")[0]
            path = f"/{kind}/{number}"
            issued = webhooks.register(
                consumer=owner,
                url=f"http://127.0.0.1:{self.port}{path}",
                events=list(WebhookEvent.values),
                description="",
                by=By(consumer=owner),
                at=timezone.now(),
            )
            self._secrets[path] = issued.secret
            made.append(issued.webhook)
        self._file.write_text(json.dumps(self._secrets), encoding="utf-8")
        return made

    def report(self) -> dict[str, Any]:
        """All that came."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/report")
            found: dict[str, Any] = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return found


def wait(condition: Callable[[], bool], *, seconds: float, every: float = 0.2) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def warm_up(receiving: Receiving) -> None:
    """Until the workers are there: a ping of its own has arrived, and is forgotten."""
    [hook] = (
        receiving.register("warm", 1)
        if not Webhook.objects.filter(url__endswith="/warm/0").exists()
        else [Webhook.objects.get(url__endswith="/warm/0")]
    )
    by = By(consumer=hook.consumer)
    ping = webhooks.ping(webhook_id=hook.pk, by=by, at=timezone.now())
    if not wait(lambda: not Delivery.objects.waiting().filter(pk=ping.pk).exists(), seconds=120):
        raise SystemExit("The workers do not come up.")
    Delivery.objects.filter(webhook=hook).delete()
    webhooks.edit(webhook_id=hook.pk, events=["verdict.reinstated"], by=by, at=timezone.now())
