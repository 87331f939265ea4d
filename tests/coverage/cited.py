"""A published claim that quotes a page on the test's own site, and the looks that workers take at it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from claims.capture import recheck
from claims.capture.extract import read
from claims.capture.fetch import fetch
from claims.choices import Role, Stance
from claims.coverage import watching
from claims.coverage.operations import store_fetched, store_read
from claims.editing.evidence import EvidenceFields, add_evidence
from claims.http import Web
from claims.models import Capture, Claim, Document, DocumentCheck, DocumentWatch, Evidence, ReviewItem
from claims.review import operations as moves
from tests import factories
from tests.capture.pages import article
from tests.factories import NOON, person
from tests.servers.loopback import Site

QUOTE = "the harbour bridge, whose costs have risen to 5 million crowns"


def published_on(url: str, web: Web, *, quote: str = QUOTE) -> Claim:
    """A live claim whose third source is the page at the address, copied and read before the review."""
    claim = factories.written_claim()
    writer, publisher = person(Role.FACT_CHECKER), person(Role.PUBLISHER)
    given = EvidenceFields(stance=Stance.REFUTES, quote=quote, note="Says how much.")
    evidence = add_evidence(claim_id=claim.pk, url=url, given=given, actor=writer, at=NOON)
    assert evidence.document_id is not None
    if evidence.capture_id is None:
        fetched = replace(fetch(document_id=evidence.document_id, web=web, at=NOON), fetched_at=NOON)
        store_fetched(fetched=fetched, at=NOON)
        store_read(read=read(document_id=evidence.document_id), at=NOON)
    moves.submit(claim_id=claim.pk, actor=writer, at=NOON + timedelta(minutes=1))
    moves.approve(claim_id=claim.pk, comment="Sound.", actor=publisher, at=NOON + timedelta(minutes=2))
    moves.publish(claim_id=claim.pk, actor=publisher, at=NOON + timedelta(minutes=3))
    return Claim.objects.get(pk=claim.pk)


def cited(claim: Claim) -> Document:
    """The page on the test's site that the claim cites."""
    document = Evidence.objects.exclude(quote="").get(claim=claim).document
    assert document is not None
    return document


def look(document: Document, web: Web, *, day: float) -> DocumentCheck:
    """What the workers do so many days after publication: look, keep the copy, compare it."""
    watch = DocumentWatch.objects.get(pk=document.pk)
    at = watch.since + timedelta(days=day)
    looked = replace(recheck.look(document_id=document.pk, web=web, at=at), looked_at=at)
    capture = watching.store_looked(looked=looked, at=at)
    if capture is not None and not DocumentCheck.objects.filter(document=document, checked_at=at).exists():
        watching.store_compared(compared=watching.compare_copy(capture_id=capture.pk), at=at)
    return DocumentCheck.objects.get(document=document, checked_at=at)


def next_look(document: Document) -> datetime | None:
    """When the page is looked at next."""
    return DocumentWatch.objects.get(pk=document.pk).next_check_at


def copies(document: Document) -> int:
    """How many records of the page there are."""
    return Capture.objects.filter(document=document).count()


@pytest.fixture
def claim(site: Site, web: Web) -> Claim:
    """Live, with a page of the test's site among its sources, whose looks are planned."""
    site.page("/story", article())
    claim = published_on(site.url("/story"), web)
    watching.plan(at=NOON + timedelta(hours=1))
    return claim


def kinds() -> list[str]:
    """What the desk is asked to look at, oldest first."""
    return list(ReviewItem.objects.open().order_by("pk").values_list("kind", flat=True))
