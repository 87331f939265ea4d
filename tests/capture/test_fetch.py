"""A page becomes a dated copy, byte for byte, or an answer of its own."""

import base64
import gzip
import io
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from claims.capture.extract import read
from claims.capture.fetch import content_type, fetch
from claims.capture.warc import exchange_of
from claims.choices import FetchState
from claims.coverage.operations import store_fetched
from claims.errors import Transient
from claims.http import NO_PACE, NotMeasured, RetryLater, Web
from claims.models import Document
from claims.text import sha256
from tests.capture.pages import article
from tests.capture.pdfs import pdf
from tests.factories import NOON, DocumentFactory
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db


@pytest.fixture
def document(site: Site) -> Document:
    return DocumentFactory.create(url=site.url("/story"))


def test_the_copy_holds_request_and_response_as_they_went_over_the_wire(
    document: Document, site: Site, web: Web, captures: Path
):
    packed = gzip.compress(article())
    site.page("/story", packed, headers={"Content-Encoding": "gzip", "X-Served-By": "test"})

    fetched = fetch(document_id=document.pk, web=web, at=NOON)

    assert fetched.state == FetchState.FETCHED
    assert fetched.storage_key == f"{fetched.warc_sha256[:2]}/{fetched.warc_sha256[2:4]}/{fetched.warc_sha256}.warc.gz"
    stored = (captures / fetched.storage_key).read_bytes()
    assert sha256(stored) == fetched.warc_sha256
    response, request = [
        (record.rec_type, record.http_headers, record.raw_stream.read())
        for record in ArchiveIterator(io.BytesIO(stored))
    ]
    assert (response[0], response[2]) == ("response", packed)
    assert response[1].get_header("x-served-by") == "test"
    assert request[0] == "request"
    assert request[1].get_header("user-agent")
    assert fetched.sha256 == sha256(article())


def test_storing_the_same_record_twice_keeps_one_file(document: Document, site: Site, web: Web, captures: Path):
    site.page("/story", article())
    fetched = fetch(document_id=document.pk, web=web, at=NOON)

    first = store_fetched(fetched=fetched, at=NOON)
    again = store_fetched(fetched=fetched, at=NOON)

    assert first is not None
    assert first == again
    assert len([path for path in captures.rglob("*") if path.is_file()]) == 1


def test_a_file_that_was_half_written_is_written_again(document: Document, site: Site, web: Web, captures: Path):
    site.page("/story", article())
    fetched = fetch(document_id=document.pk, web=web, at=NOON)
    store_fetched(fetched=fetched, at=NOON)
    (captures / fetched.storage_key).write_bytes(b"half")

    with pytest.raises(Transient):
        read(document_id=document.pk)


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (404, FetchState.GONE, "404"),
        (410, FetchState.GONE, "410"),
        (401, FetchState.FAILED, "paywall"),
        (402, FetchState.FAILED, "paywall"),
        (403, FetchState.FAILED, "paywall"),
        (451, FetchState.FAILED, "legal"),
        (418, FetchState.FAILED, "418"),
    ],
)
def test_answers_without_a_page_say_why(document: Document, site: Site, web: Web, status: int, state, words: str):
    site.page("/story", b"no", status=status)

    fetched = fetch(document_id=document.pk, web=web, at=NOON)

    assert (fetched.state, fetched.storage_key) == (state, "")
    assert words in fetched.note
    assert fetched.paywalled is (words == "paywall")


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [(500, {}, Transient), (503, {"Retry-After": "60"}, RetryLater), (429, {}, RetryLater)],
)
def test_what_may_pass_is_tried_again_and_shown_as_not_measured(
    document: Document, site: Site, web: Web, status: int, headers: dict[str, str], error: type[Exception]
):
    site.page("/story", b"no", status=status, headers=headers)

    with pytest.raises(error):
        fetch(document_id=document.pk, web=web, at=NOON)

    document.refresh_from_db()
    assert document.fetch_state == FetchState.FAILED
    assert document.fetch_note


