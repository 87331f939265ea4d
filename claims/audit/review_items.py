"""Asking the desk to look again: something changed under a claim, and a person decides what follows from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from claims.audit.operations import record
from claims.choices import EventKind, ReviewItemKind, ReviewItemState
from claims.models import Claim, ReviewItem


def open_review_item(
    *,
    claim: Claim,
    kind: ReviewItemKind,
    cause: str,
    difference: Mapping[str, Any],
    actor: User | None,
    at: datetime,
) -> ReviewItem:
    """Ask the desk to look again; while one stands open for the cause, it takes the newest difference instead.

    `cause` names the one thing that it is about, such as "document:12"; `difference` is JSON, what is compared by
    name as [before, after]. Saying the same again changes nothing. Belongs into the caller's transaction.
    """
    found = dict(difference)
    item, made = ReviewItem.objects.get_or_create(
        claim=claim,
        kind=kind,
        cause=cause,
        state=ReviewItemState.OPEN,
        defaults={"difference": found, "opened_at": at},
    )
    if not made:
        if item.difference == found:
            return item
        item.difference = found
        item.save(update_fields=["difference"])
    record(
        kind=EventKind.REVIEW_ITEM_OPENED,
        subject=item,
        actor=actor,
        at=at,
        data={"kind": kind, "cause": cause, "difference": found},
    )
    return item
