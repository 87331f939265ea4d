"""Writing what the public reads: one insert-only row of approved bytes, numbered without a gap."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from claims.audit.operations import record
from claims.choices import ClaimState, EventKind, PublicationKind
from claims.errors import ChangedSinceApproval
from claims.models import Claim, FeedHead, Publication, PublicHead, Verdict
from claims.publishing.changes import CHANNEL
from claims.publishing.translations import link_siblings
from claims.text import host_of, sha256

_FILTERED = ("statement", "language", "rating", "rating_value", "claimant", "claimed_on", "topics")


def publish_bytes(*, claim: Claim, verdict: Verdict, body: bytes, approved_hash: str, tombstone: bool) -> Publication:
    """Make `body` what the public sees of the claim, in the caller's transaction with the claim locked.

    Takes the feed head's lock, the last of all: until commit no other publisher gets a number, so readers see numbers
    in order and without a gap, and a rollback gives its number back. Raises ChangedSinceApproval unless the bytes are
    those approved; a trigger says the same to everyone else.
    """
    if not (sha256(body) == approved_hash == verdict.candidate_hash):
        raise ChangedSinceApproval(
            "What would be published differs from what was approved. Return the revision, look at what changed, "
            "and send it to review again."
        )
    head = PublicHead.objects.select_related("publication").filter(claim=claim).first()
    before = head.publication if head is not None else None
    kind = PublicationKind.TOMBSTONE if tombstone else PublicationKind.UPDATE if before else PublicationKind.INITIAL
    # A tombstone is found by what it takes back, whatever an open revision has made of the claim since.
    columns = {name: getattr(before, name) for name in _FILTERED} if tombstone else _columns(claim, verdict)

    # Like the columns: what is published says of what it is a translation, not an edit that is open meanwhile.
    kept = head.original_id if tombstone and head is not None else None
    original_id = kept or claim.translation_of_id or claim.pk

    sequence, valid_from = _next()
    publication = Publication.objects.create(
        sequence=sequence,
        claim=claim,
        public_id=claim.public_id,
        version=before.version + 1 if before else 1,
        kind=kind,
        change_type=verdict.change_type,
        public_note=verdict.public_note,
        supersedes=before,
        verdict=verdict,
        body=body,
        body_hash=approved_hash,
        valid_from=valid_from,
        **columns,
    )
    PublicHead.objects.update_or_create(
        claim=claim,
        defaults={
            "public_id": claim.public_id,
            "publication": publication,
            "sequence": sequence,
            "live": not tombstone,
            "outlets": _outlets(json.loads(body)),
            "reviewed_at": head.reviewed_at if head is not None else valid_from,
            "original_id": original_id,
        },
    )
    link_siblings(original_id=original_id, at=valid_from)
    if head is not None and head.original_id not in {None, original_id}:
        link_siblings(original_id=head.original_id, at=valid_from)
    if claim.state == ClaimState.PUBLISHED:  # else an open revision is worked on, beside which this was retracted
        watch_on(claim=claim, since=valid_from)
    return publication


def watch_on(*, claim: Claim, since: datetime) -> None:
    """Coverage of the claim, locked by the caller, is looked for until WATCH_DAYS after its last publication."""
    claim.watch_until = since + timedelta(days=settings.WATCH_DAYS)
    claim.save(update_fields=["watch_until"])


@transaction.atomic
def new_epoch(*, at: datetime) -> None:
    """Tell every reader of the feed to begin anew, after a restore that the database cannot see by itself."""
    head = FeedHead.objects.select_for_update().get()
    head.feed_epoch = uuid.uuid4()
    head.save(update_fields=["feed_epoch"])
    record(kind=EventKind.CONFIGURATION_SAVED, subject=head, actor=None, at=at, data={"feed_epoch": "renewed"})


def _columns(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    return {
        "statement": claim.statement,
        "language": claim.language,
        "rating": verdict.rating.slug if verdict.rating else "",
        "rating_value": verdict.rating.value if verdict.rating else None,
        "claimant": claim.claimant.name if claim.claimant else "",
        "claimed_on": claim.claimed_on,
        "topics": list(claim.topics.order_by("slug").values_list("slug", flat=True)),
    }


def _outlets(body: dict[str, Any]) -> list[str]:
    """Where the claim appeared, by folded name and by host, as filters ask for it."""
    found = set()
    for item in body["claim"]["appearances"]:
        found |= {(item["outlet"] or "").casefold(), host_of(item["url"] or "")}
    return sorted(found - {""})


def _next() -> tuple[int, datetime]:
    """The next number and its instant; whoever waits for the feed is told when the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH given AS (UPDATE claims_feedhead SET n = n + 1, "
            "at = greatest(clock_timestamp(), at + interval '1 microsecond') WHERE id = 1 RETURNING n, at) "
            "SELECT n, at, pg_notify(%s, n::text) FROM given",
            [CHANNEL],
        )
        sequence, valid_from, _ = cursor.fetchone()
    return sequence, valid_from
