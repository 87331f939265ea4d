"""All ClaimReviews as one schema.org DataFeed, written part by part: memory does not grow with the number of verdicts.

Source: schema.org/DataFeed. A retracted verdict stays in it as an item with `dateDeleted` and nothing but its address.
"""

import json
from collections.abc import Iterator
from typing import Any

from claims.models import FeedHead, PublicHead
from claims.publishing.markup import dated
from claims.publishing.queries import instant
from claims.text import canonical_json

CHUNK = 200  # documents in memory at once


def validator() -> str:
    """Another word whenever anything was published or retracted, and after a restore. One query."""
    head = FeedHead.objects.get()
    return f"{head.feed_epoch.hex[:16]}-{head.n}"


def data_feed(*, name: str, url: str, licence: str, base: str) -> Iterator[bytes]:
    """The feed as JSON-LD, in parts. Each claim once, as it stood when its part was read; erased ones left out."""
    head = FeedHead.objects.get()
    opening: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "DataFeed",
        "name": name,
        "url": url,
        "license": licence,
    }
    if head.at is not None:
        opening["dateModified"] = instant(head.at)
    yield canonical_json(opening)[:-1] + b',"dataFeedElement":['
    last, first = 0, True
    while True:
        heads = PublicHead.objects.filter(claim_id__gt=last, publication__body__isnull=False).order_by("claim_id")
        rows = list(heads.select_related("publication").defer("publication__search")[:CHUNK])
        part = b",".join(_item(row, base) for row in rows)
        yield part if first or not part else b"," + part
        if len(rows) < CHUNK:
            break
        last, first = rows[-1].claim_id, False
    yield b"]}\n"


def _item(head: PublicHead, base: str) -> bytes:
    publication = head.publication
    item: dict[str, Any] = {"@type": "DataFeedItem", "dateCreated": instant(head.reviewed_at)}
    if head.live:
        review = dated(
            json.loads(bytes(publication.body or b"")), first_at=head.reviewed_at, changed_at=publication.valid_from
        )
        review.pop("@context", None)
        item |= {"dateModified": instant(publication.valid_from), "item": review}
    else:
        address = f"{base}/verdicts/{head.public_id}/"
        item |= {"dateDeleted": instant(publication.valid_from), "item": {"@type": "ClaimReview", "url": address}}
    return canonical_json(item)
