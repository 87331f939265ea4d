"""A PDF's text is read in the same limited child; what cannot be read says why, and is never an empty text."""

import zlib

import pytest

from claims.capture.child import ReadingFailed, read_in_child
from claims.capture.extract import moment
from claims.capture.pdf_reader import PAGE_LIMIT
from tests.capture.pages import article
from tests.capture.pdfs import locked, pdf


def read(body: bytes, **limits):
    return read_in_child("pdf", body, url="https://a.example/x.pdf", content_type="application/pdf", **limits)


def test_text_title_and_date():
    said = read(pdf("The bridge costs 5 million (so far).", "Page two: café.", title="Report on the bridge"))

    assert said["text"] == "The bridge costs 5 million (so far).\n\nPage two: café."
    assert said["title"] == "Report on the bridge"
    assert moment(said["published"][0]).isoformat() == "2026-02-03T03:05:06+00:00"  # type: ignore[union-attr]
    assert said["note"] == ""


def test_more_pages_than_are_read():
    said = read(pdf(*(f"Page {n}." for n in range(PAGE_LIMIT + 3))))

    assert said["text"].count("Page") == PAGE_LIMIT
    assert said["note"] == f"Only the first {PAGE_LIMIT} of {PAGE_LIMIT + 3} pages were read."


def test_locked_for_changes_only_is_read():
    assert read(locked(pdf("Open to all."), password=""))["text"] == "Open to all."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (locked(pdf("Secret."), password="x"), "locked with a password"),
        (pdf("", ""), "only pictures"),
        (b"%PDF-1.7 and nothing else", "broken"),
        (pdf("Cut short.")[:120], "broken|only pictures"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, reason: str):
    with pytest.raises(ReadingFailed, match=reason):
        read(body)


def test_a_bomb_is_stopped_and_the_next_page_is_read():
    bomb = zlib.compress(b"BT /F1 12 Tf (a) Tj ET " * 20_000_000, 9)

    with pytest.raises(ReadingFailed):
        read(pdf("x", packed=bomb), cpu_seconds=3)

    assert "harbour bridge" in read_in_child("page", article(), url="https://a.example/x")["text"]
