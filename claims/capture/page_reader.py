"""HTML to title, byline, date, language, addresses and article text. Runs in the reading child; no Django."""

from typing import Any

from htmldate import find_date
from lxml import html as lxml_html
from lxml.etree import ParserError, XMLSyntaxError
from trafilatura import bare_extraction

from claims.capture.charset import decode
from claims.capture.page_facts import facts_of

TEXT_LIMIT = 500_000
ELEMENT_LIMIT = 150_000
# Characters. Precision drops whole parts of pages that are built oddly, and what is left of those is short; so a short
# text is asked for again in the balanced way, which is right where it finds clearly more.
_SHORT = 500
_CLEARLY_MORE = 1.2


def read_page(body: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """What the page says, as JSON. `request` has `url`, `content_type` and `charset` (from the HTTP header, or "")."""
    text, charset, how = decode(body, str(request.get("charset", "")))
    if request.get("content_type") == "text/plain":
        return {"text": text[:TEXT_LIMIT], "charset": charset, "charset_from": how}
    if text.count("<") > 2 * ELEMENT_LIMIT:
        return {"error": "It cannot be read: it has more elements than any article has."}
    try:
        # Bytes, since a string may not say in an XML declaration how it was encoded.
        parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True)
        tree = lxml_html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (ParserError, XMLSyntaxError, ValueError):
        return {"error": "The page holds no markup that can be read."}
    facts = facts_of(tree)
    day = "" if facts.published else _day(tree, str(request.get("url", "")))
    return {
        "title": facts.title[:2000],
        "byline": facts.byline[:1000],
        "published": [facts.published[:64], day],
        "language": facts.language[:35],
        "canonical": facts.canonical[:4096],
        "og_url": facts.og_url[:4096],
        "amp": facts.amp[:4096],
        "site_name": facts.site_name[:500],
        "is_article": facts.is_article,
        "paywalled": facts.paywalled,
        "charset": charset,
        "charset_from": how,
        "text": _article(tree)[:TEXT_LIMIT],  # last: trafilatura takes the tree apart
    }


def _article(tree: Any) -> str:
    text = _text(bare_extraction(tree, favor_precision=True, include_comments=False))
    if len(text) >= _SHORT:
        return text
    again = _text(bare_extraction(tree, include_comments=False))
    return again if len(again) > _CLEARLY_MORE * len(text) else text


def _text(found: Any) -> str:
    return "" if found is None else str(found.text or "")


def _day(tree: Any, url: str) -> str:
    """The day that the page's text or address names as its date; "" if none does."""
    return str(find_date(tree, url=url or None, original_date=True, extensive_search=True) or "")[:64]
