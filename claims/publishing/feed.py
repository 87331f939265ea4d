"""The site's feed: one entry per verdict at its newest version, retractions too, in Atom, RSS and JSON Feed.

Pure but for `entries()`. Sources: RFC 4287 (Atom), the RSS Advisory Board's RSS 2.0, jsonfeed.org version 1.1.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from xml.etree import ElementTree

from claims.models import PublicHead
from claims.text import canonical_json, plain

ENTRIES = 50
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Entry:
    """One verdict as a feed shows it. `html` is set text and links only; a retracted one keeps its reason alone."""

    url: str
    title: str
    summary: str
    html: str
    language: str
    author: str
    topics: tuple[str, ...]
    first_at: datetime
    changed_at: datetime
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Site:
    """Whose feed it is, and where it and the page beside it stand."""

    name: str
    home: str
    own: str
    licence: str


def entries() -> list[Entry]:
    """The verdicts that changed last, the newest change first; erased ones left out. One query."""
    heads = PublicHead.objects.filter(publication__body__isnull=False).order_by("-sequence")[:ENTRIES]
    return [
        _entry(
            json.loads(bytes(head.publication.body or b"")),
            head.live,
            head.sequence,
            head.reviewed_at,
            head.publication.valid_from,
            head.publication.public_note,
        )
        for head in heads.select_related("publication").defer("publication__search")
    ]


def _entry(body: dict[str, Any], live: bool, sequence: int, first_at: datetime, at: datetime, note: str) -> Entry:
    verdict, claim, rating = body["verdict"], body["claim"], body["verdict"]["rating"]
    title = verdict["headline"] or claim["statement"]
    said = f"{claim['claimant']['name']}: “{claim['statement']}”" if claim["claimant"] else f"“{claim['statement']}”"
    changed = f"<p><strong>{'Changed' if live else 'Retracted'}:</strong> {escape(plain(note))}</p>" if note else ""
    rated = f"{rating['name']}. " if rating and live else ""
    return Entry(
        url=body["url"],
        title=plain(title if live else f"Retracted: {title}"),
        summary=plain(f"{rated}{verdict['summary']}" if live else note),
        html=plain(changed + (f"<blockquote>{escape(said)}</blockquote>{verdict['explanation_html']}" if live else "")),
        language=claim["language"],
        author=plain(verdict["byline"] or body["publisher"]["name"]),
        topics=tuple(plain(topic["name"]) for topic in claim["topics"]),
        first_at=first_at,
        changed_at=at,
        facts={
            "id": body["id"],
            "version": body["version"],
            "sequence": sequence,
            "status": "live" if live else "retracted",
            "rating": rating and rating["slug"],
            "value": rating and rating["value"],
            "licence": body["licence"],
        },
    )


def atom(*, site: Site, shown: Sequence[Entry]) -> bytes:
    """The entries as Atom. An entry's id is the verdict's address, its `updated` the newest version's instant."""
    feed = ElementTree.Element("feed", {"xmlns": ATOM})
    _line(feed, "id", site.own)
    _line(feed, "title", site.name)
    _line(feed, "updated", _stamp(shown[0].changed_at if shown else datetime(1970, 1, 1, tzinfo=UTC)))
    _line(feed, "link", rel="self", type="application/atom+xml", href=site.own)
    _line(feed, "link", rel="alternate", type="text/html", href=site.home)
    _line(feed, "rights", site.licence)
    for one in shown:
        entry = ElementTree.SubElement(feed, "entry", {"xml:lang": one.language})
        _line(entry, "id", one.url)
        _line(entry, "title", one.title)
        _line(entry, "link", rel="alternate", type="text/html", href=one.url)
        _line(entry, "published", _stamp(one.first_at))
        _line(entry, "updated", _stamp(one.changed_at))
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
    _line(channel, f"{{{ATOM}}}link", rel="self", type="application/rss+xml", href=site.own)
    for one in shown:
        item = ElementTree.SubElement(channel, "item")
        _line(item, "title", one.title)
        _line(item, "link", one.url)
        _line(item, "guid", one.url, isPermaLink="true")
        _line(item, "pubDate", format_datetime(one.changed_at.astimezone(UTC), usegmt=True))
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
            "date_published": _stamp(one.first_at),
            "date_modified": _stamp(one.changed_at),
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
            "_factcheck": {"licence": site.licence},
            "items": items,
        }
    )


def _line(above: ElementTree.Element, name: str, text: str = "", **attributes: str) -> None:
    ElementTree.SubElement(above, name, attributes).text = plain(text) or None


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _xml(root: ElementTree.Element) -> bytes:
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text
