"""The sources of a verdict: added, edited and withdrawn by people, or cited from coverage."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import File
from django.db import transaction

from claims.access.locking import expect, lock_claim, lock_head
from claims.access.roles import Operation, require
from claims.audit.contributions import touch
from claims.audit.operations import record
from claims.capture.documents import document_for
from claims.choices import CoverageState, EventKind, EvidenceKind, QuoteFound, Stance, UrlOrigin
from claims.editing import files
from claims.errors import Conflict, Invalid
from claims.models import Capture, Claim, Coverage, Document, Evidence
from claims.text import holds_quote, normal_url, one_line, plain


@dataclass(frozen=True, slots=True)
class EvidenceFields:
    """What an editor says of a source, whatever its kind."""

    stance: str
    quote: str = ""
    note: str = ""
    is_primary: bool = False
    archive_url: str = ""

    def columns(self) -> dict[str, Any]:
        """The columns by name, cleaned. Raises Invalid for an unknown stance or a bad archive address."""
        if self.stance not in Stance.values:
            raise Invalid(
                "Say what the source does to the claim.", fields={"stance": [f"One of {', '.join(Stance.values)}."]}
            )
        return {
            "stance": self.stance,
            "quote": plain(self.quote).strip(),
            "note": plain(self.note).strip(),
            "is_primary": self.is_primary,
            "archive_url": _address(self.archive_url, "archive_url"),
        }


@transaction.atomic
def add_evidence(
    *,
    claim_id: int,
    url: str,
    given: EvidenceFields,
    title: str = "",
    published_at: datetime | None = None,
    actor: User,
    at: datetime,
) -> Evidence:
    """Link a web page. Its own copy is fetched in the background; `title` and `published_at` serve until it is read.

    Raises NotAllowed, IllegalMove, Invalid, or Conflict if the page is linked already.
    """
    claim = lock_claim(claim_id)
    require(actor, Operation.ADD_EVIDENCE, claim)
    document, _ = document_for(url=url, how=UrlOrigin.ENTERED, at=at)
    if title and not document.title:
        document.title = one_line(title, limit=500)
        document.save(update_fields=["title"])
    if published_at is not None and document.published_at is None:
        document.published_at = published_at
        document.save(update_fields=["published_at"])
    return _link(claim=claim, document=document, given=given, coverage=None, actor=actor, at=at)


@transaction.atomic
def cite(*, coverage_id: int, given: EvidenceFields, actor: User, at: datetime) -> Evidence:
    """Make evidence of a piece of coverage, and keep it. Raises NotAllowed, IllegalMove, Invalid or Conflict.

    Coverage of a merged claim becomes evidence of the one that it was merged into.
    """
    coverage = Coverage.objects.select_related("document").get(pk=coverage_id)
    claim = lock_head(coverage.claim_id)
    require(actor, Operation.ADD_EVIDENCE, claim)
    coverage = Coverage.objects.select_for_update(of=("self",)).select_related("document").get(pk=coverage_id)
    evidence = _link(claim=claim, document=coverage.document, given=given, coverage=coverage, actor=actor, at=at)
    if coverage.state != CoverageState.KEPT:
        coverage.state = CoverageState.KEPT
        coverage.decided_by = actor
        coverage.decided_at = max(at, coverage.found_at)
        coverage.save(update_fields=["state", "decided_by", "decided_at"])
        record(
            kind=EventKind.COVERAGE_KEPT,
            subject=coverage,
            actor=actor,
            at=at,
            data={"document_id": coverage.document_id},
        )
    return evidence


@transaction.atomic
def add_statement(
    *,
    claim_id: int,
    stated_by: str,
    stated_at: datetime,
    stated_how: str,
    given: EvidenceFields,
    actor: User,
    at: datetime,
) -> Evidence:
    """Link what somebody told the desk: who, when and how. Raises NotAllowed, IllegalMove or Invalid."""
    claim = lock_claim(claim_id)
    require(actor, Operation.ADD_EVIDENCE, claim)
    who, how = one_line(stated_by, limit=200), one_line(stated_how, limit=200)
    missing = {name: ["Needed."] for name, value in (("stated_by", who), ("stated_how", how)) if not value}
    if missing:
        raise Invalid("A statement needs who made it, when and how.", fields=missing)
    evidence = Evidence.objects.create(
        claim=claim,
        kind=EvidenceKind.STATEMENT,
        stated_by=who,
        stated_at=stated_at,
        stated_how=how,
        accessed_at=at,
        added_by=actor,
        added_at=at,
        **given.columns(),
    )
    return _added(claim=claim, evidence=evidence, actor=actor, at=at)


def add_file(*, claim_id: int, file: "File[bytes]", given: EvidenceFields, actor: User, at: datetime) -> Evidence:
    """Link an uploaded file, kept under its SHA-256. Raises NotAllowed, IllegalMove, Invalid or Conflict.

    The bytes are put away before the transaction; those of a link that is refused after that lie there unnamed.
    """
    require(actor, Operation.ADD_EVIDENCE, Claim.objects.get(pk=claim_id))
    given.columns()
    known = files.examined(file)
    files.keep(known, file)
    return _link_file(claim_id=claim_id, known=known, given=given, actor=actor, at=at)


@transaction.atomic
def _link_file(*, claim_id: int, known: files.KnownFile, given: EvidenceFields, actor: User, at: datetime) -> Evidence:
    claim = lock_claim(claim_id)
    require(actor, Operation.ADD_EVIDENCE, claim)
    if Evidence.objects.live().filter(claim=claim, file_sha256=known.sha256).exists():
        raise Conflict("This file is linked as evidence already.", fields={"file": ["Edit the card that is there."]})
    evidence = Evidence.objects.create(
        claim=claim,
        kind=EvidenceKind.FILE,
        file=known.storage_key,
        file_sha256=known.sha256,
        file_name=known.name,
        file_type=known.media_type,
        file_size=known.size,
        accessed_at=at,
        added_by=actor,
        added_at=at,
        **given.columns(),
    )
    return _added(claim=claim, evidence=evidence, actor=actor, at=at)


@transaction.atomic
def edit_evidence(
    *, evidence_id: int, given: EvidenceFields, lock_version: int | None, actor: User, at: datetime
) -> Evidence:
    """Save what is said of a source. Raises NotAllowed, IllegalMove, StaleWrite or Invalid."""
    claim, evidence = _locked(evidence_id)
    require(actor, Operation.EDIT_EVIDENCE, claim, owner_id=evidence.added_by_id)
    wanted = given.columns()
    expect(evidence, lock_version, wanted)
    changed = {
        name: [getattr(evidence, name), value] for name, value in wanted.items() if getattr(evidence, name) != value
    }
    if not changed:
        return evidence
    for name, value in wanted.items():
        setattr(evidence, name, value)
    if "quote" in changed:
        evidence.quote_found = quote_found(evidence.quote, evidence.document)
    evidence.lock_version += 1
    evidence.save()
    touch(claim=claim, actor=actor, at=at)
    record(kind=EventKind.EVIDENCE_EDITED, subject=evidence, actor=actor, at=at, data={"changed": changed})
    return evidence


@transaction.atomic
def withdraw_evidence(
    *, evidence_id: int, reason: str, lock_version: int | None = None, actor: User, at: datetime
) -> Evidence:
    """Take a source out of the verdict; the row stays. Raises NotAllowed, IllegalMove, StaleWrite or Conflict."""
    claim, evidence = _locked(evidence_id)
    require(actor, Operation.EDIT_EVIDENCE, claim, owner_id=evidence.added_by_id)
    if evidence.withdrawn_at is not None:
        raise Conflict("This source was withdrawn already.")
    expect(evidence, lock_version, {})
    evidence.withdrawn_at = max(at, evidence.added_at)
    evidence.withdrawn_reason = one_line(reason, limit=300)
    evidence.lock_version += 1
    evidence.save(update_fields=["withdrawn_at", "withdrawn_reason", "lock_version"])
    touch(claim=claim, actor=actor, at=at)
    record(
        kind=EventKind.EVIDENCE_WITHDRAWN,
        subject=evidence,
        actor=actor,
        at=at,
        data={
            "reason": evidence.withdrawn_reason,
            "source": str(evidence.document or evidence.stated_by or evidence.file_name),
        },
    )
    return evidence


def take_copies(*, claim: Claim, at: datetime) -> None:
    """Give sources without a copy the newest one that came while they were frozen, in the caller's transaction."""
    for evidence in Evidence.objects.live().filter(claim=claim, document__isnull=False, capture__isnull=True):
        evidence.capture = Capture.objects.copies().filter(document=evidence.document).first()
        if evidence.capture is None:
            continue
        evidence.quote_found = quote_found(evidence.quote, evidence.document)
        evidence.save(update_fields=["capture", "quote_found"])
        record(
            kind=EventKind.EVIDENCE_COPIED,
            subject=evidence,
            actor=None,
            at=at,
            data={
                "capture_id": evidence.capture.pk,
                "sha256": evidence.capture.sha256,
                "document_id": evidence.document_id,
            },
        )


