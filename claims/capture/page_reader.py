"""HTML to title, byline, date, language, canonical address and article text. Runs in the reading child; no Django."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

import charset_normalizer
from lxml import html as lxml_html
from lxml.etree import ParserError, XMLSyntaxError
from trafilatura import bare_extraction

TEXT_LIMIT = 500_000
ELEMENT_LIMIT = 150_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META_CHARSET = re.compile(
    rb"""<(?:meta[^>]{0,300}?charset\s*=\s*["']?|\?xml[^>]{0,200}?encoding\s*=\s*["'])([\w.:-]{2,40})""", re.IGNORECASE
)
# What pages call Latin-1 or ASCII is Windows-1252 in practice; the browsers' own rule.
_AS_BROWSERS_READ = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254"}
_BY_USE = ("cp1252", "cp1251", "iso8859_2", "cp1250", "shift_jis", "gb18030", "euc_kr", "big5")
_DATE_META = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
)


def read_page(body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """What the page says, as JSON. `request` has `url`, `content_type` and `charset` (from the HTTP header, or "")."""
    text, charset, how = decode(body, str(request.get("charset", "")))
    if request.get("content_type") == "text/plain":
        return {"text": text[:TEXT_LIMIT], "charset": charset, "charset_from": how}
    _refuse_bombs(text)
    try:
        # XML declarations name an encoding, which a decoded string no longer has.
        parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=False)
        tree = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (ParserError, XMLSyntaxError, ValueError):
        return {"error": "The page holds no markup that can be read."}
    facts = _facts(tree)
    found: Any = bare_extraction(
        tree, url=str(request.get("url", "")) or None, favor_precision=True, include_comments=False, with_metadata=True
    )
    value = found.as_dict() if found is not None else {}
    return {
        "text": str(value.get("text") or "")[:TEXT_LIMIT],
        "title": str(value.get("title") or facts["title"])[:2000],
        "byline": str(value.get("author") or "")[:1000],
        "published": [facts["published"][:64], str(value.get("date") or "")[:64]],
        "language": (facts["language"] or str(value.get("language") or ""))[:35],
        "canonical": facts["canonical"][:4096],
        "site_name": str(value.get("sitename") or "")[:500],
        "paywalled": facts["paywalled"],
        "charset": charset,
        "charset_from": how,
    }


def decode(body: bytes, http_charset: str) -> tuple[str, str, str]:
    """The text, its charset, and who named it: bom, http, meta or guess. Bytes that do not fit become U+FFFD."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name, "bom"
    meta = _META_CHARSET.search(body[:4096])
    named = [(http_charset, "http"), (meta.group(1).decode("ascii", "replace") if meta else "", "meta")]
    known = [(codec, how) for label, how in named if (codec := _codec(label))]
    for codec, how in known:
        try:
            return body.decode(codec), codec, how
        except UnicodeError:
            continue
    if known:
        codec, how = known[0]
        return body.decode(codec, "replace"), codec, how
    try:
        return body.decode("utf-8"), "utf-8", "guess"
    except UnicodeDecodeError:
        codec = _guess(body[:200_000])
        return body.decode(codec, "replace"), codec, "guess"


def _guess(body: bytes) -> str:
    """The likeliest charset; among equals, the one that more of the web is written in."""
    found = list(charset_normalizer.from_bytes(body))
    equals = [one.encoding for one in found if (one.chaos, one.coherence) == (found[0].chaos, found[0].coherence)]
    likeliest = next((codec for codec in _BY_USE if codec in equals), equals[0] if equals else "")
    return _codec(likeliest) or "cp1252"


def _codec(label: str) -> str:
    try:
        found = codecs.lookup(label.strip().strip("\"'").lower())
    except (LookupError, ValueError):
        return ""
    # Python also has codecs such as rot13, which make no text of bytes.
    name = found.name
    return _AS_BROWSERS_READ.get(name, name) if getattr(found, "_is_text_encoding", True) else ""


def _refuse_bombs(text: str) -> None:
    if text.count("<") > 2 * ELEMENT_LIMIT:
        raise ValueError("more elements than any article has")


def _facts(tree: Any) -> dict[str, Any]:
    """What the head and the JSON-LD say; trafilatura gives days only, and believes any canonical."""
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        key = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        if key and meta.get("content"):
            metas.setdefault(key, meta.get("content"))
    canonical = ""
    for link in tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and link.get("href"):
            canonical = link.get("href").strip()
            break
    published = ""
    paywalled: bool | None = None
    for node in _json_ld(tree):
        date = node.get("datePublished")
        if isinstance(date, str) and not published:
            published = date.strip()
        free = node.get("isAccessibleForFree")
        if free is not None and paywalled is None:
            paywalled = str(free).strip().lower() in {"false", "no", "0"}
    if not published:
        published = next((metas[name].strip() for name in _DATE_META if name in metas), "")
    title = tree.find(".//title")
    return {
        "title": metas.get("og:title") or (title.text_content().strip() if title is not None else ""),
        "language": (tree.get("lang") or metas.get("content-language") or metas.get("og:locale") or "").strip(),
        "canonical": canonical or metas.get("og:url", "").strip(),
        "published": published,
        "paywalled": paywalled,
    }


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD, in order, a few levels deep."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        source = script.text or ""
        if len(source) > 500_000:
            continue
        try:
            value = json.loads(source, strict=False)
        except (ValueError, RecursionError):
            continue
        queue: list[tuple[Any, int]] = [(value, 0)]
        while queue:
            node, depth = queue.pop(0)
            if isinstance(node, list):
                queue.extend((item, depth + 1) for item in node[:50] if depth < 4)
            elif isinstance(node, dict):
                yield node
                graph = node.get("@graph")
                if graph is not None and depth < 4:
                    queue.append((graph, depth + 1))
