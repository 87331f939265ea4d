"""How many independent voices stand behind a set of sources."""

from collections.abc import Hashable, Iterable

from claims.capture.voices import independent_voices, voice_of
from claims.models import Evidence


def independent_outlets(evidence: Iterable[Evidence]) -> int:
    """The number of independent voices: pages of one outlet count once, and so does one story in several outlets.

    A file counts as its own voice, a statement as its speaker's.
    """
    pages: list[tuple[Hashable, Hashable]] = []
    others: set[str] = set()
    for item in evidence:
        if item.document is not None:
            pages.append(voice_of(item.document))
        else:
            others.add(f"statement:{item.stated_by}" if item.stated_by else f"file:{item.file_sha256}")
    return independent_voices(pages) + len(others)
