"""The feeds' three dialects: Atom, RSS and JSON Feed. Pure: from entries to bytes.

Sources: RFC 4287 (Atom), the RSS Advisory Board's RSS 2.0, jsonfeed.org version 1.1, W3C WebSub for `hub` and `self`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree

from claims.publishing.feed import Entry, Site
from claims.publishing.queries import instant
from claims.text import canonical_json, plain

ATOM = "http://www.w3.org/2005/Atom"


def atom(*, site: Site, shown: Sequence[Entry]) -> bytes:
    """The entries as Atom. An entry's id is the verdict's address, its `updated` the newest version's instant."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM})
    _line(feed, "id", site.own)
    _line(feed, "title", site.name)
    _line(feed, "updated", instant(shown[0].changed_at if shown else datetime(1970, 1, 1, tzinfo=UTC)))
    _line(feed, "link", rel="self", type="application/atom+xml", href=site.own)
    if site.hub:
        _line(feed, "link", rel="hub", href=site.hub)
    _line(feed, "link", rel="alternate", type="text/html", href=site.home)
    _line(feed, "rights", site.licence)
    for one in shown:
        entry = ElementTree.SubElement(feed, "entry", {"xml:lang": one.language})
        _line(entry, "id", one.url)
        _line(entry, "title", one.title)
        _line(entry, "link", rel="alternate", type="text/html", href=one.url)
        _line(entry, "published", instant(one.first_at))
        _line(entry, "updated", instant(one.changed_at))
        _line(ElementTree.SubElement(entry, "author"), "name", one.author or site.name)
        for topic in one.topics:
            _line(entry, "category", term=topic)
        _line(entry, "summary", one.summary)
        _line(entry, "content", one.html, type="html")
    return _xml(feed)


def rss(*, site: Site, shown: Sequence[Entry]) -> bytes:
    """The entries as RSS 2.0. An item's date is the newest version's, so that corrections come up again."""
    ElementTree.register_namespace("atom", ATOM)
    feed = ElementTree.Element("rss", {"version": "2.0"})
    channel = ElementTree.SubElement(feed, "channel")
    _line(channel, "title", site.name)
    _line(channel, "link", site.home)
    _line(channel, "description", f"Verdicts and corrections of {site.name}")
    _line(channel, "copyright", site.licence)
    _line(channel, "language", site.language)
    if shown:
        _line(channel, "lastBuildDate", _date(shown[0].changed_at))
    _line(channel, f"{{{ATOM}}}link", rel="self", type="application/rss+xml", href=site.own)
    if site.hub:
        _line(channel, f"{{{ATOM}}}link", rel="hub", href=site.hub)
    for one in shown:
        item = ElementTree.SubElement(channel, "item")
        _line(item, "title", one.title)
        _line(item, "link", one.url)
        _line(item, "guid", one.url, isPermaLink="true")
        _line(item, "pubDate", _date(one.changed_at))
        for topic in one.topics:
            _line(item, "category", topic)
        _line(item, "description", one.html or one.summary)
    return _xml(feed)


def json_feed(*, site: Site, shown: Sequence[Entry]) -> bytes:
    """The entries as JSON Feed 1.1, with what only fact-checks have under `_factcheck`."""
    items = [
        {
            "id": one.url,
            "url": one.url,
            "title": one.title,
            "summary": one.summary,
            "content_html": one.html,
            "language": one.language,
            "date_published": instant(one.first_at),
            "date_modified": instant(one.changed_at),
            "authors": [{"name": one.author or site.name}],
            "tags": list(one.topics),
            "_factcheck": one.facts,
        }
        for one in shown
    ]
    return canonical_json(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": site.name,
            "home_page_url": site.home,
            "feed_url": site.own,
            "language": site.language,
            **({"hubs": [{"type": "WebSub", "url": site.hub}]} if site.hub else {}),
            "_factcheck": {"licence": site.licence},
            "items": items,
        }
    )


def _line(above: ElementTree.Element, name: str, text: str = "", **attributes: str) -> None:
    ElementTree.SubElement(above, name, attributes).text = plain(text) or None


def _date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def _xml(root: ElementTree.Element) -> bytes:
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text