def quote_found(quote: str, document: Document | None) -> QuoteFound:
    """Whether the quote stands in the document's text; not checked while there is no quote or no text."""
    if not quote.strip() or document is None or not document.text:
        return QuoteFound.NOT_CHECKED
    return QuoteFound.YES if holds_quote(document.text, quote) else QuoteFound.NO


def _link(
    *, claim: Claim, document: Document, given: EvidenceFields, coverage: Coverage | None, actor: User, at: datetime
) -> Evidence:
    if Evidence.objects.live().filter(claim=claim, document=document).exists():
        raise Conflict("This page is linked as evidence already.", fields={"url": ["Edit the card that is there."]})
    columns = given.columns()
    evidence = Evidence.objects.create(
        claim=claim,
        kind=EvidenceKind.WEB,
        document=document,
        capture=Capture.objects.copies().filter(document=document).first(),
        coverage=coverage,
        quote_found=quote_found(columns["quote"], document),
        accessed_at=at,
        added_by=actor,
        added_at=at,
        **columns,
    )
    return _added(claim=claim, evidence=evidence, actor=actor, at=at)


def _added(*, claim: Claim, evidence: Evidence, actor: User, at: datetime) -> Evidence:
    touch(claim=claim, actor=actor, at=at)
    record(
        kind=EventKind.EVIDENCE_ADDED,
        subject=evidence,
        actor=actor,
        at=at,
        data={
            "stance": evidence.stance,
            "document_id": evidence.document_id,
            "source": evidence.document.url if evidence.document else evidence.stated_by or evidence.file_name,
        },
    )
    return evidence


def _locked(evidence_id: int) -> tuple[Claim, Evidence]:
    claim_id = Evidence.objects.values_list("claim_id", flat=True).get(pk=evidence_id)
    claim = lock_claim(claim_id)
    evidence = Evidence.objects.select_for_update(of=("self",)).select_related("document").get(pk=evidence_id)
    return claim, evidence


def _address(url: str, field: str) -> str:
    if not url.strip():
        return ""
    try:
        return normal_url(url)
    except ValueError as error:
        raise Invalid("An address cannot be used as it is.", fields={field: [str(error)]}) from error
