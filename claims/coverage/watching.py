"""Cited pages after publication: when each is looked at again, and what a look changes.

What is public never changes by itself: a page that did makes a row that says how, and asks the desk to look again.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from claims.audit.operations import record
from claims.audit.review_items import open_review_item
from claims.capture.addresses import site_of
from claims.capture.changes import PageChange, compare, unreadable
from claims.capture.erased import NO_COMPARISON, NOT_THIS, was_erased
from claims.capture.extract import read_capture
from claims.capture.recheck import Looked
from claims.choices import (
    CaptureKind,
    CheckOutcome,
    EventKind,
    FetchState,
    ReviewItemKind,
    Standing,
)
from claims.errors import Transient
from claims.models import (
    Capture,
    Claim,
    Document,
    DocumentChange,
    DocumentCheck,
    DocumentWatch,
    Evidence,
    Publication,
    ReviewItem,
)
from claims.text import one_line

DAY = timedelta(days=1)
# Days after publication. What is changed at all is mostly changed early; after the last, every 90 days for ever.
SCHEDULE = (1, 3, 7, 14, 30, 60, 90)
EVERY = 90
# A look that was lost or died is made again after this long; until then its moment stands for it.
NEW_TURN_AFTER = timedelta(hours=1)
# Between two answers that a page is gone. Not two dates: a site that is broken around midnight has both at once. Less
# than the day after which we look again, so that a look that comes a little early still decides.
SURELY_GONE_AFTER = timedelta(hours=20)


def next_check(*, since: datetime, after: datetime, doubtful: int = 0) -> datetime:
    """When to look next: the first moment of the schedule that counts from `since` and lies after `after`.

    `doubtful` is how many looks in a row left us in doubt (failed, or said for the first time that the page is gone);
    then it is a day later, two, four …, but never later than the schedule says.
    """
    days = (after - since) / DAY
    planned = next((day for day in SCHEDULE if day > days), EVERY * (math.floor(days / EVERY) + 1))
    due = since + planned * DAY
    return min(due, after + DAY * 2.0 ** min(doubtful - 1, 10)) if doubtful > 0 else due


def cited_in_public() -> "QuerySet[Evidence]":
    """Evidence with a page that a live publication shows: there when its revision was sent to review."""
    verdict = "claim__public_head__publication__verdict__submitted_at"
    return Evidence.objects.filter(
        Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=F(verdict)),
        claim__public_head__live=True,
        document__isnull=False,
        added_at__lte=F(verdict),
    )


@transaction.atomic
def plan(*, at: datetime) -> int:
    """Watch every page that something public cites, and none that nothing does; how many are watched.

    A new publication starts the page's schedule anew. Safe to run at any time, any number of times.
    """
    cited = dict(
        cited_in_public()
        .order_by()
        .values_list("document_id")
        .annotate(since=Max("claim__public_head__publication__valid_from"))
    )
    known = {watch.pk: watch for watch in DocumentWatch.objects.select_for_update().order_by("pk")}
    for document_id, since in sorted(cited.items()):
        watch = known.get(document_id)
        if watch is None:
            DocumentWatch.objects.get_or_create(
                document_id=document_id,
                defaults={
                    "since": since,
                    "baseline": _first_baseline(document_id),
                    "next_check_at": next_check(since=since, after=since),
                },
            )
        elif watch.next_check_at is None or watch.since != since:
            fresh = watch.next_check_at is not None and since > watch.since
            soon = next_check(since=since, after=since if fresh else max(since, at))
            watch.next_check_at = min(soon, watch.next_check_at or soon)
            watch.since = since
            watch.save(update_fields=["since", "next_check_at"])
    DocumentWatch.objects.filter(next_check_at__isnull=False).exclude(pk__in=cited).update(next_check_at=None)
    return len(cited)


def due_documents(*, at: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Pages whose time has come, longest waiting first, each with the moment that names this turn."""
    due = DocumentWatch.objects.filter(next_check_at__lte=at).order_by("next_check_at", "pk")
    return [
        (pk, planned + NEW_TURN_AFTER * math.floor((at - planned) / NEW_TURN_AFTER))
        for pk, planned in due.values_list("pk", "next_check_at")[:limit]
        if planned is not None
    ]


