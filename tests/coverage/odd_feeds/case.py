"""What an odd feed is: its bytes as sent, and what a reader must make of them."""

from dataclasses import dataclass
from typing import Literal

Entry = tuple[str, str, str | None]  # title, link ("~/x" is /x on the feed's own site), date in ISO with its zone

TITLE, LINK, DATE = "Harbour fees rise", "http://paper.example/fees", "2026-03-02T08:30:00+00:00"
WRITTEN = "Mon, 02 Mar 2026 08:30:00 GMT"


@dataclass(frozen=True, slots=True)
class Odd:
    """One feed. `expected` is what its entries are, in order, or that it cannot be told what they are."""

    name: str
    body: bytes
    expected: tuple[Entry, ...] | Literal["not measured"]
    content_type: str = "application/xml"


def one(
    name: str,
    body: str | bytes,
    *,
    title: str = TITLE,
    link: str = LINK,
    date: str | None = DATE,
    content_type: str = "application/xml",
) -> Odd:
    """A feed of a single entry."""
    return Odd(name, body.encode() if isinstance(body, str) else body, ((title, link, date),), content_type)


def rss(
    inside: str | None = None,
    *,
    title: str = f"<title>{TITLE}</title>",
    link: str = f"<link>{LINK}</link>",
    date: str = f"<pubDate>{WRITTEN}</pubDate>",
    more: str = "",
    root: str = "",
    channel: str = "<title>The Paper</title>",
    declared: str = '<?xml version="1.0"?>',
) -> str:
    """RSS 2.0 with one item, each part of which may be replaced; `inside` replaces the item."""
    body = f"<item>{title}{link}{date}{more}</item>" if inside is None else inside
    return f'{declared}<rss version="2.0"{root}><channel>{channel}{body}</channel></rss>'


def atom(
    inside: str | None = None,
    *,
    title: str = f"<title>{TITLE}</title>",
    link: str = f'<link href="{LINK}"/>',
    date: str = "<published>2026-03-02T08:30:00Z</published>",
    more: str = "<id>tag:paper.example,2026:fees</id>",
    root: str = "",
    head: str = "<title>The Paper</title>",
    namespace: str = "http://www.w3.org/2005/Atom",
) -> str:
    """Atom with one entry, each part of which may be replaced; `inside` replaces the entry."""
    body = f"<entry>{title}{link}{date}{more}</entry>" if inside is None else inside
    return f'<?xml version="1.0"?><feed xmlns="{namespace}"{root}>{head}{body}</feed>'


def rdf(
    *,
    title: str = f"<title>{TITLE}</title>",
    link: str = f"<link>{LINK}</link>",
    date: str = "<dc:date>2026-03-02T08:30:00Z</dc:date>",
    about: str = LINK,
) -> str:
    """RSS 1.0 with one item outside its channel, as RDF has it."""
    return (
        '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        ' xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<channel rdf:about="http://paper.example/"><title>The Paper</title><link>http://paper.example/</link></channel>'
        f'<item rdf:about="{about}">{title}{link}{date}</item></rdf:RDF>'
    )