def test_a_cut_connection_does_not_unread_a_page_that_we_have(document: Document, site: Site, web: Web):
    Document.objects.update(fetch_state=FetchState.READ, text="What it said.")
    site.raw("/story", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<html>")

    with pytest.raises((NotMeasured, RetryLater)):
        fetch(document_id=document.pk, web=web, at=NOON)

    document.refresh_from_db()
    assert (document.fetch_state, document.text) == (FetchState.READ, "What it said.")


def test_an_address_that_may_not_be_fetched_is_refused_with_the_reason(document: Document, site: Site):
    closed = Web(pace=NO_PACE, loopback_allowed=[])

    fetched = fetch(document_id=document.pk, web=closed, at=NOON)

    assert fetched.state == FetchState.REFUSED
    assert fetched.note
    assert site.connections == 0


@pytest.mark.parametrize(
    ("body", "declared", "expected"),
    [
        (b"<html>", "text/html; charset=x", "text/html"),
        (b"<html>", "", "text/html"),
        (b"%PDF-1.7", "text/html", "application/pdf"),
        (b"PK\x03\x04", "text/html", "application/zip"),
        (b"MZ\x90", "text/plain", "application/x-msdownload"),
        (b"\x00\x01", "", ""),
        (b"<html>", "application/pdf", "text/html"),
        (b"not a pdf", "application/pdf", "application/octet-stream"),
        (b"\x1f\x8b\x08\x00", "text/html", "application/gzip"),
        (b"Rar!\x1a\x07\x00", "text/html", "application/vnd.rar"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "text/plain", "application/x-ole-storage"),
        (b"\x7fELF\x02", "text/html", "application/x-executable"),
        (b"any\x00thing", "text/plain", "application/octet-stream"),
        (b"<p>a stray\x00</p>", "text/html", "text/html"),
        ("text".encode("utf-16"), "text/plain", "text/plain"),
        ("text".encode("utf-16-le"), "text/plain; charset=UTF-16LE", "text/plain"),
        (b"<html><!-- %PDF-1.7 -->", "text/html", "text/html"),
        (b"{}", "application/json", "application/json"),
    ],
)
def test_the_first_bytes_overrule_what_a_site_declares(body: bytes, declared: str, expected: str):
    assert content_type(body, declared) == expected


def test_what_is_no_page_of_text_is_refused(document: Document, site: Site, web: Web):
    site.page("/story", b"\x89PNG\r\n", content_type="text/html")

    fetched = fetch(document_id=document.pk, web=web, at=NOON)

    assert (fetched.state, fetched.note) == (FetchState.REFUSED, "The address holds image/png, not a page of text.")


def test_a_pdf_is_kept_and_its_text_is_read(document: Document, site: Site, web: Web):
    site.page("/story", pdf("The bridge costs 5 million.", title="Report"), content_type="application/pdf")
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    said = read(document_id=document.pk)

    assert (said.state, said.title, said.text) == (FetchState.READ, "Report", "The bridge costs 5 million.")


def test_a_broken_pdf_is_kept_and_says_why_it_is_not_read(document: Document, site: Site, web: Web):
    site.page("/story", b"%PDF-1.7 ...", content_type="application/pdf")
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    said = read(document_id=document.pk)

    assert said.state == FetchState.FAILED
    assert "PDF" in said.note


def test_a_page_without_an_article_is_not_read_as_an_empty_one(document: Document, site: Site, web: Web):
    site.page("/story", b"<html><head><title>Just a moment</title></head><body></body></html>")
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    said = read(document_id=document.pk)

    assert (said.state, said.text, said.note) == (FetchState.FAILED, "", "No article text was found on the page.")


def test_a_latin_1_page_with_a_nul_is_read_as_storable_text(document: Document, site: Site, web: Web):
    body = article(title="Brücke wird teurer").replace(b"utf-8", b"x").decode().replace("spring", "Frühling\x00")
    site.page("/story", body.encode("latin-1"), content_type="text/html; charset=ISO-8859-1")
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    said = read(document_id=document.pk)

    assert said.title == "Brücke wird teurer"
    assert "Frühling" in said.text
    assert "\x00" not in said.text


def test_a_chunked_answer_can_be_read_back(document: Document, site: Site, web: Web):
    body = article()
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    site.raw("/story", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
    store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)

    assert "harbour bridge" in read(document_id=document.pk).text


def test_a_page_that_redirects_to_an_endless_address_is_refused(document: Document, site: Site, web: Web):
    place = "/" + "a" * 3000
    site.page("/story", b"", status=302, headers={"Location": place})
    site.page(place, article())

    fetched = fetch(document_id=document.pk, web=web, at=NOON)
    store_fetched(fetched=fetched, at=NOON)

    assert fetched.state == FetchState.REFUSED
    assert "too long" in Document.objects.get(pk=document.pk).fetch_note


def test_the_way_through_redirects_is_in_the_record(document: Document, site: Site, web: Web, captures: Path):
    site.redirect("/story", "/moved")
    site.page("/moved", article())

    fetched = fetch(document_id=document.pk, web=web, at=NOON)

    stored = (captures / fetched.storage_key).read_bytes()
    kinds = [(record.rec_type, record.raw_stream.read()) for record in ArchiveIterator(io.BytesIO(stored))]
    assert [kind for kind, _ in kinds] == ["response", "request", "metadata"]
    assert kinds[2][1].decode().splitlines() == [f"requested: {site.url('/story')}", f"via: 302 {site.url('/story')}"]
    assert exchange_of(stored, expected_sha256=fetched.sha256, length=fetched.length).body == article()


def test_the_record_carries_its_own_digest_for_other_tools(document: Document, site: Site, web: Web, captures: Path):
    site.page("/story", article())

    fetched = fetch(document_id=document.pk, web=web, at=NOON)

    stored = (captures / fetched.storage_key).read_bytes()
    (response, _) = list(ArchiveIterator(io.BytesIO(stored), check_digests=True))
    label = base64.b32encode(bytes.fromhex(sha256(article()))).decode()
    assert response.rec_headers.get_header("WARC-Payload-Digest") == f"sha256:{label}"
