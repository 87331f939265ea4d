"""What is removed when its keeping is over, as RETENTION_DAYS in the settings says. Everything else stays for ever."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from claims.capture import storage
from claims.choices import CoverageState
from claims.models import (
    Appearance,
    Capture,
    CaptureRemoval,
    ClaimSearch,
    Coverage,
    Delivery,
    DocumentWatch,
    Evidence,
    SourcePoll,
    SubmitterContact,
)

ROWS_AT_ONCE = 10_000
FILES_AT_ONCE = 500
LONGEST_REMOVAL = 30.0  # seconds; half of what the job may take, however slow the store is


def kept_since(name: str, *, at: datetime) -> datetime | None:
    """What is older than this is past its keeping; None where it is kept for ever. `name` as in RETENTION_DAYS."""
    days: float = settings.RETENTION_DAYS[name]
    return at - timedelta(days=days) if days > 0 else None


def prune_rows(*, at: datetime) -> None:
    """Remove old polls, searches and messages, and contacts whose time is over; belongs into the caller's transaction.

    The newest poll of a source and the newest search of a claim stay, however old: they say how it stands.
    """
    before = kept_since("polls", at=at)
    if before is not None:
        newer_poll = SourcePoll.objects.filter(source=OuterRef("source"), started_at__gt=OuterRef("started_at"))
        polls = SourcePoll.objects.filter(Exists(newer_poll), started_at__lt=before)
        SourcePoll.objects.filter(pk__in=polls.order_by("pk").values("pk")[:ROWS_AT_ONCE]).delete()
        newer_search = ClaimSearch.objects.filter(
            claim=OuterRef("claim"), connector=OuterRef("connector"), started_at__gt=OuterRef("started_at")
        )
        searches = ClaimSearch.objects.filter(Exists(newer_search), started_at__lt=before)
        ClaimSearch.objects.filter(pk__in=searches.order_by("pk").values("pk")[:ROWS_AT_ONCE]).delete()
    ended = kept_since("deliveries", at=at)
    if ended is not None:
        told = Delivery.objects.filter(finished_at__lt=ended).order_by("finished_at")
        Delivery.objects.filter(pk__in=told.values("pk")[:ROWS_AT_ONCE]).delete()
    over = Q(expires_at__lte=at)
    received = kept_since("contacts", at=at)
    if received is not None:
        over |= Q(submission__received_at__lt=received)
    contacts = SubmitterContact.objects.filter(over).order_by("pk")
    SubmitterContact.objects.filter(pk__in=contacts.values("pk")[:ROWS_AT_ONCE]).delete()


def past_keeping(*, at: datetime) -> "QuerySet[Capture]":
    """Copies of pages that were only ever dismissed as coverage, long ago, and that nobody ever cited."""
    before = kept_since("dismissed_copies", at=at)
    if before is None:
        return Capture.objects.none()
    coverage = Coverage.objects.filter(document=OuterRef("document"))
    alive = coverage.exclude(state=CoverageState.DISMISSED, decided_at__lt=before)
    return Capture.objects.filter(Exists(coverage), ~Exists(alive), *_unused(), removal__isnull=True)


def mark_past_keeping(*, at: datetime) -> int:
    """Mark copies past their keeping as removed, in the caller's transaction; their files go with a later run."""
    found = list(past_keeping(at=at).order_by("pk")[:FILES_AT_ONCE])
    days = settings.RETENTION_DAYS["dismissed_copies"]
    reason = f"its coverage was dismissed more than {days:g} days before."
    CaptureRemoval.objects.bulk_create(
        [CaptureRemoval(capture=capture, removed_at=at, reason=reason) for capture in found], ignore_conflicts=True
    )
    return len(found)


def remove_files() -> list[int]:
    """Take the files of removed copies out of storage; the ids of those whose files are gone. Writes no row.

    Belongs outside of any transaction. Safe to run twice. Raises Transient if the storage is away. What the time does
    not allow is left to the next run.
    """
    ends = time.monotonic() + LONGEST_REMOVAL
    marked = CaptureRemoval.objects.filter(file_gone_at__isnull=True).select_related("capture").order_by("pk")
    gone = []
    # What the law took goes whoever uses it; mostly it went at once, and the store was away if it is still there.
    due = Q(lawful=True) | Q(capture__in=Capture.objects.filter(*_unused()))
    for removal in marked.filter(due)[:FILES_AT_ONCE]:
        key = removal.capture.storage_key
        if not Capture.objects.filter(storage_key=key, removal__isnull=True).exists():
            storage.remove(key)
        gone.append(removal.pk)
        if time.monotonic() >= ends:
            break
    return gone


def store_removed(gone: Sequence[int], *, at: datetime) -> None:
    """Write down whose files are gone, and take back marks from copies that somebody came to use meanwhile."""
    CaptureRemoval.objects.filter(pk__in=gone).update(file_gone_at=at)
    marked = CaptureRemoval.objects.filter(file_gone_at__isnull=True, lawful=False)
    marked.exclude(capture__in=Capture.objects.filter(*_unused())).delete()


def _unused() -> tuple[Q, ...]:
    """Conditions on a copy: nobody cites its page, or ever did, no claim was made there, and no claim keeps it."""
    same_page = {"document": OuterRef("document")}
    return (
        Q(~Exists(Coverage.objects.filter(**same_page).exclude(state=CoverageState.DISMISSED))),
        Q(~Exists(Evidence.objects.filter(**same_page))),
        Q(~Exists(Appearance.objects.filter(**same_page))),
        Q(~Exists(DocumentWatch.objects.filter(pk=OuterRef("document")))),
    )
