"""A piece of coverage as a row: what it says, why it was suggested, and the decisions open on it."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from claims.access.roles import Operation, may
from claims.admin.forms import CiteForm
from claims.admin.slots import Slot, SlotMaker
from claims.choices import CoverageState, Stance, SuggestedStance
from claims.models import Claim, Coverage

EXCERPT = 320
_STANCES = {SuggestedStance.REFUTES.value: Stance.REFUTES, SuggestedStance.REPEATS.value: Stance.SUPPORTS}


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A row with its forms; a decision that makes no sense or is not this person's has none."""

    coverage: Coverage
    excerpt: str
    keep: Slot | None
    dismiss: Slot | None
    restore: Slot | None
    cite: Slot | None


def coverage_rows(found: list[Coverage], *, claim: Claim, user: User, maker: SlotMaker) -> list[CoverageRow]:
    """The rows in the order given. Documents and outlets must be joined."""
    deciding = may(user, Operation.DECIDE_COVERAGE, state=claim.state)
    citing = may(user, Operation.ADD_EVIDENCE, state=claim.state)
    return [_row(item, deciding=deciding, citing=citing, maker=maker) for item in found]


def _row(item: Coverage, *, deciding: bool, citing: bool, maker: SlotMaker) -> CoverageRow:
    suggested = item.state == CoverageState.SUGGESTED
    initial: dict[str, Any] = {"stance": _STANCES.get(item.suggested_stance, "")}
    return CoverageRow(
        coverage=item,
        excerpt=excerpt(item.document.text),
        keep=maker("coverage-keep", "Keep", target=item.pk) if deciding and suggested else None,
        dismiss=maker("coverage-dismiss", "Dismiss", target=item.pk) if deciding and suggested else None,
        restore=maker("coverage-restore", "Undo", target=item.pk) if deciding and not suggested else None,
        cite=maker("coverage-cite", "Cite it", CiteForm, target=item.pk, initial=initial)
        if citing and item.state != CoverageState.DISMISSED
        else None,
    )


def excerpt(text: str) -> str:
    """The first words of a page, cut at a word."""
    words = " ".join(text[: EXCERPT * 2].split())
    return words if len(words) <= EXCERPT else words[:EXCERPT].rpartition(" ")[0] + " …"
