"""Copies that the law takes: file and text go, digest and size stay, and they do not come back by themselves."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import transaction
from django.test import Client

from claims.capture import recheck, storage
from claims.capture.erased import NOT_AGAIN
from claims.capture.fetch import fetch
from claims.capture.replay import Whole, replay
from claims.choices import ArchiveService, ArchiveState, CheckOutcome, EventKind, FetchState, Role
from claims.coverage import retention, watching
from claims.coverage.operations import store_fetched
from claims.errors import Transient
from claims.http import Web
from claims.models import (
    ArchiveCopy,
    Capture,
    CaptureRemoval,
    Claim,
    DocumentChange,
    DocumentCheck,
    DocumentWatch,
    Event,
    Evidence,
    ReviewItem,
)
from tests.capture.conftest import captures, site, web  # noqa: F401
from tests.capture.pages import PARAGRAPHS, article
from tests.coverage.cited import cited, copies, look, published_on
from tests.factories import NOON, DocumentFactory, person
from tests.redaction.erasing import columns_with, erase
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db
WORD = "qxzzyq"
TEXT = PARAGRAPHS.replace("5 million crowns", f"5 million crowns, said {WORD}")


@pytest.fixture
def claim(site: Site, web: Web) -> Claim:  # noqa: F811
    """Live, and it cites a page whose copy holds the word."""
    site.page("/story", article(body=TEXT))
    found = published_on(site.url("/story"), web)
    watching.plan(at=NOON + timedelta(hours=1))
    return found


def on_disk(capture: Capture) -> bool:
    return storages["captures"].exists(capture.storage_key)


def copy_of(claim: Claim) -> Capture:
    return Capture.objects.get(document=cited(claim))


def test_the_file_and_its_text_go_and_the_row_stays_with_digest_and_size(claim: Claim, captures: Path):  # noqa: F811
    capture, kept = copy_of(claim), Capture.objects.values("sha256", "warc_sha256", "length", "storage_key").get()
    assert on_disk(capture)
    assert "claims_document.text" in columns_with(WORD)

    said = erase("capture", capture.sha256)

    assert columns_with(WORD) == set()
    assert Capture.objects.values(*kept).get() == kept
    assert not on_disk(capture)
    assert not [path for path in captures.rglob("*") if path.is_file()]
    removal = CaptureRemoval.objects.get(capture=capture)
    assert (removal.lawful, removal.file_gone_at is not None) == (True, True)
    document = cited(claim)
    assert (document.title, document.text, document.fetch_state) == ("", "", FetchState.FAILED)
    assert f"Claim {claim.public_id} quotes the page" in said
    event = Event.objects.get(kind=EventKind.CAPTURE_REDACTED)
    assert event.data is not None
    assert (event.subject_id, event.data["sha256"]) == (capture.pk, capture.sha256)


def test_the_replay_says_that_it_was_lawfully_erased(claim: Claim, client: Client):
    capture = copy_of(claim)
    erase("capture", capture.pk)
    client.force_login(person(Role.FACT_CHECKER))

    answer = client.get(f"/admin/copy/{capture.pk}/")
    page = client.get(f"/admin/claims/document/{capture.document_id}/change/")

    assert answer.status_code == 451
    assert "Lawfully erased on" in answer.content.decode()
    assert "Lawfully erased on" in page.content.decode()
    assert replay(capture).whole == Whole.ERASED


def test_a_cited_page_is_not_copied_again_and_the_look_is_not_measured(claim: Claim, web: Web, site: Site):  # noqa: F811
    document, asked = cited(claim), len(site.paths())
    erase("capture", copy_of(claim).pk)

    check = look(document, web, day=1)

    assert (check.outcome, check.note) == (CheckOutcome.NOT_MEASURED, NOT_AGAIN)
    assert copies(document) == 1
    assert len(site.paths()) == asked
    assert not ReviewItem.objects.exists()
    assert columns_with(WORD) == set()


def test_a_copy_made_before_the_erasure_is_compared_with_nothing(claim: Claim, web: Web, site: Site):  # noqa: F811
    document, first = cited(claim), copy_of(claim)
    site.page("/story", article(body=PARAGRAPHS.replace("5 million", "50 thousand")))
    at = DocumentWatch.objects.get(pk=document.pk).since + timedelta(days=1)
    looked = recheck.look(document_id=document.pk, web=web, at=at)
    second = watching.store_looked(looked=looked, at=at)
    assert second is not None

    erase("capture", first.pk)
    check = watching.store_compared(compared=watching.compare_copy(capture_id=second.pk), at=at)

    assert check.outcome == CheckOutcome.NOT_MEASURED
    assert "erased for legal reasons" in check.note
    assert not DocumentChange.objects.exists()
    assert DocumentWatch.objects.get(pk=document.pk).baseline == second


def test_a_copy_erased_before_it_was_compared_is_not_compared(claim: Claim, web: Web, site: Site):  # noqa: F811
    document = cited(claim)
    site.page("/story", article(body=PARAGRAPHS.replace("5 million", "50 thousand")))
    at = DocumentWatch.objects.get(pk=document.pk).since + timedelta(days=1)
    second = watching.store_looked(looked=recheck.look(document_id=document.pk, web=web, at=at), at=at)
    assert second is not None

    erase("capture", second.pk)
    check = watching.store_compared(compared=watching.compare_copy(capture_id=second.pk), at=at)

    assert (check.outcome, check.note) == (CheckOutcome.NOT_MEASURED, "This copy was erased for legal reasons.")
    assert DocumentCheck.objects.count() == 1


def test_what_was_quoted_from_it_when_it_was_compared_goes_too(claim: Claim, web: Web, site: Site):  # noqa: F811
    document = cited(claim)
    site.page("/story", article(body=PARAGRAPHS.replace("5 million", "50 thousand")))
    assert look(document, web, day=1).outcome == CheckOutcome.CHANGED
    assert {"claims_documentchange.difference", "claims_event.data"} & columns_with(WORD)

    erase("capture", Capture.objects.order_by("pk")[0].pk)

    assert {"claims_documentchange.difference", "claims_reviewitem.difference", "claims_event.data"}.isdisjoint(
        columns_with(WORD)
    )


def test_the_same_bytes_are_not_stored_again_for_any_page(claim: Claim, web: Web, site: Site):  # noqa: F811
    erase("capture", copy_of(claim).pk)
    site.page("/again", article(body=TEXT))
    other = DocumentFactory.create(url=site.url("/again"))

    fetched = fetch(document_id=other.pk, web=web, at=NOON)
    store_fetched(fetched=fetched, at=NOON)

    other.refresh_from_db()
    assert (other.fetch_state, other.fetch_note) == (FetchState.FAILED, NOT_AGAIN)
    assert not Capture.objects.filter(document=other).exists()
    assert columns_with(WORD) == set()


def test_a_file_that_another_copy_names_stays_until_that_one_goes(claim: Claim):
    capture = copy_of(claim)
    shared = Capture.objects.create(
        document=DocumentFactory.create(),
        fetched_at=NOON,
        final_url="https://other.example/",
        http_status=200,
        sha256="b" * 64,
        storage_key=capture.storage_key,
        warc_sha256=capture.warc_sha256,
        length=1,
    )

    with pytest.raises(Exception, match="files named above are still there"):
        erase("capture", capture.pk)
    assert on_disk(capture)
    assert replay(capture).whole == Whole.ERASED

    erase("capture", shared.pk)
    assert not on_disk(capture)


def test_while_the_store_is_away_the_job_takes_the_file_later(claim: Claim, monkeypatch: pytest.MonkeyPatch):
    capture = copy_of(claim)

    def away(key: str) -> None:
        raise Transient("The storage of copies cannot be written to: ConnectionError.")

    with monkeypatch.context() as patched:
        patched.setattr(storage, "remove", away)
        with pytest.raises(Exception, match="files named above are still there"):
            erase("capture", capture.pk)
    assert on_disk(capture)

    gone = retention.remove_files()
    with transaction.atomic():
        retention.store_removed(gone, at=NOON)

    assert not on_disk(capture)
    assert CaptureRemoval.objects.get(capture=capture).file_gone_at == NOON


def test_an_erased_copy_is_no_copy_for_the_checklist(claim: Claim):
    def has_copy() -> bool:
        return Evidence.objects.with_sources().get(document=cited(claim)).has_copy()

    assert has_copy()
    erase("capture", copy_of(claim).pk)

    assert not has_copy()


def test_archives_are_not_asked_for_another_and_those_that_have_one_are_named(claim: Claim):
    capture = copy_of(claim)
    given = {"document": capture.document, "capture": capture, "day": NOON.date(), "requested_at": NOON}
    asked = ArchiveCopy.objects.create(service=ArchiveService.WAYBACK, next_at=NOON, **given)
    url = "https://archive.example/made"
    ArchiveCopy.objects.create(
        service=ArchiveService.PERMA, state=ArchiveState.DONE, finished_at=NOON, archive_url=url, **given
    )

    said = erase("capture", capture.pk)

    asked.refresh_from_db()
    assert (asked.state, asked.next_at) == (ArchiveState.FAILED, None)
    assert f"A copy stands at {url}; ask the archive to take it down." in said


def test_the_job_never_takes_back_the_mark_of_a_page_that_is_cited(claim: Claim):
    capture = copy_of(claim)
    erase("capture", capture.pk)
    CaptureRemoval.objects.update(file_gone_at=None)

    with transaction.atomic():
        retention.store_removed([], at=NOON)

    assert CaptureRemoval.objects.filter(capture=capture, lawful=True).exists()
