"""What the verdict editor shows: the open revision, its form, its checklist, and who had a hand in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse

from claims.access.roles import Operation, may
from claims.admin.forms import VerdictForm, WaiverForm
from claims.admin.slots import Slot, SlotMaker
from claims.audit.contributions import open_revision
from claims.choices import ChangeType, ClaimKind, PublicStatus
from claims.models import Claim, Rating, Verdict, VerdictContributor
from claims.verdicts.checklist import CheckedLine, LineState, check
from claims.verdicts.operations import VerdictFields

# Anchors of the checklist that lie on the claim's own edit page.
_ON_EDIT_PAGE = {"claimant", "claimed_on"}


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A checklist line with where to go, and the forms to waive it or to take the waiver back."""

    line: CheckedLine
    url: str
    waive: Slot | None
    unwaive: Slot | None


@dataclass(frozen=True, slots=True)
class Editor:
    """The open revision as the page shows it. `slot` is None where this person cannot write in it."""

    revision: Verdict | None
    slot: Slot | None
    ratings: list[Rating]
    lines: list[ShownLine]
    missing: int
    contributors: list[User]
    public_url: str
    preview_url: str

    def by_id(self) -> dict[str, Rating]:
        """The ratings by the value of their radio button."""
        return {str(rating.pk): rating for rating in self.ratings}


def editor_for(*, claim: Claim, user: User, maker: SlotMaker) -> Editor:
    """The editor of the claim's open revision; with nothing in it where there is none."""
    revision = open_revision(claim)
    ratings = ratings_for(claim, revision)
    if revision is not None and revision.rating_id is not None:
        revision.rating = next(rating for rating in ratings if rating.pk == revision.rating_id)
    writing = (
        revision is not None and revision.submitted_at is None and may(user, Operation.WRITE_VERDICT, state=claim.state)
    )
    lines = checklist(claim=claim, revision=revision, user=user, maker=maker) if revision is not None else []
    slot = None
    if revision is not None and writing:
        slot = maker(
            "verdict-save",
            "Save the draft",
            verdict_form(claim, revision, ratings),
            initial=initial_of(revision),
            lock_version=revision.lock_version,
            ids="%s",
        )
    contributors = (
        [
            hand.user
            for hand in VerdictContributor.objects.filter(verdict=revision).select_related("user").order_by("pk")
        ]
        if revision is not None
        else []
    )
    return Editor(
        revision=revision,
        slot=slot,
        ratings=ratings,
        lines=lines,
        missing=sum(item.line.state == LineState.MISSING for item in lines),
        contributors=contributors,
        public_url=reverse("public_verdict", args=[claim.public_id]),
        preview_url=reverse("admin:claim_preview", args=[claim.public_id]),
    )


def checklist(*, claim: Claim, revision: Verdict, user: User, maker: SlotMaker) -> list[ShownLine]:
    """The checklist with its forms, as the page and the autosave's answer show it."""
    waiving = revision.submitted_at is None and may(user, Operation.WAIVE_CHECK, state=claim.state)
    shown = []
    for line in check(claim=claim, verdict=revision):
        waive = unwaive = None
        if waiving and line.waivable and line.state == LineState.MISSING:
            waive = maker("waive", "Waive this line", WaiverForm, target=line.line.value)
        if waiving and line.state == LineState.WAIVED:
            unwaive = maker("unwaive", "Take the waiver back", target=line.line.value)
        shown.append(ShownLine(line=line, url=anchor_url(claim, line.anchor), waive=waive, unwaive=unwaive))
    return shown


def anchor_url(claim: Claim, anchor: str) -> str:
    """Where a checklist line's field is."""
    if anchor in _ON_EDIT_PAGE:
        return f"{reverse('admin:claim_edit', args=[claim.public_id])}#{anchor}"
    return f"#{anchor}"


def ratings_for(claim: Claim, revision: Verdict | None) -> list[Rating]:
    """The ratings that fit the claim's kind, the chosen one among them, scale by scale from true to false."""
    fitting = Q(scale__active=True) & (Q(scale__claim_kinds__contains=[claim.kind]) | Q(scale__claim_kinds=[]))
    chosen = Q(pk=revision.rating_id) if revision is not None and revision.rating_id else Q(pk__in=[])
    rows = Rating.objects.filter(fitting | chosen).select_related("scale")
    return list(rows.order_by("scale__slug", "-scale__version", "position", "pk"))


def verdict_form(claim: Claim, revision: Verdict | None, ratings: list[Rating]) -> Callable[..., forms.Form]:
    """Builds the revision's form, blank or bound."""

    def build(*args: Any, **kwargs: Any) -> VerdictForm:
        return VerdictForm(
            *args,
            ratings=ratings,
            revising=revision is not None
            and (revision.change_type != ChangeType.INITIAL or claim.public_status() != PublicStatus.NONE),
            public=claim.public_status() == PublicStatus.LIVE,
            media=claim.kind == ClaimKind.MEDIA,
            **kwargs,
        )

    return build


def initial_of(revision: Verdict) -> dict[str, Any]:
    """What the form shows of a revision."""
    return {
        "rating": str(revision.rating_id or ""),
        "headline": revision.headline,
        "summary": revision.summary,
        "explanation": revision.explanation,
        "byline": revision.byline,
        "media_authenticity": revision.media_authenticity,
        "change_type": revision.change_type,
        "public_note": revision.public_note,
    }


def fields_of(given: dict[str, Any], ratings: list[Rating]) -> VerdictFields:
    """A valid form's words as the operation takes them."""
    chosen = given.get("rating") or ""
    return VerdictFields(
        rating=next((rating for rating in ratings if str(rating.pk) == chosen), None),
        headline=given.get("headline", ""),
        summary=given.get("summary", ""),
        explanation=given.get("explanation", ""),
        byline=given.get("byline", ""),
        media_authenticity=given.get("media_authenticity", ""),
        change_type=given.get("change_type"),
        public_note=given.get("public_note"),
    )
