"""A piece of coverage as a row: what it says, why it was suggested, and the decisions open on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User

from claims.access.roles import Operation, may
from claims.admin.forms import CiteForm, KeepForm
from claims.admin.slots import Slot, SlotMaker
from claims.choices import CoverageState, Stance, SuggestedStance
from claims.models import Claim, Coverage

EXCERPT = 320
_STANCES = {SuggestedStance.REFUTES: Stance.REFUTES, SuggestedStance.REPEATS: Stance.SUPPORTS}


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """A row with its forms; a decision that makes no sense or is not this person's has none."""

    coverage: Coverage
    excerpt: str
    keep: Slot | None
    dismiss: Slot | None
    restore: Slot | None
    cite: Slot | None
    split: Slot | None
    rejoin: Slot | None
    others: list["Other"]
    others_count: int


@dataclass(frozen=True, slots=True)
class Other:
    """Another page with the same story, small, under the best of them."""

    page: Mapping[str, Any]
    keep: Slot | None
    dismiss: Slot | None
    restore: Slot | None
    cite: Slot | None
    split: Slot | None


def coverage_rows(found: list[Coverage], *, claim: Claim, user: User, maker: SlotMaker) -> list[CoverageRow]:
    """The rows in the order given, as stories_of() finds them."""
    may_do = _May(
        decide=may(user, Operation.DECIDE_COVERAGE, state=claim.state),
        cite=may(user, Operation.ADD_EVIDENCE, state=claim.state),
        split=may(user, Operation.SPLIT_STORY),
    )
    return [_row(item, may_do, maker) for item in found]


@dataclass(frozen=True, slots=True)
class _May:
    decide: bool
    cite: bool
    split: bool


def _row(item: Coverage, may_do: _May, maker: SlotMaker) -> CoverageRow:
    others_count: int = getattr(item, "others_count", 0)
    return CoverageRow(
        coverage=item,
        excerpt=excerpt(item.document.text),
        split=_split(item.pk, may_do, maker) if others_count else None,
        rejoin=maker("story-rejoin", "Let it be grouped again", target=item.pk)
        if may_do.split and item.document.split_at is not None
        else None,
        others=[
            Other(
                page=other,
                **_decisions(other["id"], item.state, other["stance"], other["suggested_stance"], may_do, maker),
                split=_split(other["id"], may_do, maker),
            )
            for other in getattr(item, "others", [])
        ],
        others_count=others_count,
        **_decisions(item.pk, item.state, item.stance, item.suggested_stance, may_do, maker),
    )


def _decisions(
    coverage_id: int, state: str, stance: str | None, suggested_stance: str, may_do: _May, maker: SlotMaker
) -> dict[str, Slot | None]:
    suggested, kept = state == CoverageState.SUGGESTED, state == CoverageState.KEPT
    guessed = {"stance": stance or _STANCES.get(SuggestedStance(suggested_stance), "")}
    said, button = {"stance": stance or ""}, "Keep" if suggested else "Save the stance"
    return {
        "keep": maker("coverage-keep", button, KeepForm, target=coverage_id, initial=said)
        if may_do.decide and (suggested or kept)
        else None,
        "dismiss": maker("coverage-dismiss", "Dismiss", target=coverage_id) if may_do.decide and suggested else None,
        "restore": maker("coverage-restore", "Undo", target=coverage_id) if may_do.decide and not suggested else None,
        "cite": maker("coverage-cite", "Cite it", CiteForm, target=coverage_id, initial=guessed)
        if may_do.cite and (suggested or kept)
        else None,
    }


def _split(coverage_id: int, may_do: _May, maker: SlotMaker) -> Slot | None:
    return maker("story-split", "Not the same story", target=coverage_id) if may_do.split else None


def excerpt(text: str) -> str:
    """The first words of a page, cut at a word."""
    words = " ".join(text[: EXCERPT * 2].split())
    return words if len(words) <= EXCERPT else words[:EXCERPT].rpartition(" ")[0] + " …"
