"""Copies in the admin: replayed as text, checked, and never anything that runs; look-again items with differences."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse

from claims.audit.review_items import open_review_item
from claims.capture.fetch import fetch
from claims.choices import (
    ArchiveService,
    ArchiveState,
    CheckOutcome,
    ReviewItemKind,
    Role,
)
from claims.coverage.operations import store_fetched
from claims.http import Web
from claims.models import (
    ArchiveCopy,
    Capture,
    CaptureRemoval,
    DocumentChange,
    DocumentCheck,
    DocumentWatch,
    ReviewItem,
)
from tests import factories
from tests.admin.conftest import editor
from tests.capture.conftest import captures, site, web  # noqa: F401
from tests.capture.pages import article
from tests.factories import NOON, DocumentFactory
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db
HOSTILE = (
    b"<html><head><title>x</title><script src='https://evil.example/x.js'></script></head>"
    b"<body onload='alert(1)'><img src=x onerror=alert(2)></pre><script>alert(3)</script>\xe2\x80\xae rtl \x00 nul"
    b"<a href='javascript:alert(4)'>go</a></body></html>"
)


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def kept(site: Site, web: Web):  # noqa: F811
    """Keeps what the site gives for /story as a copy."""

    def keep(body: bytes, **how: Any) -> Capture:
        site.page("/story", body, **how)
        document = DocumentFactory.create(url=site.url("/story"))
        capture = store_fetched(fetched=replace(fetch(document_id=document.pk, web=web, at=NOON)), at=NOON)
        assert capture is not None
        return capture

    return keep


def page(client: Any, capture: Capture) -> Any:
    return client.get(reverse("admin:copy", args=[capture.pk]))


def test_a_copy_is_shown_with_request_answer_and_text(writer, kept):
    capture = kept(article(), headers={"X-Served-By": "edge 7"})

    answer = page(writer, capture)

    shown = text_of(answer)
    assert answer.status_code == 200
    assert "GET /story HTTP/1.1" in shown
    assert "HTTP/1.1 200" in shown
    assert "X-Served-By: edge 7" in shown
    assert "&lt;h1&gt;Bridge costs rise&lt;/h1&gt;" in shown
    assert capture.sha256 in shown
    assert "have the SHA-256 that was recorded" in shown
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_nothing_of_a_hostile_page_becomes_markup(writer, kept):
    shown = text_of(page(writer, kept(HOSTILE)))

    main = shown[shown.index("The page, as text") :]
    assert "&lt;script&gt;alert(3)&lt;/script&gt;" in main
    assert not re.search(r"<(script|img|a|body)[^>]*(evil|alert|onerror|onload|javascript:)", shown)
    assert "\u202e" not in shown
    assert "\\u202e" in main
    assert "\x00" not in shown


def test_headers_of_a_page_are_text_too(writer, kept):
    shown = text_of(page(writer, kept(article(), headers={"X-Evil": "<script>alert(1)</script>"})))

    assert "X-Evil: &lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_a_long_copy_is_cut_and_says_so(writer, kept):
    answer = page(writer, kept(b"<html><p>" + b"word " * 200_000 + b"THE END</p></html>"))

    assert len(answer.content) < 400_000
    assert "THE END" not in text_of(answer)
    assert "are shown" in text_of(answer)


def test_what_is_no_text_is_not_shown(writer, kept):
    shown = text_of(page(writer, kept(b"%PDF-1.7 \x00\xff stream", content_type="application/pdf")))

    assert "no text, so they are not shown" in shown
    assert "stream" not in shown[shown.index("The page, as text") :]


def test_latin_1_is_shown_as_the_site_declared_it(writer, kept):
    capture = kept("<p>Brücke</p>".encode("latin-1"), content_type="text/html; charset=iso-8859-1")

    assert "Brücke" in text_of(page(writer, capture))


@pytest.mark.parametrize("charset", ["idna", "undefined", "punycode", "utf-7", "unicode_escape"])
def test_a_charset_that_no_page_is_written_in_is_not_believed(writer, kept, charset: str):
    capture = kept(b"<p>xn--mnchen-3ya +ADw- \\u0041</p>", content_type=f"text/html; charset={charset}")

    answer = page(writer, capture)

    assert answer.status_code == 200
    assert "xn--mnchen-3ya +ADw- \\u0041" in text_of(answer)


def test_a_missing_file_says_so(writer, kept):
    capture = kept(article())
    storages["captures"].delete(capture.storage_key)

    answer = page(writer, capture)

    assert answer.status_code == 404
    assert "is not in storage" in text_of(answer)
    assert "Bridge costs rise&lt;" not in text_of(answer)


@pytest.mark.parametrize("how", ["flipped", "cut", "longer", "empty"])
def test_a_file_that_was_altered_is_not_shown(writer, kept, captures: Path, how: str):  # noqa: F811
    capture = kept(article())
    path = captures / capture.storage_key
    whole = path.read_bytes()
    flipped = bytes([whole[100] ^ 1])
    path.write_bytes(
        {
            "flipped": whole[:100] + flipped + whole[101:],
            "cut": whole[:-20],
            "longer": whole + b"x",
            "empty": b"",
        }[how]
    )

    answer = page(writer, capture)

    assert answer.status_code == 409
    assert "does not have the SHA-256" in text_of(answer)
    assert "Bridge costs rise&lt;" not in text_of(answer)


def test_a_removed_file_says_when_and_why(writer, kept):
    capture = kept(article())
    CaptureRemoval.objects.create(capture=capture, removed_at=NOON, reason="its coverage was dismissed.")

    answer = page(writer, capture)

    assert answer.status_code == 410
    assert "removed on 2026-03-02: its coverage was dismissed." in text_of(answer)


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_read_copies_and_nobody_else(kept, role: Role):
    capture = kept(article())
    stranger = Client()
    stranger.force_login(User.objects.create(username="stranger", is_staff=True))

    assert page(editor(factories.person(role)), capture).status_code == 200
    for client in (Client(), stranger):
        answer = page(client, capture)
        assert answer.status_code == 302
        assert "login" in answer.headers["Location"]


def test_a_copy_that_never_was_is_not_found(writer):
    assert writer.get(reverse("admin:copy", args=[999_999])).status_code == 404


def test_second_copies_are_shown_with_their_outcome_and_off_without_keys(writer, kept, settings: Any):
    capture = kept(article())
    settings.PERMA_API_KEY = "PermaSentinel"
    copy = {"document": capture.document, "capture": capture, "day": NOON.date(), "requested_at": NOON}
    ArchiveCopy.objects.create(
        service=ArchiveService.PERMA,
        state=ArchiveState.DONE,
        archive_url="https://perma.cc/AB12-CD34",
        finished_at=NOON,
        **copy,
    )
    ArchiveCopy.objects.create(
        service=ArchiveService.WAYBACK, state=ArchiveState.REFUSED, note="Blocked.", finished_at=NOON, **copy
    )

    shown = text_of(writer.get(reverse("admin:claims_document_change", args=[capture.document_id])))

    assert 'href="https://perma.cc/AB12-CD34"' in shown
    assert "Blocked." in shown
    assert "Wayback Machine: no key, so it is off (WAYBACK_ACCESS_KEY and WAYBACK_SECRET_KEY)." in shown
    assert "Perma.cc: no key" not in shown
    assert "Sentinel" not in shown


def test_a_page_shows_its_looks_and_what_changed_between_which_copies(writer, kept):
    before = kept(article())
    document = before.document
    after = Capture.objects.create(
        document=document,
        fetched_at=before.fetched_at.replace(year=2027),
        final_url=document.url,
        http_status=404,
        kind="gone",
        sha256="0" * 64,
        storage_key="x",
        warc_sha256="0" * 64,
        length=0,
    )
    DocumentWatch.objects.create(document=document, since=NOON, next_check_at=NOON)
    DocumentCheck.objects.create(
        document=document, checked_at=NOON, outcome=CheckOutcome.NOT_MEASURED, note="Took too long to answer."
    )
    DocumentChange.objects.create(
        document=document,
        before=before,
        after=after,
        seen_at=NOON,
        difference={"headline": ["Bridge costs rise", "Bridge costs fall"], "quotes": [["five million", ""]]},
    )

    shown = text_of(writer.get(reverse("admin:claims_document_change", args=[document.pk])))

    assert "Next look" in shown
    assert "Took too long to answer." in shown
    assert "<del>rise</del><ins>fall</ins>" in shown
    assert reverse("admin:copy", args=[after.pk]) in shown


def item(difference: dict[str, Any], kind: ReviewItemKind = ReviewItemKind.HEADLINE_CHANGED) -> ReviewItem:
    claim = factories.published_claim()
    return open_review_item(claim=claim, kind=kind, cause="document:1", difference=difference, actor=None, at=NOON)


def test_a_look_again_item_shows_the_difference_word_by_word_on_the_claims_page(writer):
    document = DocumentFactory.create()
    found = item(
        {
            "headline": ["Bridge costs rise", "Bridge costs <b>fall</b>"],
            "source": "The page",
            "url": document.url,
            "document_id": document.pk,
            "first_seen_at": "2026-03-01T12:00:00+00:00",
        }
    )

    shown = text_of(writer.page(found.claim))

    again = shown[shown.index('id="again"') : shown.index("jump-claim")]
    assert "A cited page has a new headline" in again
    assert "<del>rise</del>" in again
    assert "fall" in again
    assert "<b>" not in again
    assert reverse("admin:claims_document_change", args=[document.pk]) in again
    assert 'rel="noreferrer noopener nofollow ugc"' in again
    assert "First seen: <time" in again


def test_a_passage_that_is_gone_without_a_successor_says_so(writer):
    found = item({"quote": ["five million", ""], "source": "x"}, ReviewItemKind.QUOTE_CHANGED)

    shown = text_of(writer.page(found.claim))

    assert "<del>five million</del>" in shown
    assert "Now: nothing like it stands there any more." in shown


@pytest.mark.parametrize("difference", [{}, {"url": "javascript:alert(1)", "source": "x"}, {"name": [["a"], None]}])
def test_odd_differences_are_shown_harmlessly(writer, difference: dict[str, Any]):
    found = item(difference)

    answer = writer.page(found.claim)

    assert answer.status_code == 200
    assert "javascript:alert" not in text_of(answer)


def test_the_desk_says_in_one_line_what_changed(writer):
    item({"headline": ["Bridge costs rise", "Bridge costs fall"]})

    assert "“Bridge costs rise” is now “Bridge costs fall”" in text_of(writer.get("/admin/"))


def test_a_source_leads_to_the_copy_that_the_editor_saw(writer, kept):
    capture = kept(article())
    claim = factories.written_claim()
    factories.EvidenceFactory.create(claim=claim, document=capture.document, capture=capture)
    ArchiveCopy.objects.create(
        document=capture.document,
        capture=capture,
        service=ArchiveService.WAYBACK,
        day=NOON.date(),
        requested_at=NOON,
        state=ArchiveState.DONE,
        archive_url="https://web.archive.org/web/2026/x",
        finished_at=NOON,
    )

    shown = text_of(writer.page(claim))

    assert reverse("admin:copy", args=[capture.pk]) in shown
    assert 'href="https://web.archive.org/web/2026/x"' in shown
