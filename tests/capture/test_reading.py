"""Hostile and broken bytes are read, or given up on, in a child; the parent is unharmed."""

import contextlib
import json
import os

import pytest

from claims.capture import child
from claims.capture.addresses import publisher_address
from claims.capture.charset import decode
from claims.capture.child import ReadingFailed, read_in_child
from claims.capture.extract import moment
from tests.capture.pages import PARAGRAPHS, article

FRENCH = "Le café de la gare a fermé après une enquête: la mairie prétend n'avoir rien décidé à ce sujet. " * 3


def read(body: bytes, *, charset: str = "", kind: str = "text/html", **limits):
    return read_in_child("page", body, url="https://a.example/x", content_type=kind, charset=charset, **limits)


def test_an_article_gives_title_text_date_language_and_canonical_address():
    data = json.dumps({"@graph": [{"@type": "NewsArticle", "datePublished": "2026-02-03T04:05:06+01:00"}]})
    head = (
        f'<script type="application/ld+json">{data}</script><meta name="author" content="Ada Quill">'
        '<link rel="canonical" href="/bridge">'
    )

    said = read(article(head=head, lang="de-CH"))

    assert said["title"] == "Bridge costs rise"
    assert said["byline"] == "Ada Quill"
    assert "harbour bridge" in said["text"]
    assert "newsletter" not in said["text"]
    assert said["language"] == "de-CH"
    assert said["canonical"] == "/bridge"
    assert moment(said["published"][0]).isoformat() == "2026-02-03T03:05:06+00:00"  # type: ignore[union-attr]


def test_a_paywall_in_the_markup_is_noticed():
    data = json.dumps({"@type": "NewsArticle", "isAccessibleForFree": "False"})

    assert read(article(head=f'<script type="application/ld+json">{data}</script>'))["paywalled"] is True
    assert read(article())["paywalled"] is None


@pytest.mark.parametrize(
    ("node", "paywalled"),
    [
        ({"isAccessibleForFree": True}, False),
        ({"isAccessibleForFree": "https://schema.org/False"}, True),
        ({"hasPart": {"isAccessibleForFree": False, "cssSelector": ".paid"}}, True),
        ({"isAccessibleForFree": True, "hasPart": [{"isAccessibleForFree": "false", "cssSelector": ".paid"}]}, True),
        ({"hasPart": {"isAccessibleForFree": False}}, None),
    ],
)
def test_what_markup_says_about_payment(node: dict, paywalled: bool | None):
    data = json.dumps({"@graph": [{"@type": "NewsArticle", **node}]})

    assert read(article(head=f'<script type="application/ld+json">{data}</script>'))["paywalled"] is paywalled


def test_broken_markup_is_read_as_far_as_it_goes():
    body = b"<html><body><div><article><h1>Bridge</h2><p>" + PARAGRAPHS.encode().replace(b"</p>", b"") + b"<b><i>"

    assert "costs have risen to 5 million" in read(body)["text"]


@pytest.mark.parametrize(
    ("body", "http", "expected"),
    [
        ("\ufeffé".encode(), "iso-8859-1", ("é", "utf-8", "bom")),
        ("é".encode("latin-1"), "ISO-8859-1", ("é", "cp1252", "http")),
        ("€".encode("cp1252"), "latin1", ("€", "cp1252", "http")),
        (
            b'<meta charset="windows-1251">' + "Да".encode("cp1251"),
            "",
            ('<meta charset="windows-1251">Да', "cp1251", "meta"),
        ),
        (b'<meta charset="latin1">' + "é".encode("latin-1"), "utf-8", ('<meta charset="latin1">é', "cp1252", "meta")),
        ("é".encode(), "no-such-charset", ("é", "utf-8", "guess")),
        (FRENCH.encode("latin-1"), "rot13", (FRENCH, "cp1252", "guess")),
        (b"a\xff", "utf-8", ("a\ufffd", "utf-8", "http")),
        (b"+ADw-script+AD4-", "utf-7", ("+ADw-script+AD4-", "utf-8", "guess")),
        (b'<meta charset="utf-16">caf\xc3\xa9', "", ('<meta charset="utf-16">café', "utf-8", "meta")),
        ("\ufeffé".encode("utf-16"), "utf-8", ("\ufeffé", "utf-16-le", "bom")),
        ("日本".encode("cp932"), "x-sjis", ("日本", "cp932", "http")),
        ("中文".encode("gb18030"), "gb2312", ("中文", "gb18030", "http")),
        (b"a\x00b\x01c\x1fd\te\n", "utf-8", ("abcd\te\n", "utf-8", "http")),
    ],
)
def test_the_charset_is_the_first_that_fits_of_mark_header_markup_and_guess(body: bytes, http: str, expected):
    text, charset, how = decode(body, http)

    assert text == expected[0]
    assert how == expected[2]
    if how != "guess" or expected[1] == "utf-8":
        assert charset == expected[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-03", "2026-02-03T00:00:00+00:00"),
        ("2026-02-03T10:00:00Z", "2026-02-03T10:00:00+00:00"),
        ("Tue, 03 Feb 2026 10:00:00 +0100", "2026-02-03T09:00:00+00:00"),
        ("0001-01-01", None),
        ("last Tuesday", None),
        ("", None),
    ],
)
def test_dates_are_instants_or_nothing(text: str, expected: str | None):
    value = moment(text)

    assert (value.isoformat() if value else None) == expected


