"""Telling endpoints that published versions were erased, so that whoever holds them erases them too."""

from collections.abc import Sequence

from django.db.models import Q

from claims.models import Delivery, Event, Publication, Webhook
from claims.publishing import reach
from claims.publishing.changes import changes_after
from claims.publishing.payloads import erased_payload
from claims.webhook_choices import WebhookEvent


def tell_erased(*, publications: Sequence[Publication], public_id: str, event: Event) -> None:
    """Make the messages on these versions of one claim, oldest first, in the transaction that erased them.

    Told is who chose to be, and every endpoint of a consumer that holds any version of the claim, before all else that
    waits there. They go within minutes, by the job that looks for what nobody sends.
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
    Delivery.objects.bulk_create(
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
        for webhook in Webhook.objects.open().filter(chosen).order_by("pk")
    )
