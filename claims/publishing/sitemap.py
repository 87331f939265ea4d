"""Sitemaps of the live verdicts. Sources: sitemaps.org, protocol 0.9; Google's news sitemaps, version 0.9.

Each file holds a span of sequences, so it is one look-up whatever their number, and never more than the protocol
allows. A verdict that is corrected moves to the newest file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from django.db import connection

from claims.models import PublicHead
from claims.publishing.queries import instant
from claims.text import plain

LARGEST = 50_000  # addresses in one file
NEWS_DAYS = timedelta(days=2)
NEWS_LARGEST = 1_000
_CHUNK = 2_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"

# The last sequence of each file, from the index of live heads alone.
_FILES = """
SELECT (h.sequence - 1) / %s + 1 AS number, max(h.sequence) FROM claims_publichead h WHERE h.live GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class File:
    """One sitemap that holds something, and when its newest verdict came out."""

    number: int
    changed_at: datetime


def files() -> list[File]:
    """The sitemaps that hold something, by number from 1. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_FILES, [LARGEST])
        last = dict(cursor.fetchall())
    heads = PublicHead.objects.filter(sequence__in=last.values())
    moments = dict(heads.values_list("sequence", "publication__valid_from"))
    return [File(number, moments[sequence]) for number, sequence in last.items() if sequence in moments]


def index(files: list[File], address: str, pages: str) -> bytes:
    """The sitemap index. `address` is that of a sitemap with `{}` for its number, `pages` that of the fixed pages."""
    rows = [f"<sitemap><loc>{escape(pages)}</loc></sitemap>"]
    rows += [
        f"<sitemap><loc>{escape(address.format(one.number))}</loc><lastmod>{instant(one.changed_at)}</lastmod></sitemap>"
        for one in files
    ]
    return f'{_HEAD}<sitemapindex xmlns="{_SITEMAP}">{"".join(rows)}</sitemapindex>\n'.encode()


def fixed(addresses: list[str]) -> bytes:
    """A sitemap of pages that are always there."""
    rows = "".join(f"<url><loc>{escape(one)}</loc></url>" for one in addresses)
    return f'{_HEAD}<urlset xmlns="{_SITEMAP}">{rows}</urlset>\n'.encode()


def verdicts(number: int, base: str) -> Iterator[bytes]:
    """One sitemap of live verdicts, in parts of bounded size. `base` is the site's address, without a last slash."""
    yield f'{_HEAD}<urlset xmlns="{_SITEMAP}">'.encode()
    last, end = (number - 1) * LARGEST, number * LARGEST
    while True:
        rows = list(
            PublicHead.objects.live()
            .filter(sequence__gt=last, sequence__lte=end, publication__body__isnull=False)
            .order_by("sequence")
            .values_list("sequence", "public_id", "publication__valid_from")[:_CHUNK]
        )
        yield "".join(
            f"<url><loc>{escape(f'{base}/verdicts/{public_id}/')}</loc><lastmod>{instant(at)}</lastmod></url>"
            for _, public_id, at in rows
        ).encode()
        if len(rows) < _CHUNK:
            break
        last = rows[-1][0]
    yield b"</urlset>\n"


def news(name: str, base: str, *, at: datetime) -> bytes:
    """The verdicts that first came out within two days, at most a thousand, the newest first."""
    recent = PublicHead.objects.live().filter(reviewed_at__gt=at - NEWS_DAYS, publication__body__isnull=False)
    rows = recent.order_by("-reviewed_at").values_list(
        "public_id", "reviewed_at", "publication__language", "publication__verdict__headline", "publication__statement"
    )[:NEWS_LARGEST]
    shown = "".join(
        f"<url><loc>{escape(f'{base}/verdicts/{public_id}/')}</loc><news:news><news:publication>"
        f"<news:name>{escape(plain(name))}</news:name><news:language>{_language(language)}</news:language>"
        f"</news:publication><news:publication_date>{instant(first)}</news:publication_date>"
        f"<news:title>{escape(plain(headline or statement))}</news:title></news:news></url>"
        for public_id, first, language, headline, statement in rows
    )
    return f'{_HEAD}<urlset xmlns="{_SITEMAP}" xmlns:news="{_NEWS}">{shown}</urlset>\n'.encode()


def _language(tag: str) -> str:
    """A BCP 47 tag as news sitemaps want it: the language alone, but for the two ways of writing Chinese."""
    parts = tag.lower().split("-")
    if parts[0] == "zh":
        return "zh-tw" if {"tw", "hk", "mo", "hant"} & set(parts[1:]) else "zh-cn"
    return escape(parts[0])