def test_nesting_that_eats_processor_time_is_stopped_and_the_next_page_is_read_by_a_new_child():
    read(article())
    before = child.child_pid()

    with pytest.raises(ReadingFailed, match="more time or memory"):
        read(b"<p>a " * 250_000, cpu_seconds=1)

    assert "harbour bridge" in read(article())["text"]
    assert child.child_pid() not in {None, before}


def test_a_child_that_hangs_is_ended_by_the_clock():
    with pytest.raises(ReadingFailed, match="stopped"):
        read(b"<p>a " * 250_000, wall_seconds=0.2)

    assert "harbour bridge" in read(article())["text"]


def test_a_page_of_a_million_elements_is_refused_at_once():
    with pytest.raises(ReadingFailed, match="cannot be read"):
        read(b"<p>a" * 1_000_000)


def test_one_child_serves_many_pages():
    read(article())
    pid = child.child_pid()

    for _ in range(5):
        read(article())

    assert child.child_pid() == pid


def test_a_child_that_was_killed_is_replaced():
    read(article())
    pid = child.child_pid()
    assert pid is not None

    os.kill(pid, 9)
    with contextlib.suppress(ReadingFailed):  # it may die with the question in hand
        read(article())
    assert "harbour bridge" in read(article())["text"]


def test_the_child_is_given_none_of_our_secrets():
    read(article())
    with open(f"/proc/{child.child_pid()}/environ", "rb") as file:  # noqa: PTH123
        names = {pair.partition(b"=")[0] for pair in file.read().split(b"\0") if pair}

    assert names <= {b"PATH", b"LANG", b"LC_CTYPE", b"PYTHONDONTWRITEBYTECODE"}


def test_a_forked_worker_starts_a_child_of_its_own_and_leaves_ours_alone():
    read(article())
    before = child.child_pid()

    pid = os.fork()
    if pid == 0:
        try:
            found = "harbour bridge" in read(article())["text"] and child.child_pid() != before
            child.close()
            os._exit(0 if found else 1)
        finally:
            os._exit(2)
    _, status = os.waitpid(pid, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert "harbour bridge" in read(article())["text"]
    assert child.child_pid() == before


@pytest.mark.parametrize(
    ("head", "body", "byline"),
    [
        ("", "<p class='byline'>By Ada Quill</p>", "Ada Quill"),
        ("", "<a rel='author'>Ada Quill -</a>", "Ada Quill"),
        ("<meta name='author' content='https://social.example/ada'>", "<b class='author'>Ada Quill</b>", "Ada Quill"),
        ("", "<p class='author-box'>3 June 2026</p>", ""),
        (
            """<script type="application/ld+json">
            {"@type": "NewsArticle", "author": [{"name": "A. Quill"}, {"name": "B. Reed"}]}</script>""",
            "",
            "A. Quill, B. Reed",
        ),
    ],
)
def test_who_wrote_it(head: str, body: str, byline: str):
    assert read(article(head=head, body=body + PARAGRAPHS))["byline"] == byline


@pytest.mark.parametrize(
    ("url", "publisher"),
    [
        ("https://paper-example.cdn.ampproject.org/c/s/paper.example/a?x=1", "https://paper.example/a?x=1"),
        ("https://paper-example.cdn.ampproject.org/v/paper.example/a", "http://paper.example/a"),
        ("https://www.google.co.uk/amp/s/paper.example/a", "https://paper.example/a"),
        ("https://www.google.com/search?q=amp", "https://www.google.com/search?q=amp"),
        ("https://paper.example/amp/s/other.example/a", "https://paper.example/amp/s/other.example/a"),
    ],
)
def test_a_page_in_an_amp_cache_is_its_publishers(url: str, publisher: str):
    assert publisher_address(url) == publisher