@transaction.atomic
def store_looked(*, looked: Looked, at: datetime) -> Capture | None:
    """Write down one look, and ask the desk to look again where the page is gone or leads elsewhere.

    A page that came is kept as a copy; comparing it is work of its own, started by the event recorded here. Safe to run
    twice: a copy and a check are known by their page and moment.
    """
    document = Document.objects.select_for_update(no_key=True).get(pk=looked.document_id)
    watch = _lock_watch(document.pk)
    if watch is None:
        return None
    if looked.kind is None or looked.http_status is None:
        _check(document, looked.looked_at, CheckOutcome.NOT_MEASURED, looked.note, looked.http_status, None)
        _again(watch, at, doubtful=watch.doubtful + 1)
        return None
    capture, created = Capture.objects.get_or_create(
        document=document,
        fetched_at=looked.looked_at,
        defaults={
            "kind": looked.kind,
            "final_url": looked.final_url,
            "http_status": looked.http_status,
            "sha256": looked.sha256,
            "storage_key": looked.storage_key,
            "warc_sha256": looked.warc_sha256,
            "length": looked.length,
            "headers": looked.headers,
        },
    )
    if not created:
        return capture
    if looked.kind == CaptureKind.GONE:
        _store_gone(document, watch, capture, looked.note, at)
    elif looked.kind == CaptureKind.ELSEWHERE:
        _store_moved(document, watch, capture, looked.note, at)
    else:
        _again(watch, at)
        data = {"capture_id": capture.pk, "sha256": capture.sha256, "url": capture.final_url}
        record(kind=EventKind.DOCUMENT_REFETCHED, subject=document, actor=None, at=at, data=data)
    return capture


@dataclass(frozen=True, slots=True)
class Compared:
    """What comparing one copy with the one before came to. `change` is None if they could not be compared."""

    document_id: int
    capture_id: int
    before_id: int | None
    change: PageChange | None
    note: str = ""
    readable: bool = False
    quotes: Mapping[int, str] | None = None  # by claim


def compare_copy(*, capture_id: int) -> Compared:
    """Compare a copy with the last one before it that could be read. Writes nothing. Raises Transient (storage)."""
    capture = Capture.objects.get(pk=capture_id)
    document_id = capture.document_id
    watch = DocumentWatch.objects.select_related("baseline").get(pk=document_id)
    quotes, before_id = _quotes(document_id), watch.baseline_id
    if watch.baseline is not None and watch.baseline.fetched_at > capture.fetched_at:
        return Compared(document_id, capture_id, before_id, None, note="A newer copy was compared before this one.")
    if was_erased(capture):
        return Compared(document_id, capture_id, before_id, None, note=NOT_THIS)
    if watch.baseline is not None and watch.baseline.sha256 == capture.sha256:
        return Compared(document_id, capture_id, before_id, PageChange(), readable=True, quotes=quotes)
    after = read_capture(capture)
    fault = unreadable(after)
    if fault:
        return Compared(document_id, capture_id, before_id, None, note=fault)
    if watch.baseline is None:
        note = "There was no earlier copy to compare it with; from now on there is."
        return Compared(document_id, capture_id, before_id, None, note=note, readable=True)
    if was_erased(watch.baseline):
        return Compared(document_id, capture_id, before_id, None, note=NO_COMPARISON, readable=True)
    before = read_capture(watch.baseline)
    fault = unreadable(before)
    if fault:
        note = one_line(f"The earlier copy could not be read: {fault}", limit=300)
        return Compared(document_id, capture_id, before_id, None, note=note, readable=True)
    change = compare(before, after, quotes=quotes.values())
    return Compared(
        document_id,
        capture_id,
        before_id,
        change,
        note=change.unmeasured,
        readable=not change.unmeasured,
        quotes=quotes,
    )


