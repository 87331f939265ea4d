"""RSS and Atom bytes to plain entries. Runs in the reading child; no Django."""

import codecs
import io
import re
import time
from calendar import timegm
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import feedparser

from claims.capture.feed_dates import misread, unread

ENTRY_LIMIT = 500
_MARKS = (  # the wider first, because it begins like the narrower
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
_ENTRY_END = re.compile(rb"</(?:\w+:)?(item|entry)\s*>", re.IGNORECASE)
_ROOT_END = re.compile(rb"</(?:\w+:)?(rss|feed|rdf)\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
_PERIODS = {"hourly": 60, "daily": 1440, "weekly": 10_080, "monthly": 43_200, "yearly": 525_600}  # minutes
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_DECLARED_WIDE = re.compile(rb"""\A\s*<\?xml[^>]{0,100}encoding\s*=\s*["'](?:utf-?(?:16|32)|ucs)""", re.IGNORECASE)
_DECLARED_OTHER = re.compile(rb"""\A\s*<\?xml[^>]{0,100}encoding\s*=\s*["'](?!utf-?8["'])""", re.IGNORECASE)
_NUMBER = re.compile(rb"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CLOSING = {b"item": b"</channel></rss>", b"entry": b"</feed>"}


def read_feed(body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """The feed's entries as JSON. `request` has `url` (for relative links) and `content_type` (as sent).

    `is_feed` is false for bytes that are no feed at all; `note` says what was left out and why.
    """
    content_type = str(request.get("content_type", ""))
    text = _decoded(body, content_type)
    if text is not None:
        body, content_type = _DECLARATION.sub("", text).encode("utf-8", "replace"), "application/xml; charset=utf-8"
    body = _NUMBER.sub(_sane, body)
    body, cut = _first_entries(body)
    parsed = feedparser.parse(
        # A stream, never the bytes themselves: those would be taken for a file name if they look like one.
        io.BytesIO(body),
        response_headers={"content-type": content_type, "content-location": request["url"]},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not parsed.get("version"):
        return {"is_feed": False, "entries": [], "note": "What came is not an RSS or Atom feed."}
    entries = parsed.get("entries", [])[:ENTRY_LIMIT]
    notes = []
    if cut:
        notes.append(f"Only the first {ENTRY_LIMIT} of {cut} entries were read.")
    ends = [match.end() for match in _ENTRY_END.finditer(body)]
    damaged = bool(parsed.get("bozo")) and _ROOT_END.search(body, ends[-1] if ends else 0) is None
    if damaged:
        # The last entry of a feed that was cut short may hold half an address.
        entries = entries[: len(ends)]
        notes.append("The feed is cut short; what came whole was read.")
    base = _web(urljoin(request["url"], str(parsed.get("feed", {}).get("xml_base", "")))) or request["url"]
    read = [entry for entry in (_entry(entry, base) for entry in entries) if entry is not None]
    if len(read) < len(entries):
        notes.append(f"{len(entries) - len(read)} entries have no web address.")
    own = _own_minutes(parsed.get("feed", {}))
    return {"is_feed": True, "damaged": damaged, "entries": read, "note": " ".join(notes), "own_minutes": own}


def _decoded(body: bytes, content_type: str) -> str | None:
    """The text of bytes whose encoding feedparser, or what follows here, would get wrong; None leaves it to feedparser.

    What is wide (UTF-16, UTF-32) cannot be searched for ends of entries; one broken character in a text that is UTF-8
    beyond doubt would have feedparser take all of it for windows-1252.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    if body[:2] in {b"<\0", b"\0<"}:
        return body.decode("utf-16-le" if body[:1] == b"<" else "utf-16-be", "replace")
    if _DECLARED_WIDE.match(body):
        return body.decode("utf-8", "replace")  # it could not be read as far as this if that were true
    if "charset" in content_type.lower() or _DECLARED_OTHER.match(body):
        return None
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond_ascii = len(text) - len(text.encode("ascii", "ignore"))
    return text if 0 < broken < beyond_ascii - broken else None


def _sane(reference: re.Match[bytes]) -> bytes:
    """A character by its number, unless XML forbids it there: those made parsers fail, and mean nothing."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    allowed = code in {0x9, 0xA, 0xD} or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000
    return reference[0] if allowed else b""


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
    url = _absolute(base, _CONTROL.sub("", link))
    # What names no place of its own has become the feed's address by now.
    if not url or url == base:
        return None
    return {
        "url": url,
        "title": _plain(str(entry.get("title") or ""))[:1000],
        "summary": _plain(str(entry.get("summary") or ""))[:4000],
        "published": _published(entry),
    }


def _absolute(base: str, link: str) -> str:
    """The web address that a link stands for; "" if it stands for none."""
    try:
        parts = urlsplit(link)
        return _web(urljoin(base, link)) if link and (parts.netloc or not parts.scheme) else ""
    except ValueError:
        return ""


def _published(entry: Any) -> float | None:
    for name in ("published", "updated"):
        text = str(entry.get(name) or "")
        own = misread(text)
        if own is None:
            own = _stamp(entry.get(f"{name}_parsed"))
        if own is None:
            own = unread(text)
        if own is not None:
            return own
    return None


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
