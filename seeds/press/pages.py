"""The HTML of the press site: front pages, articles with everything around them that a reader skips, and robots.txt."""

import json
from collections.abc import Sequence
from html import escape

from seeds.press.articles import Article
from seeds.press.outlets import PressOutlet

FOOTER = "Fictional outlet of the demo, written for this project"
ROBOTS = "User-agent: *\nDisallow: /intern/\n"
_STYLE = (
    "body{font:1.05rem/1.55 Georgia,serif;max-width:46rem;margin:auto;padding:1rem;color:#222}"
    "header{border-bottom:3px double #222}nav a{margin-right:1rem}aside{background:#f2efe8;padding:.5rem 1rem}"
    "footer{border-top:1px solid #999;font-size:.85rem;color:#444}"
)


def article_page(outlet: PressOutlet, article: Article, others: Sequence[Article], *, base: str) -> str:
    """One article as its outlet prints it; broken on purpose where the article asks for that."""
    if article.broken:
        return _broken(outlet, article, base)
    address = base + article.path
    head = (
        f'<link rel="canonical" href="{escape(address)}">'
        f'<meta name="author" content="{escape(article.byline)}">'
        f'<meta name="description" content="{escape(article.summary)}">'
        f'<meta property="og:type" content="article"><meta property="og:title" content="{escape(article.title)}">'
        f'<meta property="og:url" content="{escape(address)}">'
        f'<meta property="og:site_name" content="{escape(outlet.name)}">'
        f'<meta property="og:description" content="{escape(article.summary)}">'
        f'<meta property="article:published_time" content="{article.published_at.isoformat()}">'
        + (_structured(outlet, article, address) if outlet.structured_data else "")
    )
    main = (
        f'<main><article><h1>{escape(article.title)}</h1><p class="byline">By {escape(article.byline)}, '
        f'<time datetime="{article.published_at.isoformat()}">{article.published_at:%d %B %Y, %H:%M} UTC</time></p>'
        f"{article.body}</article>{_aside(others)}</main>"
    )
    return _shell(outlet, title=f"{article.title} | {outlet.name}", head=head, main=main, charset=article.charset)


def front_page(outlet: PressOutlet, articles: Sequence[Article]) -> str:
    """The outlet's front page: every article with its summary, newest first."""
    rows = "".join(
        f'<section><h2><a href="{escape(article.path)}">{escape(article.title)}</a></h2>'
        f"<p>{escape(article.summary)}</p></section>"
        for article in articles
    )
    head = f'<link rel="alternate" href="{outlet.feed_path}" title="{escape(outlet.name)}">'
    return _shell(outlet, title=outlet.name, head=head, main=f"<main>{rows}</main>", charset="utf-8")


def missing_page(outlet: PressOutlet) -> str:
    """What the outlet answers for an address that it does not have."""
    main = "<main><h1>Page not found</h1><p>There is no such page here.</p></main>"
    return _shell(outlet, title="Page not found", head="", main=main, charset="utf-8")


def _shell(outlet: PressOutlet, *, title: str, head: str, main: str, charset: str) -> str:
    # A page in another charset says so in its HTTP head alone, as many old sites do.
    declared = '<meta charset="utf-8">' if charset == "utf-8" else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head>{declared}<title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{head}<style>{_STYLE}</style></head>'
        f'<body><header><p><a href="/">{escape(outlet.name)}</a></p><p>{escape(outlet.motto)}</p>'
        '<nav><a href="/">Front page</a><a href="/#world">World</a><a href="/#local">Local</a>'
        '<a href="/#weather">Weather</a><a href="/#letters">Letters</a></nav></header>'
        f"{main}<footer><p>{FOOTER}. Any resemblance to a real publication is unintended.</p>"
        "<p>Subscriptions, corrections and advertisements: please ask at the front desk.</p></footer></body></html>\n"
    )


def _aside(others: Sequence[Article]) -> str:
    rows = "".join(f'<li><a href="{escape(other.path)}">{escape(other.title)}</a></li>' for other in others[:3])
    return (
        f"<aside><h2>Also on this page</h2><ul>{rows}</ul>"
        "<p>Sign up for our morning letter. You can leave it at any time.</p></aside>"
    )


def _structured(outlet: PressOutlet, article: Article, address: str) -> str:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": article.published_at.isoformat(),
        "author": {"@type": "Person", "name": article.byline},
        "publisher": {"@type": "Organization", "name": outlet.name},
        "mainEntityOfPage": address,
        "articleSection": article.section,
        "isAccessibleForFree": True,
    }
    # An escaped "<" cannot close the script element, whatever a title holds.
    text = json.dumps(data).replace("<", "\\u003c")
    return f'<script type="application/ld+json">{text}</script>'


def _broken(outlet: PressOutlet, article: Article, base: str) -> str:
    """No doctype, head never closed, attributes without quotes, a table left open, end tags crossed or missing."""
    return (
        f"<html><head><title>{escape(article.title)} & more<meta charset=utf-8>"
        f"</title><meta name=author content='{escape(article.byline)}'"
        f"><meta property='article:published_time' content={article.published_at.isoformat()}>"
        f"<link rel=canonical href={base}{article.path}>"
        f"<body bgcolor=white><div id=top><a href=/>{escape(outlet.name)}</a><ul><li>Front<li>World<li>Local</div>"
        f"<div class=article><h1>{escape(article.title)}</h2><b><p class=byline>By {escape(article.byline)}</b>"
        f"{article.body}</i></span></div></div><table><tr><td>Weather: rain &nbsp<td>Tides < 2 m"
        f"<p><small>{FOOTER}</font>"
    )
