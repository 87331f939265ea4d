"""How many independent voices stand behind a set of sources."""

from collections.abc import Iterable

from claims.models import Evidence
from claims.text import host_of


def independent_outlets(evidence: Iterable[Evidence]) -> set[str]:
    """One name per independent voice: pages of one outlet, or of one near-duplicate group, count once.

    Expects `document__outlet` joined. A file counts as its own voice, a statement as its speaker's.
    """
    voices: dict[str, str] = {}
    names: set[str] = set()
    for item in evidence:
        page = item.document
        if page is None:
            names.add(f"statement:{item.stated_by}" if item.stated_by else f"file:{item.file_sha256}")
            continue
        outlet = f"outlet:{page.outlet_id}" if page.outlet_id is not None else f"host:{host_of(page.url)}"
        if page.near_duplicate_group is not None:
            outlet = voices.setdefault(str(page.near_duplicate_group), outlet)
        names.add(outlet)
    return names