@transaction.atomic
def store_compared(*, compared: Compared, at: datetime) -> DocumentCheck:
    """Write down what comparing came to, and ask the desk to look again at each claim that it concerns.

    Safe to run twice: a check is known by its copy's moment. Raises Transient if it was overtaken by another.
    """
    document = Document.objects.select_for_update(no_key=True).get(pk=compared.document_id)
    watch = DocumentWatch.objects.select_for_update().get(pk=document.pk)
    capture = Capture.objects.get(pk=compared.capture_id)
    known = DocumentCheck.objects.filter(document=document, checked_at=capture.fetched_at).first()
    if known is not None:
        return known
    if watch.baseline_id != compared.before_id:
        raise Transient("Another copy was compared meanwhile; this one is compared with that.")
    change, before = compared.change, watch.baseline
    if change is None or (change.unmeasured and not change):
        outcome = CheckOutcome.NOT_MEASURED
    else:
        outcome = CheckOutcome.CHANGED if change else CheckOutcome.UNCHANGED
    check = _check(document, capture.fetched_at, outcome, compared.note, capture.http_status, capture)
    if change and before is not None and before.pk != capture.pk:
        _changed(document, before, capture, _difference(change), at)
        _open_changed(document, change, compared.quotes or {}, at)
    if compared.readable:
        watch.baseline = capture
        watch.standing, watch.moved_to, watch.first_gone_at = Standing.THERE, "", None
        if document.fetch_state == FetchState.GONE:
            document.fetch_state = FetchState.READ if document.text else FetchState.FETCHED
            document.fetch_note = ""
            document.save(update_fields=["fetch_state", "fetch_note"])
        if change:
            data = {"capture_id": capture.pk, "sha256": capture.sha256, "url": capture.final_url}
            record(kind=EventKind.DOCUMENT_CAPTURED, subject=document, actor=None, at=at, data=data)
    _again(watch, at, doubtful=0 if compared.readable else watch.doubtful + 1)
    return check


def _store_gone(document: Document, watch: DocumentWatch, capture: Capture, note: str, at: datetime) -> None:
    """Once may be a mishap; said again most of a day later, with no other answer between, it is gone."""
    _check(document, capture.fetched_at, CheckOutcome.GONE, note, capture.http_status, capture)
    first, watch.first_gone_at = watch.first_gone_at, watch.first_gone_at or capture.fetched_at
    sure = first is not None and capture.fetched_at - first >= SURELY_GONE_AFTER
    if sure and first is not None and watch.standing != Standing.GONE:
        watch.standing = Standing.GONE
        document.fetch_state, document.fetch_note = FetchState.GONE, note
        document.save(update_fields=["fetch_state", "fetch_note"])
        before = watch.baseline
        difference = {
            "status": [before.http_status if before is not None else None, capture.http_status],
            "first_seen_at": first.isoformat(),
            "seen_again_at": capture.fetched_at.isoformat(),
        }
        _changed(document, before, capture, difference, at)
        _open(document, ReviewItemKind.SOURCE_GONE, difference, at)
    _again(watch, at, doubtful=0 if watch.standing == Standing.GONE else 1)


def _store_moved(document: Document, watch: DocumentWatch, capture: Capture, note: str, at: datetime) -> None:
    _check(document, capture.fetched_at, CheckOutcome.MOVED, note, capture.http_status, capture)
    site = site_of(capture.final_url)[:255]
    if watch.standing != Standing.MOVED or watch.moved_to != site:
        before = watch.baseline
        watch.standing, watch.moved_to = Standing.MOVED, site
        difference = {"address": [before.final_url if before is not None else document.url, capture.final_url]}
        _changed(document, before, capture, difference, at)
        _open(document, ReviewItemKind.SOURCE_MOVED, difference, at)
    watch.first_gone_at = None
    _again(watch, at)


def _open_changed(document: Document, change: PageChange, quotes: Mapping[int, str], at: datetime) -> None:
    if change.headline is not None:
        _open(document, ReviewItemKind.HEADLINE_CHANGED, {"headline": list(change.headline)}, at)
    lost = dict(change.lost)
    for claim in _claims(document).filter(pk__in=[pk for pk, quote in quotes.items() if quote in lost]):
        quote = quotes[claim.pk]
        _open(document, ReviewItemKind.QUOTE_CHANGED, {"quote": [quote, lost[quote]]}, at, claim=claim)


