"""What the reading child hands back about a listing, as articles."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from claims.coverage.base import FoundArticle
from claims.text import one_line


def article(entry: Mapping[str, Any]) -> FoundArticle:
    """One entry; a moment that no calendar has is no moment."""
    published = entry["published"]
    try:
        moment = datetime.fromtimestamp(published, UTC) if published is not None else None
    except (ValueError, OverflowError, OSError):
        moment = None
    return FoundArticle(
        url=entry["url"],
        title=one_line(entry["title"], limit=500),
        published_at=moment,
        summary=one_line(entry["summary"], limit=2000),
    )
