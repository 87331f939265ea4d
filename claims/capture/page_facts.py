"""What a page says about itself in its head and its JSON-LD. Runs in the reading child; no Django."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from lxml.etree import XPath

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
_AUTHOR_META = ("author", "article:author", "parsely-author", "sailthru.author", "dc.creator", "byl")
_ARTICLES = ("article", "posting", "report", "review")  # how the names of schema.org's types for them end
# Where pages without marks for machines show who wrote them, and words that stand before a name there.
_BYLINES = XPath(
    "//*[@rel='author' or @itemprop='author' or contains(@class,'byline') or contains(@class,'Byline')"
    " or contains(@class,'author') or contains(@class,'Author')]"
)
_BEFORE_A_NAME = re.compile(
    r"^(?:(?:article|written|posted|published|edited|recipe|words) by|by|von|par|por|di|text|author)\b[:\s]*",
    re.IGNORECASE,
)
_MOST_BYLINES = 12
_NO = {"false", "no", "0"}
_LONGEST_JSON = 500_000  # characters
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """Outside words, "" where the page does not say. `links` are addresses as written: canonical, og:url, amphtml."""

    title: str
    byline: str
    published: str
    language: str
    site_name: str
    canonical: str
    og_url: str
    amp: str
    is_article: bool
    paywalled: bool | None


def facts_of(tree: Any) -> Facts:
    """Read them off a parsed page; trafilatura gives days only, and believes any canonical address."""
    metas = _metas(tree)
    nodes = list(_json_ld(tree))
    articles = [node for node in nodes if _is_article(node)]
    headline = next((_text(node.get("headline")) for node in articles if _text(node.get("headline"))), "")
    dates = [_text(node.get("datePublished")) for node in (*articles, *nodes)]
    published = [*dates, *(metas.get(name, "") for name in _DATE_META)]
    named = [_names(node.get("author")) for node in articles]
    # Facebook's article:author is an address of a profile more often than a name.
    named += [metas[name] for name in _AUTHOR_META if name in metas and "://" not in metas[name]]
    return Facts(
        title=metas.get("og:title") or headline or _heading(tree),
        byline=next(filter(None, named), "") or _shown_byline(tree),
        published=next(filter(None, published), ""),
        language=(tree.get("lang") or metas.get("content-language") or metas.get("og:locale") or "").strip(),
        site_name=metas.get("og:site_name", ""),
        canonical=_link(tree, "canonical"),
        og_url=metas.get("og:url", ""),
        amp=_link(tree, "amphtml"),
        is_article=bool(articles) or metas.get("og:type", "").lower() == "article",
        paywalled=_paywalled(nodes),
    )


def _metas(tree: Any) -> dict[str, str]:
    metas: dict[str, str] = {}
    for meta in tree.iter("meta"):
        key = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        value = (meta.get("content") or "").strip()
        if key and value:
            metas.setdefault(key, value[:10_000])
    return metas


def _link(tree: Any, relation: str) -> str:
    for link in tree.iter("link"):
        if relation in (link.get("rel") or "").lower().split() and link.get("href"):
            return str(link.get("href")).strip()
    return ""


def _heading(tree: Any) -> str:
    """The page's only heading of the first rank, else its title, "" if it has neither."""
    headings = list(tree.iter("h1"))
    if len(headings) == 1 and (text := " ".join(headings[0].itertext()).strip()):
        return text[:10_000]
    title = tree.find(".//title")
    return "" if title is None else " ".join(title.itertext()).strip()[:10_000]


def _shown_byline(tree: Any) -> str:
    """The first thing in a place for bylines that may be a name: two to sixty letters in at most six words."""
    for place in cast("list[Any]", _BYLINES(tree))[:_MOST_BYLINES]:
        if place.tag in {"html", "head", "body", "meta", "link", "script", "style", "img"}:
            continue
        words = " ".join(place.itertext()).split()[:12]
        name = _BEFORE_A_NAME.sub("", " ".join(words)).strip(" -–—:|,·•")
        if 2 < len(name) < 60 and len(name.split()) <= 6 and not any(letter.isdigit() for letter in name):
            return name
    return ""


def _is_article(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    return any(
        isinstance(kind, str) and kind.lower().endswith(_ARTICLES)
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _text(value: Any) -> str:
    return value.strip()[:10_000] if isinstance(value, str) else ""


def _names(author: Any) -> str:
    found = []
    for one in (author if isinstance(author, list) else [author])[:10]:
        name = _text(one.get("name")) if isinstance(one, dict) else _text(one)
        if name and "://" not in name and name not in found:
            found.append(name)
    return ", ".join(found)


def _paywalled(nodes: list[dict[str, Any]]) -> bool | None:
    """What the markup says (schema.org's marks for subscription content); None if it says nothing.

    A part that only subscribers may read, named by its cssSelector, makes the page one, whatever the whole says.
    """
    said: bool | None = None
    for node in nodes:
        parts = node.get("hasPart")
        for part in (parts if isinstance(parts, list) else [parts])[:20]:
            if isinstance(part, dict) and part.get("cssSelector") and _closed(part):
                return True
        if said is None:
            said = _closed(node)
    return said


def _closed(node: dict[str, Any]) -> bool | None:
    free = node.get("isAccessibleForFree")
    return None if free is None else str(free).strip().lower().rpartition("/")[2] in _NO


def _json_ld(tree: Any) -> Iterator[dict[str, Any]]:
    """The objects of the page's JSON-LD, in order, a few levels deep."""
    for script in tree.iter("script"):
        if (script.get("type") or "").strip().lower() != "application/ld+json":
            continue
        source = script.text or ""
        if len(source) > _LONGEST_JSON:
            continue
        try:
            value = json.loads(source, strict=False)
        except (ValueError, RecursionError):
            continue
        queue: list[tuple[Any, int]] = [(value, 0)]
        while queue:
            node, depth = queue.pop(0)
            if isinstance(node, list):
                queue.extend((item, depth + 1) for item in node[:50] if depth < _DEEPEST)
            elif isinstance(node, dict):
                yield node
                if depth < _DEEPEST:
                    queue.extend((node[key], depth + 1) for key in ("@graph", "mainEntity") if key in node)