def _open(
    document: Document, kind: ReviewItemKind, difference: Mapping[str, Any], at: datetime, claim: Claim | None = None
) -> None:
    cause = f"document:{document.pk}"
    for one in [claim] if claim is not None else _claims(document):
        shown = dict(difference)
        standing = ReviewItem.objects.open().filter(claim=one, kind=kind, cause=cause).first()
        if standing is not None:  # nobody looked at the last change yet, so what was there first is what counts
            for name, pair in shown.items():
                first = standing.difference.get(name)
                if isinstance(pair, list) and isinstance(first, list) and first:
                    shown[name] = [first[0], pair[1]]
        facts = {"source": document.title or document.url, "url": document.url, "document_id": document.pk}
        open_review_item(claim=one, kind=kind, cause=cause, difference={**shown, **facts}, actor=None, at=at)


def _claims(document: Document) -> "QuerySet[Claim]":
    cited = cited_in_public().filter(document=document)
    return Claim.objects.filter(pk__in=cited.values("claim_id")).order_by("pk")


def _quotes(document_id: int) -> dict[int, str]:
    """What each live publication quotes from the page, by claim: the published words, whatever was edited since."""
    claims = cited_in_public().filter(document_id=document_id).values("claim_id")
    url = Document.objects.values_list("url", flat=True).get(pk=document_id)
    found: dict[int, str] = {}
    for publication in Publication.objects.filter(head__claim__in=claims, body__isnull=False):
        body: dict[str, Any] = json.loads(bytes(publication.body or b"{}"))
        for item in body.get("evidence", []):
            if item.get("url") == url and str(item.get("quote", "")).strip():
                found[publication.claim_id] = str(item["quote"])
    return found


def _first_baseline(document_id: int) -> Capture | None:
    """The copy that an editor saw, where there is one."""
    seen = cited_in_public().filter(document_id=document_id, capture__isnull=False, capture__removal__isnull=True)
    newest = seen.order_by("-capture__fetched_at").values_list("capture_id", flat=True).first()
    if newest is not None:
        return Capture.objects.get(pk=newest)
    return Capture.objects.copies().filter(document_id=document_id).first()


def _difference(change: PageChange) -> dict[str, Any]:
    return {
        **({"headline": list(change.headline)} if change.headline else {}),
        **({"quotes": [list(pair) for pair in change.lost]} if change.lost else {}),
        **({"text": list(change.text)} if change.text else {}),
    }


def _changed(
    document: Document, before: Capture | None, after: Capture, difference: Mapping[str, Any], at: datetime
) -> None:
    if before is None:
        return
    change, made = DocumentChange.objects.get_or_create(
        before=before,
        after=after,
        defaults={"document": document, "difference": dict(difference), "seen_at": at},
    )
    if made:
        data = {"change_id": change.pk, "what": sorted(difference)}
        record(kind=EventKind.DOCUMENT_CHANGED, subject=document, actor=None, at=at, data=data)


def _check(
    document: Document, at: datetime, outcome: CheckOutcome, note: str, status: int | None, capture: Capture | None
) -> DocumentCheck:
    check, _ = DocumentCheck.objects.get_or_create(
        document=document,
        checked_at=at,
        defaults={
            "outcome": outcome,
            "note": one_line(note, limit=300),
            "http_status": status,
            "capture": capture,
        },
    )
    return check


def _again(watch: DocumentWatch, at: datetime, *, doubtful: int = 0) -> None:
    watch.doubtful = min(doubtful, 1000)
    if watch.next_check_at is not None:  # else nothing public cites it any more
        watch.next_check_at = next_check(since=watch.since, after=max(at, watch.since), doubtful=doubtful)
    watch.save()


def _lock_watch(document_id: int) -> DocumentWatch | None:
    return (
        DocumentWatch.objects.select_for_update(of=("self",)).select_related("baseline").filter(pk=document_id).first()
    )
