"""The feeds of the press site: RSS 2.0, Atom and RSS 1.0, each with a habit that real feeds have."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from seeds.press.articles import Article
from seeds.press.outlets import PressOutlet

CONTENT_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/xml",
}


def feed(outlet: PressOutlet, articles: Sequence[Article], *, base: str) -> bytes:
    """The outlet's feed in its own format and charset; `base` is the site's address without a trailing slash."""
    build = {"rss": _rss, "atom": _atom, "rdf": _rdf}[outlet.feed_format]
    text = f'<?xml version="1.0" encoding="{outlet.feed_charset}"?>\n' + build(outlet, articles, base)
    return text.encode(outlet.feed_charset, "xmlcharrefreplace")


def link(article: Article, base: str) -> str:
    """The address that the feed gives for an article: its own, or an old one with tracking words that redirects."""
    if article.feed_link == "moved":
        return f"{base}/story?id={article.slug}&utm_source=rss&utm_medium=feed&utm_campaign=autumn"
    return base + article.path


def _rss(outlet: PressOutlet, articles: Sequence[Article], base: str) -> str:
    items = []
    for article in articles:
        # The agency numbers its items and writes its dates in local time; the newspaper uses addresses and GMT.
        if outlet.slug == "meridian-wire":
            guid = f'<guid isPermaLink="false">urn:meridian:{article.published_at:%Y%m%d%H%M}</guid>'
            date = article.published_at.strftime("%a, %d %b %y %H:%M UT")
        else:
            guid = f"<guid>{escape(base + article.path)}</guid>"
            date = format_datetime(article.published_at, usegmt=True)
        items.append(
            f"<item><title>{escape(article.title)}</title><link>{escape(link(article, base))}</link>{guid}"
            f"<pubDate>{date}</pubDate><dc:creator>{escape(article.byline)}</dc:creator>"
            f"<description>{escape('<p>' + escape(article.summary) + '</p>')}</description></item>"
        )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>{escape(outlet.name)}</title><link>{base}/</link>"
        f"<description>{escape(outlet.motto)}</description><language>en</language>"
        f'<atom:link rel="self" type="application/rss+xml" href="{base}{outlet.feed_path}"/>'
        + "".join(items)
        + "</channel></rss>\n"
    )


def _atom(outlet: PressOutlet, articles: Sequence[Article], base: str) -> str:
    entries = "".join(
        f"<entry><id>tag:{outlet.slug}.example,{article.published_at:%Y-%m-%d}:{article.slug}</id>"
        f'<title type="text">{escape(article.title)}</title><link rel="alternate" href={quoteattr(article.path)}/>'
        f"<published>{_stamp(article.published_at)}</published><updated>{_stamp(article.published_at)}</updated>"
        f"<author><name>{escape(article.byline)}</name></author>"
        f'<summary type="text">{escape(article.summary)}</summary></entry>'
        for article in articles
    )
    return (
        # Entries give relative addresses, which xml:base makes whole.
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{base}/" xml:lang="en"><id>{base}/</id>'
        f'<title>{escape(outlet.name)}</title><link rel="self" href="{outlet.feed_path}"/>'
        f"<updated>{_stamp(articles[0].published_at)}</updated>{entries}</feed>\n"
    )


def _rdf(outlet: PressOutlet, articles: Sequence[Article], base: str) -> str:
    about = [quoteattr(link(article, base)) for article in articles]
    items = "".join(
        f"<item rdf:about={where}><title>{escape(article.title)}</title><link>{escape(link(article, base))}</link>"
        f"<description>{escape(article.summary)}</description><dc:creator>{escape(article.byline)}</dc:creator>"
        # W3C dates may stop at the minute; this outlet's do.
        f"<dc:date>{article.published_at:%Y-%m-%dT%H:%M}+00:00</dc:date></item>"
        for where, article in zip(about, articles, strict=True)
    )
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{base}{outlet.feed_path}">'
        f"<title>{escape(outlet.name)}</title><link>{base}/</link><description>{escape(outlet.motto)}</description>"
        f"<items><rdf:Seq>{''.join(f'<rdf:li rdf:resource={where}/>' for where in about)}</rdf:Seq></items></channel>"
        f"{items}</rdf:RDF>\n"
    )


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
