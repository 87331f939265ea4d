"""What an endpoint is told: one small JSON object per event, from what was published and nothing else."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from claims.choices import ChangeType, PublicationKind
from claims.models import Organisation, Publication, Webhook
from claims.publishing.queries import instant
from claims.text import canonical_json
from claims.webhook_choices import PING, WebhookEvent

LARGEST = 20_000  # bytes; receivers of Standard Webhooks need not take more
_LONGEST_NOTE = 3_000  # characters; the whole note stands in the document

_OF_CHANGE = {
    ChangeType.INITIAL: WebhookEvent.PUBLISHED,
    ChangeType.CLARIFICATION: WebhookEvent.UPDATED,
    ChangeType.CORRECTION: WebhookEvent.CORRECTED,
    ChangeType.RATING_CHANGE: WebhookEvent.CORRECTED,
    ChangeType.REINSTATEMENT: WebhookEvent.REINSTATED,
    ChangeType.RETRACTION: WebhookEvent.RETRACTED,
}


def event_of(publication: Publication) -> WebhookEvent:
    """What kind of event the publication is."""
    if publication.kind == PublicationKind.TOMBSTONE:
        return WebhookEvent.RETRACTED
    return _OF_CHANGE[ChangeType(publication.change_type)]


def publication_data(publication: Publication, *, public_id: str, feed_epoch: str) -> dict[str, Any]:
    """What every endpoint is told of a publication. Its document is fetched by `document_url`."""
    base = (Organisation.objects.current().site_url or settings.SITE_URL).rstrip("/")
    body: Mapping[str, Any] = json.loads(bytes(publication.body)) if publication.body is not None else {}
    address = f"{base}{reverse('api:verdict', args=[public_id])}"
    return {
        "id": public_id,
        "version": publication.version,
        "sequence": publication.sequence,
        "feed_epoch": feed_epoch,
        "kind": publication.kind,
        "change_type": publication.change_type,
        "note": publication.public_note[:_LONGEST_NOTE],
        "published_at": instant(publication.valid_from),
        "statement": publication.statement,
        "language": publication.language,
        "claimant": publication.claimant,
        "rating": publication.rating,
        "rating_value": publication.rating_value,
        "url": body.get("url") or f"{base}/verdicts/{public_id}/",  # the words may be erased, the address is not
        "document_url": f"{address}?version={publication.version}",
        "acknowledge_url": f"{address}/acknowledgements",
        "licence": body.get("licence", ""),
    }


def publication_payload(publication: Publication, data: Mapping[str, Any], *, held_version: int | None) -> str:
    """The body for one endpoint. `held_version` is the older version that its consumer has, if we know of one."""
    told = {**data, "held_version": held_version}
    return _payload(event_of(publication), publication.valid_from, told)


def erased_payload(
    publication: Publication, *, versions: Sequence[int], public_id: str, feed_epoch: str, at: datetime
) -> str:
    """What an endpoint is told of erased versions, `publication` being the newest of them: numbers and addresses."""
    base = (Organisation.objects.current().site_url or settings.SITE_URL).rstrip("/")
    told = {
        "id": public_id,
        "version": publication.version,
        "versions": list(versions),
        "sequence": publication.sequence,
        "feed_epoch": feed_epoch,
        "url": f"{base}/verdicts/{public_id}/",
        "document_url": f"{base}{reverse('api:verdict', args=[public_id])}",
    }
    return _payload(WebhookEvent.ERASED, at, told)


def ping_payload(webhook: Webhook, *, at: datetime) -> str:
    """The body of a test."""
    return _payload(PING, at, {"webhook": webhook.public_id, "description": webhook.description})


def _payload(event: str, at: datetime, data: Mapping[str, Any]) -> str:
    return canonical_json({"type": str(event), "timestamp": instant(at), "data": dict(data)}).decode()
