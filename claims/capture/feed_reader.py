"""RSS and Atom bytes to plain entries. Runs in the reading child; no Django."""

import io
import re
import time
from calendar import timegm
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

ENTRY_LIMIT = 500
_ENTRY_END = re.compile(rb"</(?:\w+:)?(item|entry)\s*>", re.IGNORECASE)
_ROOT_END = re.compile(rb"</(?:\w+:)?(rss|feed|rdf)\s*>\s*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}  # minutes
_CLOSING = {b"item": b"</channel></rss>", b"entry": b"</feed>"}


def read_feed(body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """The feed's entries as JSON. `request` has `url` (for relative links) and `content_type` (as sent).

    `is_feed` is false for bytes that are no feed at all; `note` says what was left out and why.
    """
    body, cut = _first_entries(body)
    parsed = feedparser.parse(
        # A stream, never the bytes themselves: those would be taken for a file name if they look like one.
        io.BytesIO(body),
        response_headers={"content-type": str(request.get("content_type", "")), "content-location": request["url"]},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.get("version"):
        return {"is_feed": False, "entries": [], "note": "What came is not an RSS or Atom feed."}
    entries = parsed.get("entries", [])[:ENTRY_LIMIT]
    notes = []
    if cut:
        notes.append(f"Only the first {ENTRY_LIMIT} of {cut} entries were read.")
    damaged = bool(parsed.get("bozo")) and _ROOT_END.search(body) is None
    if damaged:
        # The last entry of a feed that was cut short may hold half an address.
        entries = entries[:-1]
        notes.append("The feed is cut short; what came whole was read.")
    base = _web(urljoin(request["url"], str(parsed.get("feed", {}).get("xml_base", "")))) or request["url"]
    read = [entry for entry in (_entry(entry, base) for entry in entries) if entry is not None]
    if len(read) < len(entries):
        notes.append(f"{len(entries) - len(read)} entries have no web address.")
    own = _own_minutes(parsed.get("feed", {}))
    return {"is_feed": True, "damaged": damaged, "entries": read, "note": " ".join(notes), "own_minutes": own}


def _first_entries(body: bytes) -> tuple[bytes, int]:
    """The feed with no more entries than are read, and how many it had if some were cut off, else 0."""
    ends = 0
    place: tuple[int, bytes] | None = None
    for match in _ENTRY_END.finditer(body):
        ends += 1
        if ends == ENTRY_LIMIT:
            place = (match.end(), match.group(1).lower())
    if place is None or ends == ENTRY_LIMIT:
        return body, 0
    return body[: place[0]] + _CLOSING[place[1]], ends


def _entry(entry: Any, base: str) -> dict[str, Any] | None:
    link = str(entry.get("link") or "").strip()
    if not link:
        # A permalink guid, which feedparser leaves in the id.
        link = str(entry.get("id") or "").strip() if str(entry.get("id") or "").startswith("http") else ""
    url = _web(urljoin(base, link)) if link else ""
    if not url:
        return None
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    return {
        "url": url,
        "title": _plain(str(entry.get("title") or ""))[:1000],
        "summary": _plain(str(entry.get("summary") or ""))[:4000],
        "published": _stamp(moment),
    }


def _web(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def _plain(markup: str) -> str:
    """Markup as the text a reader would see; what is left of a tag after that is text like any other."""
    return " ".join(unescape(_TAG.sub(" ", markup)).split())


def _own_minutes(feed: Any) -> int | None:
    """How seldom the feed asks to be read: its ttl (RSS 2.0), or its update period (RSS 1.0 syndication module)."""
    wishes = [_whole(feed.get("ttl"))]
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower())
    if period is not None:
        wishes.append(period // max(1, _whole(feed.get("sy_updatefrequency")) or 1))
    longest = max((wish for wish in wishes if wish is not None), default=0)
    return min(longest, _PERIODS["daily"]) or None


def _whole(text: Any) -> int | None:
    digits = str(text or "").strip()[:9]
    return int(digits) if digits.isascii() and digits.isdigit() else None


def _stamp(moment: time.struct_time | None) -> float | None:
    try:
        return float(timegm(moment)) if moment is not None else None
    except (ValueError, OverflowError):
        return None
