"""Feeds that tests serve."""

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
