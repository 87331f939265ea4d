"""Notes of the desk, replies asked of claimants, and look-again items."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from claims.access.locking import lock_claim
from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import EventKind, ReviewItemState
from claims.errors import Conflict, Invalid
from claims.models import ReplyRequest, ReviewItem, ReviewNote
from claims.text import one_line, plain


@transaction.atomic
def add_note(*, claim_id: int, text: str, actor: User, at: datetime) -> ReviewNote:
    """Write a note on the claim for colleagues. Raises NotAllowed, or Invalid if it is empty."""
    claim = lock_claim(claim_id)
    require(actor, Operation.ADD_NOTE, claim)
    words = plain(text).strip()
    if not words:
        raise Invalid("The note is empty.", fields={"text": ["Write something."]})
    note = ReviewNote.objects.create(claim=claim, author=actor, text=words, at=at)
    record(kind=EventKind.NOTE_ADDED, subject=note, actor=actor, at=at, data={"text": words})
    return note


@transaction.atomic
def ask_reply(
    *,
    claim_id: int,
    asked_of: str,
    how: str,
    asked_at: datetime,
    deadline_at: datetime | None,
    actor: User,
    at: datetime,
) -> ReplyRequest:
    """Note that the claimant was asked for a reply. Raises NotAllowed, IllegalMove or Invalid."""
    claim = lock_claim(claim_id)
    require(actor, Operation.ASK_REPLY, claim)
    whom, way = one_line(asked_of, limit=200), one_line(how, limit=200)
    faults = {name: ["Needed."] for name, value in (("asked_of", whom), ("how", way)) if not value}
    if deadline_at is not None and deadline_at < asked_at:
        faults["deadline_at"] = ["Lies before the request."]
    if asked_at > at:
        faults["asked_at"] = ["Lies in the future."]
    if faults:
        raise Invalid("The request for a reply is not complete.", fields=faults)
    asked = ReplyRequest.objects.create(
        claim=claim, asked_of=whom, how=way, asked_at=asked_at, deadline_at=deadline_at, by=actor
    )
    record(kind=EventKind.REPLY_REQUESTED, subject=asked, actor=actor, at=at, data={"asked_of": whom, "how": way})
    return asked


@transaction.atomic
def answer_reply(*, reply_id: int, answer: str, answered_at: datetime, actor: User, at: datetime) -> ReplyRequest:
    """Note what was answered. Raises NotAllowed, IllegalMove, Invalid, or Conflict if an answer stands already."""
    found = ReplyRequest.objects.get(pk=reply_id)
    claim = lock_claim(found.claim_id)
    require(actor, Operation.ASK_REPLY, claim)
    asked = ReplyRequest.objects.select_for_update().get(pk=reply_id)
    if asked.answered_at is not None:
        raise Conflict("An answer is noted already.")
    words = plain(answer).strip()
    if not words:
        raise Invalid("The answer is empty.", fields={"answer": ["Write down what was answered."]})
    asked.answer = words
    asked.answered_at = answered_at
    asked.save(update_fields=["answer", "answered_at"])
    record(kind=EventKind.REPLY_ANSWERED, subject=asked, actor=actor, at=at, data={"answer": words})
    return asked


@transaction.atomic
def close_review_item(
    *, item_id: int, dismissed: bool = False, note: str = "", actor: User, at: datetime
) -> ReviewItem:
    """Mark a look-again item as done or dismissed. Raises NotAllowed, or Conflict if it is closed already."""
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    require(actor, Operation.CLOSE_REVIEW_ITEM)
    if item.state != ReviewItemState.OPEN:
        raise Conflict("This item is closed already.")
    item.state = ReviewItemState.DISMISSED if dismissed else ReviewItemState.DONE
    item.closed_at = max(at, item.opened_at)
    item.closed_by = actor
    item.closing_note = plain(note).strip()
    item.save(update_fields=["state", "closed_at", "closed_by", "closing_note"])
    record(
        kind=EventKind.REVIEW_ITEM_CLOSED,
        subject=item,
        actor=actor,
        at=at,
        data={"state": item.state, "note": item.closing_note},
    )
    return item
