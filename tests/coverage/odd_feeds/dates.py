"""Dates in every dialect that feeds speak, and in some that nobody should."""

from collections.abc import Iterator

from tests.coverage.odd_feeds.case import DATE, Odd, atom, one, rdf, rss

# What the 02 March 2026, 08:30 UTC, looks like in RSS.
_RSS = [
    "Mon, 02 Mar 2026 08:30:00 GMT",
    "Mon, 02 Mar 2026 08:30:00 +0000",
    "Mon, 02 Mar 2026 08:30:00 UT",
    "Mon, 02 Mar 2026 08:30:00 UTC",
    "Mon, 02 Mar 2026 08:30:00 Z",
    "Mon, 02 Mar 2026 03:30:00 EST",
    "Mon, 02 Mar 2026 04:30:00 EDT",
    "Mon, 02 Mar 2026 02:30:00 CST",
    "Mon, 02 Mar 2026 01:30:00 MST",
    "Mon, 02 Mar 2026 00:30:00 PST",
    "Mon, 02 Mar 2026 10:30:00 +0200",
    "Mon, 02 Mar 2026 10:30:00 +02:00",
    "Mon, 02 Mar 2026 14:00:00 +0530",
    "Sun, 01 Mar 2026 22:30:00 -1000",
    "Mon, 2 Mar 2026 08:30:00 GMT",
    "Mon, 02 Mar 26 08:30:00 GMT",
    "02 Mar 2026 08:30:00 GMT",
    "02 Mar 2026 08:30 GMT",
    "Mon, 02 Mar 2026 08:30 +0000",
    "Monday, 02 Mar 2026 08:30:00 GMT",
    "Mon, 02 March 2026 08:30:00 GMT",
    "Mon 02 Mar 2026 08:30:00 GMT",
    "mon, 02 mar 2026 08:30:00 gmt",
    "Tue, 02 Mar 2026 08:30:00 GMT",
    "  Mon, 02 Mar 2026\n 08:30:00 GMT  ",
    "Mon, 02-Mar-2026 08:30:00 GMT",
    "Mon Mar 02 08:30:00 2026",
    "Mon, Mar 02 2026 08:30:00 GMT",
    "2026-03-02T08:30:00Z",
    "2026-03-02T08:30:00+00:00",
    "2026-03-02T10:30:00+0200",
    "2026-03-02T03:30:00-05:00",
    "2026-03-02T08:30:00.000Z",
    "2026-03-02T08:30Z",
    "2026-03-02T08:30:00",
    "2026-03-02 08:30:00",
    "20260302T083000Z",
    "2026-03-02 08:30:00 +0000",
    "2026-03-02 08:30:00 UTC",
    "Mon, 02 Mar 2026 08:30:00 GMT (Coordinated Universal Time)",
]

_DAYS = [
    ("2026-03-02", "2026-03-02T00:00:00+00:00"),
    ("20260302", "2026-03-02T00:00:00+00:00"),
    ("2026-03", "2026-03-01T00:00:00+00:00"),
    ("2026-061", "2026-03-02T00:00:00+00:00"),
    ("Mon, 02 Mar 2026", "2026-03-02T00:00:00+00:00"),
]

_NONE = ["", "   ", "yesterday", "n/a", "0000-00-00 00:00:00", "32 Foo 2026", "Mon, 99 Mar 2026 08:30:00 GMT", "💥"]

# Month and day names of other languages, which some publishing systems write by the site's language.
_LOCAL = [
    ("Mo, 02 Mär 2026 08:30:00 +0000", DATE),
    ("lun., 02 févr. 2026 08:30:00 +0000", "2026-02-02T08:30:00+00:00"),
    ("lun, 02 mars 2026 08:30:00 GMT", DATE),
    ("lun, 02 may 2026 08:30:00 GMT", "2026-05-02T08:30:00+00:00"),
    ("seg, 02 mar 2026 08:30:00 -0300", "2026-03-02T11:30:00+00:00"),
    ("Пн, 02 мар 2026 11:30:00 +0300", DATE),
]


def feeds() -> Iterator[Odd]:
    """All of them."""
    for text in _RSS:
        yield one(f"RSS date {text!r}", rss(date=f"<pubDate>{text}</pubDate>"))
    for text, iso in [*_DAYS, *_LOCAL]:
        yield one(f"RSS date {text!r}", rss(date=f"<pubDate>{text}</pubDate>"), date=iso)
    for text in _NONE:
        yield one(f"no date in {text!r}", rss(date=f"<pubDate>{text}</pubDate>"), date=None)
    yield one("no date at all", rss(date=""), date=None)
    yield one(
        "far in the future",
        rss(date="<pubDate>Fri, 02 Mar 2091 08:30:00 GMT</pubDate>"),
        date="2091-03-02T08:30:00+00:00",
    )
    yield one(
        "before there were computers",
        rss(date="<pubDate>Thu, 02 Mar 1905 08:30:00 GMT</pubDate>"),
        date="1905-03-02T08:30:00+00:00",
    )
    yield one(
        "Dublin Core in RSS 2.0",
        rss(date='<d:date xmlns:d="http://purl.org/dc/elements/1.1/">2026-03-02T08:30:00Z</d:date>'),
    )
    yield one("RSS 1.0 with a day only", rdf(date="<dc:date>2026-03-02</dc:date>"), date="2026-03-02T00:00:00+00:00")
    yield one("Atom, only updated", atom(date="<updated>2026-03-02T08:30:00Z</updated>"))
    yield one(
        "Atom, published before updated",
        atom(date="<updated>2026-03-09T00:00:00Z</updated><published>2026-03-02T08:30:00Z</published>"),
    )
    yield one(
        "Atom 0.3, issued", atom(namespace="http://purl.org/atom/ns#", date="<issued>2026-03-02T08:30:00Z</issued>")
    )
    yield one(
        "Atom 0.3, modified",
        atom(namespace="http://purl.org/atom/ns#", date="<modified>2026-03-02T09:30:00+01:00</modified>"),
    )
    yield one("Atom, fractions of a second", atom(date="<published>2026-03-02T08:30:00.123456+00:00</published>"))
    yield one("Atom in the letters of mail", atom(date="<published>Mon, 02 Mar 2026 08:30:00 GMT</published>"))
    yield one(
        "two dates, the first is empty",
        rss(date="<pubDate></pubDate><pubDate>Mon, 02 Mar 2026 08:30:00 GMT</pubDate>"),
    )
