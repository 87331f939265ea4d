"""Endpoints registered by the real operation, and the jobs that tell them, run here as a worker would."""

from datetime import timedelta

from django.db.models import F

from claims.http import NO_PACE, Web
from claims.models import Consumer, Delivery, Webhook
from claims.publishing import webhooks
from claims.publishing.webhooks import By
from claims.webhook_choices import WebhookEvent
from tests.factories import NOON
from tests.servers.receiver import Receiver
from workers import delivery, dispatch, ledger
from workers.choices import Queue
from workers.models import Job

assert delivery  # its handlers are registered by importing it


def consumer(name: str = "Another newsroom") -> Consumer:
    return Consumer.objects.get_or_create(name=name)[0]


def by(owner: Consumer) -> By:
    return By(consumer=owner)


def endpoint(receiver: Receiver, *, owner: Consumer | None = None, events: list[str] | None = None) -> Webhook:
    """An endpoint at the receiver, which learns the secret."""
    owner = owner or consumer()
    webhooks.check_address(receiver.url, web=Web(pace=NO_PACE))
    made = webhooks.register(
        consumer=owner,
        url=receiver.url,
        events=events or list(WebhookEvent.values),
        description="",
        by=by(owner),
        at=NOON,
    )
    receiver.secrets.append(made.secret)
    return made.webhook


def work() -> None:
    """Turn facts into jobs, and do what is due on the queue of deliveries until nothing is."""
    dispatch.dispatch_outbox()
    while due := list(Job.objects.due().filter(queue=Queue.DELIVER).order_by("-priority", "run_at", "pk")):
        for job in due:
            ledger.run(job.pk)


def time_passes(*, seconds: float) -> None:
    """As if so much time had gone by for all that waits."""
    span = timedelta(seconds=seconds)
    Delivery.objects.waiting().update(next_at=F("next_at") - span)
    Webhook.objects.update(
        resting_until=F("resting_until") - span,
        held_until=F("held_until") - span,
        planned_at=F("planned_at") - span,
        rung_at=F("rung_at") - span,
        failing_since=F("failing_since") - span,
    )
    Job.objects.filter(state="queued").update(run_at=F("run_at") - span)
