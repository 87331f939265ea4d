"""The values of copies of pages: what a copy shows, what a later look came to, and second copies elsewhere.

Part of claims.choices, which everybody imports them from.
"""

from django.db.models import TextChoices


class CaptureKind(TextChoices):
    """What a dated record shows. Only `page` is a copy of the document."""

    PAGE = "page", "The page"
    GONE = "gone", "That the page is gone"
    ELSEWHERE = "elsewhere", "Where its address leads instead"


class CheckOutcome(TextChoices):
    """What one later look at a cited page came to. A check that told nothing is not a change."""

    UNCHANGED = "unchanged", "Unchanged"
    CHANGED = "changed", "Changed"
    GONE = "gone", "Gone"
    MOVED = "moved", "Leads elsewhere"
    NOT_MEASURED = "not_measured", "Not measured"


class Standing(TextChoices):
    """Where a watched page stands as far as we could tell."""

    THERE = "there", "There"
    GONE = "gone", "Gone"
    MOVED = "moved", "Leads elsewhere"


class ArchiveService(TextChoices):
    WAYBACK = "wayback", "Wayback Machine"
    PERMA = "perma", "Perma.cc"


class ArchiveState(TextChoices):
    """How far a second copy elsewhere has come."""

    REQUESTED = "requested", "To be asked for"
    PENDING = "pending", "Being made"
    DONE = "done", "Made"
    ALREADY = "already", "Archived already today"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"


OPEN_ARCHIVE_STATES = frozenset({ArchiveState.REQUESTED, ArchiveState.PENDING})
