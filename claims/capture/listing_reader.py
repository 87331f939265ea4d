"""JSON Feeds and news sitemaps to plain entries. Runs in the reading child; no Django."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

from claims.capture.json_reader import NotJson, read_json

ENTRY_LIMIT = 500
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_TEXT_LIMIT = 5_000
_DEEPEST = 32
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_FRACTION = re.compile(r"(\.\d{6})\d+")


class _Forbidden(Exception):
    """The markup holds what no sitemap needs."""


def read_json_feed(body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """The items of a JSON Feed 1.0 or 1.1 (jsonfeed.org/version/1.1). `request["url"]` resolves relative addresses.

    `is_feed` is false for anything else; `next` is the address of the next page, "" if there is none.
    """
    try:
        feed = read_json(body)
    except NotJson as error:
        return _no_feed(f"What came is not a JSON Feed: {error}.")
    if not isinstance(feed, dict) or "jsonfeed.org/version/1" not in str(feed.get("version", "")):
        return _no_feed("What came is not a JSON Feed.")
    items = feed.get("items")
    if not isinstance(items, list):
        return _no_feed("The JSON Feed has no list of items.")
    notes = []
    if len(items) > ENTRY_LIMIT:
        notes.append(f"Only the first {ENTRY_LIMIT} of {len(items)} entries were read.")
    items = items[:ENTRY_LIMIT]
    entries = [entry for item in items if (entry := _json_entry(item, request["url"])) is not None]
    if len(entries) < len(items):
        notes.append(f"{len(items) - len(entries)} entries have no web address.")
    following = _text(feed.get("next_url"))
    return {
        "is_feed": True,
        "entries": entries,
        "next": _web(request["url"], following),
        "note": " ".join(notes),
    }


def read_sitemap(body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """The pages of a sitemap, or the sitemaps that an index names (sitemaps.org/protocol, Google's news extension).

    `entries` are pages, `maps` are {"url", "changed"} of further sitemaps. A document type is refused: entities and
    outside references are all that one is good for here. What came whole before a fault counts, and `damaged` says so.
    """
    reading = _Sitemap(request["url"])
    fault = ""
    try:
        reading.parse(body)
    except _Forbidden as error:
        return _no_feed(str(error))
    except expat.ExpatError as error:
        fault = expat.ErrorString(error.code)
    if reading.kind == "":
        return _no_feed("What came is not a sitemap.")
    notes = []
    if reading.seen > ENTRY_LIMIT:
        notes.append(f"Only the first {ENTRY_LIMIT} of {reading.seen} entries were read.")
    if fault:
        notes.append("The sitemap is cut short; what came whole was read.")
    return {
        "is_feed": True,
        "damaged": bool(fault),
        "entries": reading.entries,
        "maps": reading.maps,
        "note": " ".join(notes),
    }


class _Sitemap:
    """One parse of a sitemap: what element we are in, and what was gathered."""

    def __init__(self, base: str) -> None:
        self.kind = ""
        self.entries: list[dict[str, Any]] = []
        self.maps: list[dict[str, Any]] = []
        self.seen = 0
        self._base = base
        self._path: list[str] = []
        self._row: dict[str, str] = {}
        self._text: list[str] = []

    def parse(self, body: bytes) -> None:
        """Read it all. Raises ExpatError where it is broken, _Forbidden for a document type."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said
        parser.Parse(body, True)

    def _doctype(self, *_: Any) -> None:
        raise _Forbidden("The sitemap declares a document type or entities, which no sitemap needs; it was not read.")

    def _start(self, name: str, _: dict[str, str]) -> None:
        if len(self._path) >= _DEEPEST:
            raise _Forbidden("The sitemap is nested too deeply to be read.")
        if not self._path:
            local = name.rpartition(" ")[2]
            if local not in {"urlset", "sitemapindex"}:
                raise _Forbidden("What came is not a sitemap.")
            self.kind = local
        self._path.append(name)
        self._text = []
        if len(self._path) == 2:
            self._row = {}

    def _said(self, text: str) -> None:
        if len(self._text) < _TEXT_LIMIT:
            self._text.append(text[:_TEXT_LIMIT])

    def _end(self, name: str) -> None:
        space, _, local = name.rpartition(" ")
        depth = len(self._path)
        text = "".join(self._text)[:_TEXT_LIMIT].strip()
        if depth == 3 and space != _NEWS and local in {"loc", "lastmod"}:
            self._row.setdefault(local, text)
        elif depth == 4 and space == _NEWS:
            self._row.setdefault(f"news:{local}", text)
        elif depth == 2:
            self._finish(local)
        self._path.pop()
        self._text = []

    def _finish(self, local: str) -> None:
        url = _web(self._base, self._row.get("loc", ""))
        wanted = {"urlset": "url", "sitemapindex": "sitemap"}[self.kind]
        if local != wanted:
            return
        self.seen += 1
        if not url or self.seen > ENTRY_LIMIT:
            return
        changed = _moment(self._row.get("lastmod", ""))
        if self.kind == "sitemapindex":
            self.maps.append({"url": url, "changed": changed})
            return
        published = _moment(self._row.get("news:publication_date", ""))
        title = _plain(self._row.get("news:title", ""))[:1000]
        self.entries.append({"url": url, "title": title, "summary": "", "published": published or changed})


def _json_entry(item: Any, base: str) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    own_id = _text(item.get("id"))
    address = _text(item.get("url")) or _text(item.get("external_url"))
    if not address and own_id.startswith(("http://", "https://")):
        address = own_id
    url = _web(base, address)
    if not url:
        return None
    summary = _text(item.get("summary")) or _text(item.get("content_text")) or _plain(_text(item.get("content_html")))
    return {
        "url": url,
        "title": _plain(_text(item.get("title")))[:1000],
        "summary": summary[:4000],
        "published": _moment(_text(item.get("date_published")) or _text(item.get("date_modified"))),
    }


def _text(value: Any) -> str:
    return value[:100_000].strip() if isinstance(value, str) else ""


def _plain(markup: str) -> str:
    """Markup as the text a reader would see; what is left of a tag after that is text like any other."""
    return " ".join(unescape(_TAG.sub(" ", markup)).split())


def _web(base: str, link: str) -> str:
    """The web address that a link stands for; "" if it stands for none, as one with half a bracket does."""
    try:
        url = urljoin(base, link) if link else ""
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.netloc else ""


def _moment(text: str) -> float | None:
    """Seconds since 1970 of a W3C or RFC 3339 date, one without a zone in UTC; RFC 2822 is understood too."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (TypeError, ValueError, OverflowError):
            day = _DAY.match(text)
            if day is None:
                return None
            try:
                moment = datetime.fromisoformat(day[0])
            except ValueError:
                return None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    try:
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _no_feed(note: str) -> dict[str, Any]:
    return {"is_feed": False, "damaged": False, "entries": [], "maps": [], "next": "", "note": note}
