"""Addresses: relative, in other elements, escaped, odd, and none of the web."""

from collections.abc import Iterator

from tests.coverage.odd_feeds.case import DATE, LINK, TITLE, Odd, atom, one, rdf, rss

_DC = ' xmlns:a="http://www.w3.org/2005/Atom" xmlns:f="http://rssnamespace.org/feedburner/ext/1.0"'


def _relative() -> Iterator[Odd]:
    yield one("relative to the feed", rss(link="<link>/fees</link>"), link="~/fees")
    yield one("relative without a slash", rss(link="<link>fees?id=1</link>"), link="~/fees?id=1")
    yield one("without a scheme", rss(link="<link>//paper.example/fees</link>"))
    yield one("Atom, relative", atom(link='<link href="fees"/>'), link="~/fees")
    yield one("Atom, base at the root", atom(link='<link href="fees"/>', root=' xml:base="http://paper.example/"'))
    yield one(
        "Atom, base at the root and relative base at the entry",
        atom(
            f'<entry xml:base="news/"><title>{TITLE}</title><link href="fees"/><id>1</id>'
            f"<published>{DATE}</published></entry>",
            root=' xml:base="http://paper.example/"',
        ),
        link="http://paper.example/news/fees",
    )
    yield one("Atom, base at the link", atom(link='<link xml:base="http://paper.example/" href="fees"/>'))
    yield one("RSS, base at the root", rss(link="<link>fees</link>", root=' xml:base="http://paper.example/"'))
    yield one("RSS 1.0, relative", rdf(link="<link>/fees</link>"), link="~/fees")
    yield Odd("a base of another scheme", rss(link="<link>/x</link>", root=' xml:base="file:///etc/"').encode(), ())


def _elsewhere() -> Iterator[Odd]:
    guid = f"<guid>{LINK}</guid>"
    yield one("a guid that is the address", rss(link=guid))
    yield one("a guid that says so", rss(link=f'<guid isPermaLink="true">{LINK}</guid>'))
    yield one("a guid beside a link", rss(link=f"<link>{LINK}</link><guid>http://paper.example/?p=7</guid>"))
    yield one("a guid that is none", rss(link=f'<link>{LINK}</link><guid isPermaLink="false">7</guid>'))
    yield one("an Atom link in RSS", rss(link=f'<a:link href="{LINK}" rel="alternate"/>', root=_DC))
    yield one(
        "an Atom link to itself beside the real one",
        rss(link=f'<a:link href="http://x.example/feed" rel="self"/><link>{LINK}</link>', root=_DC),
    )
    yield one(
        "the original link behind a counter", rss(link=f"<link>{LINK}</link><f:origLink>{LINK}</f:origLink>", root=_DC)
    )
    many = '<link rel="self" href="http://x.example/1"/><link rel="enclosure" href="http://x.example/a.mp3"/>'
    yield one("Atom, many links", atom(link=f'{many}<link rel="alternate" type="text/html" href="{LINK}"/>'))
    yield one("Atom, rel left out", atom(link=f'<link rel="edit" href="http://x.example/e"/><link href="{LINK}"/>'))
    yield one("Atom, the id is the address", atom(link="", more=f"<id>{LINK}</id>"))
    yield one("RSS 1.0, only rdf:about", rdf(link=""))


def _spelling() -> Iterator[Odd]:
    yield one(
        "an ampersand, escaped",
        rss(link="<link>http://paper.example/?a=1&amp;b=2</link>"),
        link="http://paper.example/?a=1&b=2",
    )
    yield one(
        "an ampersand, bare",
        rss(link="<link>http://paper.example/?a=1&b=2</link>"),
        link="http://paper.example/?a=1&b=2",
    )
    yield one(
        "an ampersand, in CDATA",
        rss(link="<link><![CDATA[http://paper.example/?a=1&b=2]]></link>"),
        link="http://paper.example/?a=1&b=2",
    )
    yield one("white space around", rss(link=f"<link>\n\t  {LINK}\n  </link>"))
    yield one("in capitals", rss(link="<link>HTTP://paper.example/fees</link>"), link="http://paper.example/fees")
    yield one(
        "letters of other scripts", rss(link="<link>http://paper.example/порт</link>"), link="http://paper.example/порт"
    )
    yield one("https", rss(link="<link>https://paper.example/fees</link>"), link="https://paper.example/fees")
    yield one(
        "a port and a fragment",
        rss(link="<link>http://paper.example:8080/fees#top</link>"),
        link="http://paper.example:8080/fees#top",
    )


def _refused() -> Iterator[Odd]:
    good = f"<item><title>{TITLE}</title><link>{LINK}</link><pubDate>{DATE}</pubDate></item>"
    for bad in (
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " java\nscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "mailto:desk@paper.example",
        "ftp://paper.example/fees",
        "http://",
        "http://[::1",
        "urn:uuid:7",
    ):
        evil = f"<item><title>Bad</title><link>{bad}</link></item>"
        yield one(f"refused: {bad!r}", rss(evil + good))
    yield Odd("Atom, javascript in the only link", atom(link='<link href="javascript:alert(1)"/>').encode(), ())


def feeds() -> Iterator[Odd]:
    """All of them."""
    yield from _relative()
    yield from _elsewhere()
    yield from _spelling()
    yield from _refused()
