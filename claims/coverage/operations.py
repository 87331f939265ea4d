"""Storing what was fetched and read, and what people decide about suggested coverage."""

import re
from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from claims.access.locking import lock_head
from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.capture.addresses import is_front_page, publisher_address, same_site
from claims.capture.documents import document_at, stored_address
from claims.capture.extract import ReadPage
from claims.capture.fetch import Fetched
from claims.choices import (
    EDITABLE_STATES,
    FROZEN_STATES,
    CoverageState,
    EventKind,
    FetchState,
    QuoteFound,
    Stance,
    UrlOrigin,
)
from claims.coverage.polling import believable
from claims.errors import Conflict, Invalid
from claims.models import Appearance, Capture, Claim, Coverage, Document, DocumentUrl, Evidence
from claims.text import content_hash, folded, holds_quote, url_hash

_WORD = re.compile(r"\w+")
_SAME_PAGE_SHARE = 0.7


@transaction.atomic
def store_fetched(*, fetched: Fetched, at: datetime) -> Capture | None:
    """Write down one request for a page: its copy if there is one, its addresses, and how far we have come.

    Evidence that waits for a copy of this page gets it, while its claim may still be edited. Safe to run twice: a
    copy is known by its document and moment. Returns None where there is no copy.
    """
    waiting = Evidence.objects.live().filter(document_id=fetched.document_id, capture__isnull=True)
    editable = _lock_editable_claims(waiting.values_list("claim_id", flat=True))
    document = _lock_document(fetched.document_id)
    if fetched.state != FetchState.FETCHED or fetched.http_status is None:
        if fetched.paywalled:
            document.paywalled = True
            document.save(update_fields=["paywalled"])
        _store_failure(document, fetched.state, fetched.note, fetched.http_status, at)
        return None
    capture, created = Capture.objects.get_or_create(
        document=document,
        fetched_at=fetched.fetched_at,
        defaults={
            "final_url": fetched.final_url,
            "http_status": fetched.http_status,
            "sha256": fetched.sha256,
            "storage_key": fetched.storage_key,
            "warc_sha256": fetched.warc_sha256,
            "length": fetched.length,
            "headers": fetched.headers,
        },
    )
    if not created:
        return capture
    for url in (*fetched.hops, fetched.final_url):
        if not is_front_page(url):
            _learn_address(document, url, UrlOrigin.REDIRECT, at)
    if document.fetch_state != FetchState.READ:
        document.fetch_state = FetchState.FETCHED
    document.fetch_note = ""
    document.save(update_fields=["fetch_state", "fetch_note"])
    record(
        kind=EventKind.DOCUMENT_CAPTURED,
        subject=document,
        actor=None,
        at=at,
        data={"capture_id": capture.pk, "sha256": capture.sha256, "url": capture.final_url},
    )
    for evidence in waiting.filter(claim_id__in=editable).order_by("pk"):
        evidence.capture = capture
        evidence.save(update_fields=["capture"])
        record(
            kind=EventKind.EVIDENCE_COPIED,
            subject=evidence,
            actor=None,
            at=at,
            data={"capture_id": capture.pk, "document_id": document.pk},
        )
    return capture


@transaction.atomic
def store_read(*, read: ReadPage, at: datetime) -> None:
    """Write down what was read from a page's copy, and whether it holds the quotes that evidence takes from it.

    Safe to run twice: a text that we have already makes no second event. A page that names another of our documents
    on its own site as its canonical address, and reads the same, is merged into that one unless somebody cited it.
    """
    cited = Evidence.objects.live().filter(document_id=read.document_id)
    editable = _lock_editable_claims(cited.values_list("claim_id", flat=True))
    document = _lock_document(read.document_id)
    if read.state != FetchState.READ:
        _store_what_a_closed_page_shows(document, read, at)
        _store_failure(document, read.state, read.note, None, at)
        return
    digest = content_hash(read.text)
    known = document.fetch_state == FetchState.READ and document.content_hash == digest
    if not _is_under_review(document):
        document.title = read.title or document.title
        document.published_at = believable(read.published_at, at) or document.published_at
    document.byline = read.byline or document.byline
    document.language = read.language or document.language
    document.paywalled = read.paywalled if read.paywalled is not None else document.paywalled
    document.syndicated_from = read.syndicated_from
    document.text, document.content_hash = read.text, digest
    document.fetch_state, document.fetch_note = FetchState.READ, ""
    document.merged_into = document.merged_into or _same_page(document, read, at)
    if read.amp and not is_front_page(read.amp):
        _learn_address(document.merged_into or document, read.amp, UrlOrigin.AMP, at)
    document.save()
    for evidence in cited.filter(claim_id__in=editable).exclude(quote="").order_by("pk"):
        evidence.quote_found = QuoteFound.YES if holds_quote(read.text, evidence.quote) else QuoteFound.NO
        evidence.save(update_fields=["quote_found"])
    if not known and document.merged_into is None:
        record(
            kind=EventKind.DOCUMENT_READ,
            subject=document,
            actor=None,
            at=at,
            data={
                "capture_id": read.capture_id,
                "content_hash": digest,
                "charset": read.charset,
                "charset_from": read.charset_from,
            },
        )


def _store_what_a_closed_page_shows(document: Document, read: ReadPage, at: datetime) -> None:
    """Title, byline and date, which a page shows in its head even to those who may not read it, where we have none."""
    if not _is_under_review(document):
        document.title = document.title or read.title
        document.published_at = document.published_at or believable(read.published_at, at)
    document.byline = document.byline or read.byline
    document.paywalled = read.paywalled if read.paywalled is not None else document.paywalled
    document.save(update_fields=["title", "published_at", "byline", "paywalled"])


