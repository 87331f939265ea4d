"""Feeds that tests serve."""

import json
from html import escape


def rss(*items: str, base: str = "", channel: str = "<title>Courier</title>") -> bytes:
    """An RSS 2.0 feed of these items."""
    body = "".join(items)
    return f'<?xml version="1.0"?><rss version="2.0"{base}><channel>{channel}{body}</channel></rss>'.encode()


def item(link: str, title: str = "A title", date: str = "Mon, 02 Mar 2026 08:00:00 GMT", more: str = "") -> str:
    """One item; the title is text and is escaped."""
    return (
        f"<item><title>{escape(title)}</title><link>{escape(link)}</link><pubDate>{date}</pubDate>"
        f"<description>A summary</description>{more}</item>"
    )


def atom(*links: str) -> bytes:
    """An Atom feed of these links."""
    entries = "".join(
        f'<entry><title>E</title><id>urn:{n}</id><link href="{link}"/><updated>2026-03-02T08:00:00Z</updated></entry>'
        for n, link in enumerate(links)
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>C</title>{entries}</feed>'.encode()


def json_feed(*items: object, **more: object) -> bytes:
    """A JSON Feed 1.1 of these items."""
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "C", "items": items, **more}).encode()


def json_item(url: str, title: str = "A title", date: str = "2026-03-02T08:00:00Z") -> dict[str, object]:
    """One item."""
    return {"id": url, "url": url, "title": title, "content_text": "A summary", "date_published": date}


def sitemap(*entries: str, head: str = "") -> bytes:
    """A news sitemap of these entries."""
    spaces = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
        'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<urlset {spaces}>{"".join(entries)}</urlset>'.encode()


def page(url: str, title: str = "A title", date: str = "2026-03-02T08:00:00Z") -> str:
    """One page of a news sitemap, with a picture as many have."""
    return (
        f"<url><loc>{escape(url)}</loc><image:image><image:loc>http://img.example/x.jpg</image:loc></image:image>"
        "<news:news><news:publication><news:name>C</news:name><news:language>en</news:language></news:publication>"
        f"<news:publication_date>{date}</news:publication_date><news:title>{escape(title)}</news:title></news:news></url>"
    )


def index(*urls: str) -> bytes:
    """A sitemap index; the later ones are the newer."""
    rows = "".join(
        f"<sitemap><loc>{escape(url)}</loc><lastmod>2026-03-{day:02}</lastmod></sitemap>"
        for day, url in enumerate(urls, 1)
    )
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</sitemapindex>'.encode()
