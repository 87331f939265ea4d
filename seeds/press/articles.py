"""Reads the articles: one file each, a head of `Name: value` lines, a blank line, then the body as HTML."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seeds.press.outlets import OUTLETS

FOLDER = Path(__file__).resolve().parent / "articles"
_NEEDED = {"Outlet", "Title", "Byline", "Published", "Summary"}
_KNOWN = _NEEDED | {"Section", "Relates-To", "Charset", "Markup", "Feed-Link"}
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Article:
    """One article. `relates_to` holds slugs of seed claims, for tests and for people; pages do not show it."""

    slug: str
    outlet: str
    title: str
    byline: str
    published_at: datetime
    summary: str
    section: str
    body: str
    relates_to: tuple[str, ...]
    charset: str  # of the page, told in the HTTP head
    broken: bool  # served with markup that no validator would accept
    feed_link: str  # "direct", or "moved": the feed names an old address with tracking words, which redirects twice

    @property
    def path(self) -> str:
        """The article's own path, by date and slug."""
        return f"/{self.published_at:%Y/%m/%d}/{self.slug}"

    @property
    def text(self) -> str:
        """The body without its tags, for counting and comparing words."""
        return " ".join(html.unescape(_TAG.sub(" ", self.body)).split())


def read(path: Path) -> Article:
    """One article from its file. Raises ValueError with the file's name and what is wrong with it."""
    head, blank, body = path.read_text(encoding="utf-8").partition("\n\n")
    fields: dict[str, str] = {}
    for line in head.splitlines():
        name, colon, value = line.partition(": ")
        if not colon or name not in _KNOWN or name in fields:
            raise ValueError(f"{path.name}: not a known head line, or given twice: {line!r}")
        fields[name] = value.strip()
    missing = sorted(_NEEDED - fields.keys())
    if missing or not blank or not body.strip():
        raise ValueError(f"{path.name}: missing {', '.join(missing) or 'body'}")
    if fields["Outlet"] not in {outlet.slug for outlet in OUTLETS}:
        raise ValueError(f"{path.name}: no such outlet: {fields['Outlet']!r}")
    published_at = datetime.fromisoformat(fields["Published"])
    if published_at.tzinfo is None:
        raise ValueError(f"{path.name}: Published needs an offset")
    return Article(
        slug=path.stem,
        outlet=fields["Outlet"],
        title=fields["Title"],
        byline=fields["Byline"],
        published_at=published_at.astimezone(UTC),
        summary=fields["Summary"],
        section=fields.get("Section", "World"),
        body=body.strip(),
        relates_to=tuple(fields.get("Relates-To", "").split()),
        charset=fields.get("Charset", "utf-8"),
        broken=fields.get("Markup", "") == "broken",
        feed_link=fields.get("Feed-Link", "direct"),
    )


def read_all(folder: Path = FOLDER) -> Sequence[Article]:
    """Every article, newest first. Raises ValueError like read()."""
    found = [read(path) for path in sorted(folder.glob("*.html"))]
    return sorted(found, key=lambda article: (article.published_at, article.slug), reverse=True)
