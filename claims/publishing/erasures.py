"""Telling endpoints that published versions were erased, so that whoever holds them erases them too."""

from collections.abc import Sequence

from django.db.models import Q

from claims.audit.operations import record
from claims.choices import EventKind
from claims.models import Delivery, Event, Publication, Webhook
from claims.publishing import reach
from claims.publishing.changes import changes_after
from claims.publishing.payloads import erased_payload
from claims.text import host_of
from claims.webhook_choices import WebhookEvent


def tell_erased(*, publications: Sequence[Publication], public_id: str, event: Event) -> None:
    """Make the messages on these versions of one claim, oldest first, in the transaction that erased them.

    Told is who chose to be, and every endpoint of a consumer that holds any version of the claim, before all else that
    waits there, as soon as the workers hear of it.
    """
    newest = publications[-1]
    held = reach.behind(claim_id=newest.claim_id, version=newest.version + 1_000_000)
    chosen = Q(events__contains=[WebhookEvent.ERASED]) | Q(consumer__in=list(held))
    payload = erased_payload(
        newest,
        versions=[one.version for one in publications],
        public_id=public_id,
        feed_epoch=changes_after(after=newest.sequence, limit=1).epoch,
        at=event.at,
    )
    made = Delivery.objects.bulk_create(
        Delivery(
            webhook=webhook,
            cause=f"erasure:{event.pk}",
            event=WebhookEvent.ERASED,
            publication=newest,
            held_version=held.get(webhook.consumer_id),
            priority=1,
            payload=payload,
            created_at=event.at,
            next_at=event.at,
        )
        for webhook in Webhook.objects.open().filter(chosen).select_related("consumer").order_by("pk")
    )
    for delivery in made:
        hook = delivery.webhook
        data = {"webhook": hook.public_id, "consumer": hook.consumer.name, "host": host_of(hook.url)}
        data |= {"message": delivery.message_id, "event": delivery.event}
        record(kind=EventKind.DELIVERY_REQUESTED, subject=hook, actor=None, at=event.at, data=data)