def _is_under_review(document: Document) -> bool:
    """Whether a reviewer is looking at a document that names this page.

    Its title and date are part of those bytes, and a machine that came late must not undo what a person approved.
    """
    claims = Q(claim__state__in=FROZEN_STATES)
    return (
        Evidence.objects.live().filter(claims, document=document).exists()
        or Appearance.objects.filter(claims, document=document).exists()
    )


@transaction.atomic
def keep(*, coverage_id: int, stance: str | None = None, actor: User, at: datetime) -> Coverage:
    """Keep a suggestion as coverage of its claim, and say what it does with the claim, if that can be said.

    Keeping twice changes nothing, unless another stance is said; None leaves the one that stands. Raises NotAllowed,
    IllegalMove, or Invalid for an unknown stance.
    """
    if stance is not None and stance not in Stance.values:
        raise Invalid("That is no stance.", fields={"stance": [f"One of {', '.join(Stance.values)}."]})
    return _decide(coverage_id, CoverageState.KEPT, EventKind.COVERAGE_KEPT, actor, at, stance=stance)


@transaction.atomic
def dismiss(*, coverage_id: int, actor: User, at: datetime) -> Coverage:
    """Say that a suggestion is no coverage of its claim; it is remembered, and not suggested again.

    Raises NotAllowed, IllegalMove, or Conflict while it is cited as evidence.
    """
    return _decide(coverage_id, CoverageState.DISMISSED, EventKind.COVERAGE_DISMISSED, actor, at)


@transaction.atomic
def restore(*, coverage_id: int, actor: User, at: datetime) -> Coverage:
    """Undo a decision: the suggestion waits again. Raises NotAllowed, IllegalMove, or Conflict while it is cited."""
    return _decide(coverage_id, CoverageState.SUGGESTED, EventKind.COVERAGE_RESTORED, actor, at)


def _decide(
    coverage_id: int, state: CoverageState, kind: EventKind, actor: User, at: datetime, *, stance: str | None = None
) -> Coverage:
    claim = lock_head(Coverage.objects.values_list("claim_id", flat=True).get(pk=coverage_id))
    coverage = Coverage.objects.select_for_update().get(pk=coverage_id)
    require(actor, Operation.DECIDE_COVERAGE, claim)
    if coverage.state == state and stance in (None, coverage.stance):
        return coverage
    if state != CoverageState.KEPT and coverage.evidence.filter(withdrawn_at__isnull=True).exists():
        raise Conflict("This piece is cited as evidence. Withdraw the evidence first, with a reason.")
    before = coverage.state
    coverage.state = state
    decided = state != CoverageState.SUGGESTED
    coverage.decided_by = actor if decided else None
    coverage.decided_at = max(at, coverage.found_at) if decided else None
    coverage.stance = (stance or coverage.stance) if state == CoverageState.KEPT else None
    coverage.save(update_fields=["state", "decided_by", "decided_at", "stance"])
    record(
        kind=kind,
        subject=coverage,
        actor=actor,
        at=at,
        data={
            "document_id": coverage.document_id,
            "before": before,
            "after": state,
            **({"stance": coverage.stance} if coverage.stance else {}),
        },
    )
    return coverage


def _lock_editable_claims(claim_ids: Iterable[int]) -> list[int]:
    """Claims are locked first and by id, so that no copy slips under a revision that is just being submitted."""
    claims = Claim.objects.select_for_update(no_key=True).filter(pk__in=list(claim_ids)).order_by("pk")
    return [claim.pk for claim in claims if claim.state in EDITABLE_STATES]


def _lock_document(document_id: int) -> Document:
    return Document.objects.select_for_update(no_key=True).get(pk=document_id)


def _store_failure(document: Document, state: FetchState, note: str, http_status: int | None, at: datetime) -> None:
    """A page that we have read before stays readable: only its death changes its state, other failures its note."""
    state_after = state if state == FetchState.GONE or document.fetch_state != FetchState.READ else FetchState.READ
    if document.fetch_state == state_after and document.fetch_note == note:
        return
    document.fetch_state, document.fetch_note = state_after, note
    document.save(update_fields=["fetch_state", "fetch_note"])
    record(
        kind=EventKind.DOCUMENT_FAILED,
        subject=document,
        actor=None,
        at=at,
        data={"state": state, "note": note, "http_status": http_status},
    )


def _learn_address(document: Document, url: str, how: UrlOrigin, at: datetime) -> Document:
    """The document that the address leads to: this one from now on, unless it led somewhere before."""
    try:
        address = stored_address(url)
    except Invalid:
        return document
    known = document_at(address)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            DocumentUrl.objects.create(document=document, url=address, url_hash=url_hash(address), how=how, seen_at=at)
    except IntegrityError:
        return document_at(address) or document
    return document


def _same_page(document: Document, read: ReadPage, at: datetime) -> Document | None:
    """The older document that this page says it is, if it may be believed: same site, same text, nobody's source."""
    own = publisher_address(document.url)
    if not read.canonical or is_front_page(read.canonical) or not same_site(own, read.canonical):
        return None
    other = _learn_address(document, read.canonical, UrlOrigin.CANONICAL, at)
    if other.pk == document.pk or _in_use(document):
        return None
    # Sites that name one section page as the canonical address of all their articles would swallow them otherwise.
    mine, theirs = set(_WORD.findall(folded(read.text))), set(_WORD.findall(folded(other.text)))
    if not theirs or len(mine & theirs) < _SAME_PAGE_SHARE * len(mine | theirs):
        return None
    Document.objects.filter(merged_into=document).update(merged_into=other)
    return other


def _in_use(document: Document) -> bool:
    return document.evidence.exists() or document.appearances.exists() or document.coverage.exists()
