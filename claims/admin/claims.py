"""The claim page: one claim with its moves, checklist, sources, coverage, verdict, talk and history."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, IntegerField, JSONField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Concat, JSONObject, Trim
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from claims.access.roles import Operation, may
from claims.admin.coverage_rows import CoverageRow, coverage_rows
from claims.admin.forms import (
    AliasForm,
    AnswerForm,
    AppearanceForm,
    AssignForm,
    CloseItemForm,
    FileForm,
    LinkForm,
    NoteForm,
    ReasonForm,
    ReplyForm,
    ReviseForm,
    StatementForm,
)
from claims.admin.forms import EvidenceForm as CardForm
from claims.admin.lists import place
from claims.admin.look_again import look_again
from claims.admin.moves import BUTTONS, MoveButton
from claims.admin.site import actor, desk_site, now, render
from claims.admin.slots import Refusal, Slot, SlotMaker
from claims.admin.timeline import entries
from claims.admin.verdict_editor import Editor, editor_for
from claims.audit.queries import timeline
from claims.choices import ClaimState, CoverageState, Move, PublicStatus
from claims.coverage.queries import stories_of
from claims.models import (
    Appearance,
    Approval,
    ArchiveCopy,
    Assignment,
    Claim,
    ClaimAlias,
    ClaimSearch,
    Coverage,
    Evidence,
    ExternalReview,
    ReplyRequest,
    ReviewItem,
    ReviewNote,
    Submission,
    Topic,
    Verdict,
)
from claims.publishing.reach import reach_sql
from claims.review.operations import pending_retraction
from claims.review.queries import OpenMove, moves_about
from claims.review.steps import waiting_plan

COVERAGE_SHOWN = 5
_REVIEW_FIELDS = (
    "outlet_id",
    "publisher",
    "publisher_site",
    "url",
    "title",
    "claim_text",
    "rating_text",
    "language",
    "reviewed_at",
)
EVENTS_SHOWN = 25


@dataclass(frozen=True, slots=True)
class Button:
    """A move as the page shows it: open with its form, or closed with the reason."""

    button: MoveButton
    stands: OpenMove
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Card:
    """A source with what this person may do to it. `take` makes a merged claim's source one of this claim's own."""

    evidence: Evidence
    edit: Slot | None = None
    withdraw: Slot | None = None
    take: Slot | None = None
    archived: list[ArchiveCopy] = field(default_factory=list)


def page_claims() -> "QuerySet[Claim]":
    """Claims with all that the page's header reads, counts included, in one query."""
    covered = Coverage.objects.of_cluster(OuterRef(OuterRef("pk"))).order_by()
    counts = {
        f"coverage_{state.value}": Coalesce(
            Subquery(
                covered.filter(state=state).annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values("n"),
                output_field=IntegerField(),
            ),
            0,
        )
        for state in CoverageState
    }
    cluster = Claim.objects.cluster(OuterRef(OuterRef("pk")))
    asked = Submission.objects.filter(claim__in=cluster).order_by().annotate(one=Value(1)).values("one")
    newest_search = ClaimSearch.objects.filter(claim=OuterRef("pk")).order_by("-started_at", "-pk")
    shown = JSONObject(
        outcome=F("outcome"), count=F("count"), started_at=F("started_at"), note=F("note"), connector=F("connector")
    )
    return (
        Claim.objects.select_related(
            "claimant", "merged_into", "created_by", "translation_of", "public_head__publication__verdict"
        )
        .defer(
            "public_head__publication__body",
            "public_head__publication__verdict__candidate",
            "public_head__publication__verdict__explanation",
        )
        .annotate(
            **counts,
            reach=RawSQL(reach_sql('"claims_claim"."id"'), [], output_field=JSONField()),  # noqa: S611 - of constants
            again=Exists(ReviewItem.objects.open().filter(claim=OuterRef("pk"))),
            demand=Coalesce(Subquery(asked.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0),
            last_search=Subquery(newest_search.values(shown=shown)[:1]),
            shown_topics=ArraySubquery(
                Topic.objects.filter(claims=OuterRef("pk"))
                .order_by("slug")
                .values(shown=JSONObject(slug=F("slug"), labels=F("labels")))
            ),
            standing=ArraySubquery(
                Assignment.objects.filter(claim=OuterRef("pk"), ended_at__isnull=True)
                .order_by("role", "pk")
                .values(
                    shown=JSONObject(
                        user_id=F("user_id"),
                        role=F("role"),
                        username=F("user__username"),
                        name=Trim(Concat("user__first_name", Value(" "), "user__last_name")),
                    )
                )
            ),
            other_verdicts=ArraySubquery(
                ExternalReview.objects.filter(claim=OuterRef("pk"))
                .order_by(F("outlet").asc(nulls_last=True), "-pk")
                .values(shown=JSONObject(**{name: F(name) for name in _REVIEW_FIELDS}))[:20]
            ),
            other_wordings=ArraySubquery(
                ClaimAlias.objects.filter(claim__in=cluster).order_by("pk").values("text")[:20]
            ),
            merged_here=ArraySubquery(
                Claim.objects.filter(merged_into=OuterRef("pk"))
                .order_by("pk")
                .values(shown=JSONObject(public_id=F("public_id"), statement=F("statement")))
            ),
        )
    )


@desk_site.page("claim/<slug:public_id>/", name="claim")
def claim(request: HttpRequest, public_id: str) -> HttpResponse:
    """The claim page as it stands."""
    return claim_page(request, get_object_or_404(page_claims(), public_id=public_id))


def claim_page(request: HttpRequest, claim: Claim, refusal: Refusal | None = None) -> HttpResponse:
    """The claim page, with a refused post shown beside its form and its words kept."""
    user, at = actor(request), now()
    slug = request.GET.get("list", "")
    maker = SlotMaker(claim=claim, refusal=refusal, query=f"list={slug}" if slug else "")
    editor = editor_for(claim=claim, user=user, maker=maker)
    proposal, plan = pending_retraction(claim), waiting_plan(claim)
    open_moves = moves_about(claim=claim, user=user, revision=editor.revision, proposal=proposal, plan=plan)
    frozen = claim.state in {ClaimState.IN_REVIEW, ClaimState.APPROVED}
    context: dict[str, Any] = {
        "claim": claim,
        "public": claim.public_status(),
        "place": place(slug=slug, public_id=claim.public_id, user=user, at=at) if slug else None,
        "refusal": refusal,
        "may": _powers(claim, user),
        "frozen": frozen,
        "proposal": proposal,
        "plan": plan,
        **_moves(claim, maker, open_moves),
        "editor": editor,
        "topics": [Topic(**row).name(claim.language) for row in getattr(claim, "shown_topics", [])],
        "appearances": list(
            Appearance.objects.filter(claim__in=Claim.objects.cluster(claim.pk))
            .select_related("document__outlet", "outlet", "claim")
            .order_by(F("claim__merged_into").asc(nulls_first=True), "-is_first", "pk")
        ),
        **_evidence(claim, user, maker),
        "coverage": _coverage(claim, user, maker),
        "external_reviews": getattr(claim, "other_verdicts", []),
        "decisions": _decisions(claim, editor.revision),
        **_talk(claim, user, maker),
        **_history(request, claim, editor),
        "at": at,
    }
    context["homeless"] = maker.homeless()
    return render(
        request,
        "claims/admin/claim.html",
        context,
        title=claim.statement,
        status=refusal.status if refusal is not None else 200,
    )


def _decisions(claim: Claim, revision: Verdict | None) -> list[Approval]:
    if revision is not None and revision.number == 1 and revision.submitted_at is None:
        return []  # nothing was ever sent to anybody
    rows = Approval.objects.filter(verdict__claim=claim).select_related("reviewer", "verdict")
    return list(rows.defer("verdict__candidate", "verdict__explanation").order_by("-pk")[:5])


def _powers(claim: Claim, user: User) -> dict[str, bool]:
    own = claim.created_by_id == user.pk
    return {operation.value: may(user, operation, state=claim.state, own=own) for operation in Operation}


def _moves(claim: Claim, maker: SlotMaker, open_moves: list[OpenMove]) -> dict[str, Any]:
    standing = {item.move: item for item in open_moves}
    shown = []
    for move, button in BUTTONS.items():
        item = standing.get(move)
        if item is None:
            continue
        build: Any = button.form
        if button.form is ReviseForm:
            live = claim.public_status() == PublicStatus.LIVE

            def build(**kwargs: Any) -> ReviseForm:
                return ReviseForm(live=live, **kwargs)  # noqa: B023 - called before the loop goes on

        slot = maker(move.value, move.label, build) if item.open else None
        shown.append(Button(button=button, stands=item, slot=slot))
    return {
        "forward": [item for item in shown if item.slot and item.button.forward],
        "other": [item for item in shown if item.slot and not item.button.forward],
        "closed": [item for item in shown if not item.slot and item.button.move != Move.OVERRIDE_APPROVE],
    }


def _evidence(claim: Claim, user: User, maker: SlotMaker) -> dict[str, Any]:
    second = ArchiveCopy.objects.filter(document=OuterRef("document")).order_by("-day", "service", "-pk")
    shown = JSONObject(service=F("service"), state=F("state"), archive_url=F("archive_url"), note=F("note"))
    found = Evidence.objects.filter(claim__in=Claim.objects.cluster(claim.pk)).with_sources().select_related("claim")
    found = found.annotate(archived=ArraySubquery(second.values(shown=shown)[:4]))
    rows = list(found.defer("document__text").order_by("pk"))
    adding = may(user, Operation.ADD_EVIDENCE, state=claim.state)
    own = {row.document_id for row in rows if row.claim_id == claim.pk and row.withdrawn_at is None}
    cards, merged = [], []
    for row in rows:
        if row.withdrawn_at is not None:
            continue
        edit = withdraw = None
        initial = {
            "stance": row.stance,
            "quote": row.quote,
            "note": row.note,
            "archive_url": row.archive_url,
            "is_primary": row.is_primary,
        }
        if row.claim_id != claim.pk:
            if row.document is None or row.document_id not in own:
                initial |= {"url": row.document.url, "title": row.document.title} if row.document else {}
                take = maker("evidence-add", "Use it here", LinkForm, target=row.pk, initial=initial)
                merged.append(Card(evidence=row, take=take if adding and row.document else None))
            continue
        if may(user, Operation.EDIT_EVIDENCE, state=claim.state, own=row.added_by_id == user.pk):
            edit = maker(
                "evidence-edit",
                "Save",
                CardForm,
                target=row.pk,
                initial=initial,
                lock_version=row.lock_version,
            )
            withdraw = maker("evidence-withdraw", "Take out", ReasonForm, target=row.pk, lock_version=row.lock_version)
        cards.append(Card(evidence=row, edit=edit, withdraw=withdraw, archived=_archived(row)))
    return {
        "cards": cards,
        "merged_cards": merged,
        "withdrawn": [row for row in rows if row.withdrawn_at is not None],
        "link_slot": maker("evidence-add", "Link this page", LinkForm) if adding else None,
        "statement_slot": maker("evidence-statement", "Link this statement", StatementForm) if adding else None,
        "file_slot": maker("evidence-file", "Link this file", FileForm) if adding else None,
        "appearance_slot": maker("appearance-add", "Note it", AppearanceForm)
        if may(user, Operation.EDIT_CLAIM, state=claim.state, own=claim.created_by_id == user.pk)
        else None,
        "alias_slot": maker("alias-add", "Note it", AliasForm)
        if may(user, Operation.EDIT_CLAIM, state=claim.state, own=claim.created_by_id == user.pk)
        else None,
    }


def _archived(row: Evidence) -> list[ArchiveCopy]:
    """The newest second copy of the page at each archive, out of what was asked for together with the row."""
    found: dict[str, ArchiveCopy] = {}
    for values in getattr(row, "archived", None) or []:
        found.setdefault(values["service"], ArchiveCopy(**values))
    return list(found.values())


def _coverage(claim: Claim, user: User, maker: SlotMaker) -> list[CoverageRow]:
    rows = stories_of(claim.pk, CoverageState.SUGGESTED)[:COVERAGE_SHOWN]
    return coverage_rows(list(rows), claim=claim, user=user, maker=maker)


def _talk(claim: Claim, user: User, maker: SlotMaker) -> dict[str, Any]:
    at = now()
    asking = may(user, Operation.ASK_REPLY, state=claim.state)
    closing = may(user, Operation.CLOSE_REVIEW_ITEM)
    cluster = Claim.objects.cluster(claim.pk)
    replies = ReplyRequest.objects.filter(claim__in=cluster).select_related("by", "claim").order_by("-asked_at", "-pk")
    notes = ReviewNote.objects.filter(claim__in=cluster).select_related("author", "claim").order_by("-pk")
    asked = getattr(claim, "again", False)
    items = ReviewItem.objects.open().filter(claim=claim).order_by("pk") if asked else []
    asked_of = claim.claimant.name if claim.claimant else ""
    return {
        "notes": list(notes[:50]),
        "note_slot": maker("note", "Add the note", NoteForm) if may(user, Operation.ADD_NOTE) else None,
        "replies": [
            (
                reply,
                maker("answer", "Note the answer", AnswerForm, target=reply.pk, initial={"answered_at": at})
                if asking and reply.answered_at is None and reply.claim_id == claim.pk
                else None,
            )
            for reply in replies
        ],
        "reply_slot": maker("reply", "Note the request", ReplyForm, initial={"asked_of": asked_of, "asked_at": at})
        if asking
        else None,
        "items": [
            look_again(item, maker("item-close", "Close", CloseItemForm, target=item.pk) if closing else None)
            for item in items
        ],
        "assign_slot": maker("assign", "Assign", AssignForm)
        if may(user, Operation.ASSIGN, state=claim.state)
        else None,
    }


def _history(request: HttpRequest, claim: Claim, editor: Editor) -> dict[str, Any]:
    events = timeline(claim)
    before = request.GET.get("before", "")
    if before.isdigit():
        events = events.filter(pk__lt=int(before))
    rows = list(events[: EVENTS_SHOWN + 1])
    shown = rows[:EVENTS_SHOWN]
    return {
        "history": entries(shown, ratings={rating.pk: rating for rating in editor.ratings}),
        "history_before": shown[-1].pk if len(rows) > EVENTS_SHOWN else None,
        "history_cut": before.isdigit(),
    }
