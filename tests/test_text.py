"""Text and addresses: one form for each, nothing hostile in what is stored or shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.text import canonical_json, folded, host_of, markdown_html, markdown_text, normal_url, plain, url_hash


@pytest.mark.parametrize(
    ("given_url", "stored"),
    [
        ("HTTPS://WWW.Example.COM:443/a?b=2&a=1#part", "https://www.example.com/a?b=2&a=1"),
        ("http://example.com", "http://example.com/"),
        ("http://example.com:8080/x", "http://example.com:8080/x"),
        ("https://example.com/?utm_source=x&fbclid=1&id=7", "https://example.com/?id=7"),
        ("https://münchen.example/straße", "https://xn--mnchen-3ya.example/stra%C3%9Fe"),
        ("https://example.com./", "https://example.com/"),
        ("https://example.com/?12345", "https://example.com/?12345"),
        ("https://example.com/?q=a%20b&flag&x=", "https://example.com/?q=a%20b&flag&x="),
        (
            "https://example.com/?mtm_campaign=a&at_medium=x&ref=front&source=2",
            "https://example.com/?ref=front&source=2",
        ),
        ("https://example.com/?UTM%5FSource=x&&p=1&gclid", "https://example.com/?p=1"),
        ("https://example.com/?q=ü|[1]", "https://example.com/?q=%C3%BC|[1]"),
        ("https://example.com/a%20b?q=c+d", "https://example.com/a%20b?q=c+d"),
    ],
)
def test_an_address_has_one_stored_form(given_url: str, stored: str):
    assert normal_url(given_url) == stored
    assert normal_url(stored) == stored


def test_one_page_is_found_whatever_the_order_of_its_parameters():
    same = ["https://a.example/?b=2&a=1", "https://A.example:443/?a=1&b=2&utm_id=9#x", "https://a.example/?a=1&b=%32"]

    assert len({url_hash(url) for url in same}) == 1
    assert url_hash("https://a.example/?a=2&b=1") != url_hash(same[0])


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.com/",
        "http://",
        "http://user:pass@example.com/",
        "http://good.example@evil.example/",
        "http://./",
        "http://..:80/x",
        "http://exa mple.com/",
        "http://example.com\\@evil.example/",
        "http://example.com/\x00",
        "http://example.com:99999/",
        "http://[::1",
        "https://example.com/" + "a" * 2048,
        "http://-bad-ü.example/",
    ],
)
def test_what_is_no_address_of_a_page_is_refused_with_a_sentence(hostile: str):
    with pytest.raises(ValueError, match=r"\.$"):
        normal_url(hostile)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str):
    try:
        stored = normal_url("http://" + text)
    except ValueError:
        return
    assert normal_url(stored) == stored
    assert url_hash(stored) == url_hash("http://" + text)


@given(st.text(alphabet=st.characters(), max_size=200))
def test_plain_text_can_always_be_stored(text: str):
    kept = plain(text)

    assert "\x00" not in kept
    assert kept.encode("utf-8").decode("utf-8") == kept


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "![x](https://tracker.example/p.png)",
        '<a href="https://a.example" onclick="x()">a</a>',
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<https://a.example/?<script>>",
    ],
)
def test_markdown_holds_nothing_active(markup: str):
    html = markdown_html(markup).lower()

    assert "<script" not in html
    assert "<img" not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html


def test_markdown_keeps_what_a_writer_means():
    html = markdown_html("## What we found\n\n*Not* **so**: [the table](https://a.example/x).\n\n- one\n- two")

    assert html.startswith("<h2>What we found</h2>")
    assert '<a href="https://a.example/x" rel="noopener noreferrer nofollow">the table</a>' in html
    assert markdown_text("Ends & begins: 3 < 4.\n\n- one") == "Ends & begins: 3 < 4.\n\none"


def test_quotes_are_compared_by_their_words():
    assert folded("“The  US ‘has’\n no—evidence”") == folded("\"the us 'has' no-evidence\"")


def test_canonical_json_is_one_byte_form():
    assert canonical_json({"b": 1, "a": "é"}) == b'{"a":"\xc3\xa9","b":1}'
    with pytest.raises(ValueError, match="JSON"):
        canonical_json({"a": float("nan")})


def test_host_without_www():
    assert host_of("https://www.example.com:8443/a") == "example.com"
