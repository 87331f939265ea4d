"""Look-again items as a person reads them: what differs, before and after, and where it stands."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.dateparse import parse_datetime

from claims.admin.differences import Difference, difference
from claims.admin.slots import Slot
from claims.models import ReviewItem

_LABELS = {
    "quote": "Quoted passage",
    "status": "Answer of the site",
    "address": "Leads to",
    "first_seen_at": "First seen",
    "seen_again_at": "Seen again",
    "reason": "Why we think so",
    "set_for_at": "Was to be published",
    "set_by": "Time set by",
}
_WHOLE = frozenset({"address", "status"})  # compared word by word they would be read by nobody
_NO_LINES = frozenset({"source", "url", "document_id"})
_GONE = {"quote": "nothing like it stands there any more."}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is said, with the instant that it is, if it is one."""

    label: str
    text: str
    at: Any = None


@dataclass(frozen=True, slots=True)
class LookAgain:
    """One item with its differences; `closing` is None for whoever may not close it."""

    item: ReviewItem
    source: str
    url: str
    document_id: int | None
    differences: list[Difference]
    facts: list[Fact]
    closing: Slot | None = None


def look_again(item: ReviewItem, closing: Slot | None = None) -> LookAgain:
    """The item for the claim's page."""
    said: dict[str, Any] = item.difference if isinstance(item.difference, dict) else {}
    document_id = said.get("document_id")
    pairs = {name: value for name, value in said.items() if isinstance(value, list) and len(value) == 2}
    return LookAgain(
        item=item,
        source=str(said.get("source", "")),
        url=str(said.get("url", "")),
        document_id=document_id if isinstance(document_id, int) else None,
        differences=[_difference(name, before, after) for name, (before, after) in pairs.items()],
        facts=[Fact("Now", _GONE[name]) for name, pair in pairs.items() if name in _GONE and not pair[1]]
        + [
            Fact(_label(name), str(value), parse_datetime(str(value)) if name.endswith("_at") else None)
            for name, value in said.items()
            if name not in pairs and name not in _NO_LINES and value not in ("", None)
        ],
        closing=closing,
    )


def _difference(name: str, before: Any, after: Any) -> Difference:
    found = difference(_label(name), before, after)
    return replace(found, pieces=()) if name in _WHOLE else found


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())
