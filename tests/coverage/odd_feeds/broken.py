"""XML that is none: unclosed, cut short, with characters and entities that may not be there; and what is no feed."""

from collections.abc import Iterator

from tests.coverage.odd_feeds.case import DATE, LINK, TITLE, WRITTEN, Odd, atom, one, rss

_ITEM = f"<item><title>{TITLE}</title><link>{LINK}</link><pubDate>{WRITTEN}</pubDate></item>"
_SECOND = "<item><title>Second</title><link>http://paper.example/2</link></item>"
_BOTH = ((TITLE, LINK, DATE), ("Second", "http://paper.example/2", None))


def _characters() -> Iterator[Odd]:
    yield one("a bare ampersand in the title", rss(title="<title>Fees & dues</title>"), title="Fees & dues")
    yield one("an ampersand at the end", rss(title="<title>Fees &</title>"), title="Fees &")
    yield one(
        "HTML's entities",
        rss(title="<title>Caf&eacute; &ndash; d&eacute;j&agrave;&nbsp;vu</title>"),
        title="Café – déjà vu",
    )
    yield one("an entity that nobody knows", rss(title="<title>A &bogus; b</title>"), title="A &bogus; b")
    yield one("an entity without its end", rss(title="<title>A &amp b</title>"), title="A & b")
    # Those that Unicode counts as white space keep words apart.
    for code, between in ((0x00, ""), (0x01, ""), (0x08, ""), (0x0B, " "), (0x0C, " "), (0x1B, ""), (0x1F, " ")):
        yield one(
            f"control character {code:#04x} in the title",
            rss(title=f"<title>Fees{chr(code)}rise</title>"),
            title=f"Fees{between}rise",
        )
    yield one("control characters by number", rss(title="<title>Fees&#x1;&#0;&#11; rise</title>"), title="Fees rise")
    yield one("a control character in the link", rss(link="<link>http://paper.example/fe\x01es</link>"))
    yield one("a non-character", rss(title="<title>Fees\ufffe rise\uffff</title>"), title="Fees rise")
    yield one("half a surrogate by number", rss(title="<title>Fees &#xD800;rise</title>"), title="Fees rise")
    yield one("a less-than sign", rss(title="<title>Fees 3 < 4</title>"), title="Fees 3 < 4")
    yield one(
        "half a UTF-8 character",
        rss(title="<title>Порт повышает сборы@</title>").encode().replace(b"@", b"\xe2\x82"),
        title="Порт повышает сборы\ufffd",
    )
    yield one("white space before the declaration", "\n\n  " + rss())
    yield one("a warning of the server before it", "<b>Warning</b>: something in line 7<br />\n" + rss())
    yield one("a comment after the end", rss() + "<!-- 0.2 s -->\n")
    yield one("a script's leavings after the end", rss() + "\n<script>x()</script>")
    yield one("a comment with two hyphens", rss(more="<!-- a -- b -->"))


def _structure() -> Iterator[Odd]:
    yield one("an unclosed element in the item", rss(more="<category>News"))
    yield one("an unclosed break in the description", rss(more="<description>One<br>two</description>"))
    yield one("crossed elements", rss(more="<description><b><i>x</b></i></description>"))
    yield one("an attribute without quotes", rss(more="<guid isPermaLink=false>7</guid>"))
    yield one("an attribute twice", rss(more='<source url="http://a.example" url="http://b.example">x</source>'))
    yield one("no end of the channel", rss().replace("</channel>", ""))
    yield Odd(
        "an item that never ends, before another", rss((_ITEM + _SECOND).replace("</item>", "", 1)).encode(), _BOTH
    )
    yield Odd("a wrong end of an item", rss(_ITEM.replace("</item>", "</itm></item>") + _SECOND).encode(), _BOTH)
    yield one("CDATA in the title", rss(title="<title><![CDATA[Harbour fees rise]]></title>"))
    yield one("CDATA in pieces", rss(title="<title><![CDATA[Harbour ]]>fees<![CDATA[ rise]]></title>"))
    yield one(
        "CDATA around everything",
        rss(date=f"<pubDate><![CDATA[{WRITTEN}]]></pubDate>", link=f"<link><![CDATA[{LINK}]]></link>"),
    )
    endless = _SECOND.replace("</item>", "<description><![CDATA[text</description></item>")
    yield Odd("CDATA that never ends in the description", rss(_ITEM + endless).encode(), _BOTH)
    yield one("an entity of its own", rss(declared='<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY paper "The Paper">]>'))
    yield one(
        "an entity from a file",
        rss(
            declared='<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            more="<description>&x;</description>",
        ),
    )
    yield Odd("two feeds, one after the other", f"{rss()}{rss(_SECOND, declared='')}".encode(), _BOTH)


def _cut() -> Iterator[Odd]:
    whole = rss(_ITEM + _SECOND)
    start = whole.index("Second")
    yield one("cut in the second title", whole[: start + 3])
    yield one("cut in the second link", whole[: whole.index("paper.example/2") + 8])
    yield one("cut within an end tag", whole[: whole.rindex("</item>") + 3])
    yield one("cut between items", whole[: whole.index(_SECOND)] + "<ite")
    entry = f'<entry><title>{TITLE}</title><link href="{LINK}"/><published>{DATE}</published></entry>'
    yield one(
        "Atom, cut in the second entry",
        atom(entry + '<entry><title>B</title><link href="http://paper.exa')[: -len("</feed>")],
    )
    yield Odd("cut before the first item", rss(_ITEM)[:70].encode(), "not measured")
    yield Odd("cut in the first item", rss(_ITEM)[: rss(_ITEM).index("</link>")].encode(), "not measured")


def _no_feed() -> Iterator[Odd]:
    for name, body, kind in [
        ("nothing at all", b"", "application/rss+xml"),
        ("white space", b" \n\t ", "application/rss+xml"),
        (
            "a page",
            b"<!doctype html><html><head><title>Sign in</title></head><body><p>Hi</p></body></html>",
            "text/html",
        ),
        ("a page that says that it is a feed", b"<html><body>Blocked</body></html>", "application/rss+xml"),
        ("XML of another kind", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', "application/xml"),
        ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "image/png"),
        ("JSON", b'{"error": "quota"}', "application/json"),
        ("plain text", b"Service unavailable", "text/plain"),
        ("zeros", bytes(5000), "application/rss+xml"),
        (
            "an SOAP error",
            b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
            "text/xml",
        ),
    ]:
        yield Odd(f"no feed: {name}", body, "not measured", kind)


def feeds() -> Iterator[Odd]:
    """All of them."""
    yield from _characters()
    yield from _structure()
    yield from _cut()
    yield from _no_feed()
