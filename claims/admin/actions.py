"""Every button of the claim page: one POST each, to one operation; a refusal comes back beside its form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from claims.admin.calls import Call, number
from claims.admin.claims import claim_page, page_claims
from claims.admin.coverage import coverage_page
from claims.admin.differences import Difference, difference
from claims.admin.forms import (
    AliasForm,
    AnswerForm,
    AppearanceForm,
    AssignForm,
    CiteForm,
    CloseItemForm,
    EvidenceForm,
    FileForm,
    KeepForm,
    LinkForm,
    NoteForm,
    ReasonForm,
    ReplyForm,
    StatementForm,
    WaiverForm,
)
from claims.admin.moves import BUTTONS
from claims.admin.site import actor, desk_site, now
from claims.admin.slots import Refusal, key_of, refuse, refuse_shape
from claims.admin.verdict_editor import fields_of, ratings_for, verdict_form
from claims.audit.contributions import open_revision
from claims.choices import AssignmentRole
from claims.coverage import operations as coverage
from claims.coverage import stories
from claims.editing import claims as editing
from claims.editing import evidence as sources
from claims.editing import notes
from claims.errors import DomainError, StaleWrite
from claims.matching.operations import request_search
from claims.models import Appearance, Claim, Rating, ReplyRequest, ReviewItem
from claims.verdicts import operations as verdicts

BuildForm = Callable[..., forms.Form]


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does, what is said when it is done, and the part of the page it returns to."""

    do: Callable[[Call], object]
    done: str
    anchor: str
    form: BuildForm | None = None


def _source(given: dict[str, Any]) -> sources.EvidenceFields:
    names = ("stance", "quote", "note", "is_primary", "archive_url")
    return sources.EvidenceFields(**{name: given[name] for name in names if name in given})


def _add_evidence(call: Call) -> object:
    given = call.given
    return sources.add_evidence(
        claim_id=call.claim.pk, url=given["url"], title=given["title"], given=_source(given), **call.by()
    )


def _add_statement(call: Call) -> object:
    words = {name: call.given[name] for name in ("stated_by", "stated_at", "stated_how")}
    return sources.add_statement(claim_id=call.claim.pk, given=_source(call.given), **words, **call.by())


def _add_file(call: Call) -> object:
    return sources.add_file(claim_id=call.claim.pk, file=call.given["file"], given=_source(call.given), **call.by())


def _edit_evidence(call: Call) -> object:
    return sources.edit_evidence(
        evidence_id=call.evidence(), given=_source(call.given), lock_version=call.lock_version, **call.by()
    )


def _withdraw_evidence(call: Call) -> object:
    return sources.withdraw_evidence(
        evidence_id=call.evidence(), reason=call.given["reason"], lock_version=call.lock_version, **call.by()
    )


def _save_verdict(call: Call) -> object:
    return verdicts.save_draft(
        claim_id=call.claim.pk, given=call.given["fields"], lock_version=call.lock_version, **call.by()
    )


def _waive(call: Call) -> object:
    return verdicts.waive(claim_id=call.claim.pk, line=call.target, **call.given, **call.by())


def _remove_appearance(call: Call) -> object:
    appearance = get_object_or_404(Appearance, claim=call.claim, pk=number(call.target))
    return editing.remove_appearance(appearance_id=appearance.pk, **call.by())


def _assign(call: Call) -> object:
    role = AssignmentRole(call.given["role"])
    return editing.assign(claim_id=call.claim.pk, user=call.given["user"], role=role, **call.by())


def _unassign(call: Call) -> object:
    name, _, role = call.target.partition(".")
    if role not in AssignmentRole.values:
        raise Http404
    user = get_object_or_404(User, pk=number(name))
    return editing.unassign(claim_id=call.claim.pk, user=user, role=AssignmentRole(role), **call.by())


def _answer(call: Call) -> object:
    reply = get_object_or_404(ReplyRequest, claim=call.claim, pk=number(call.target))
    return notes.answer_reply(reply_id=reply.pk, **call.given, **call.by())


def _close_item(call: Call) -> object:
    item = get_object_or_404(ReviewItem, claim=call.claim, pk=number(call.target))
    return notes.close_review_item(item_id=item.pk, **call.given, **call.by())


def _keep(call: Call) -> object:
    return coverage.keep(coverage_id=call.coverage(), stance=call.given["stance"] or None, **call.by())


def _cite(call: Call) -> object:
    return sources.cite(coverage_id=call.coverage(), given=_source(call.given), **call.by())


ACTIONS: dict[str, Action] = {
    "evidence-add": Action(_add_evidence, "Linked. Our own copy is being fetched.", "evidence", LinkForm),
    "evidence-statement": Action(_add_statement, "The statement is linked.", "evidence", StatementForm),
    "evidence-file": Action(_add_file, "The file is linked.", "evidence", FileForm),
    "evidence-edit": Action(_edit_evidence, "The source is saved.", "evidence", EvidenceForm),
    "evidence-withdraw": Action(_withdraw_evidence, "Taken out. The history keeps it.", "evidence", ReasonForm),
    "coverage-keep": Action(_keep, "Kept.", "coverage", KeepForm),
    "coverage-dismiss": Action(
        lambda c: coverage.dismiss(coverage_id=c.coverage(), **c.by()), "Dismissed, and remembered.", "coverage"
    ),
    "coverage-restore": Action(
        lambda c: coverage.restore(coverage_id=c.coverage(), **c.by()), "Back among the suggestions.", "coverage"
    ),
    "story-split": Action(
        lambda c: stories.split(document_id=c.page(), **c.by()),
        "It stands by itself now, and no machine groups it again.",
        "coverage",
    ),
    "story-rejoin": Action(
        lambda c: stories.rejoin(document_id=c.page(), **c.by()),
        "It will be grouped anew; look again in a minute.",
        "coverage",
    ),
    "coverage-cite": Action(_cite, "Cited: it is a source of the verdict now.", "evidence", CiteForm),
    "coverage-search": Action(
        lambda c: request_search(claim_id=c.claim.pk, **c.by()),
        "The search is on its way; look again in a minute.",
        "coverage",
    ),
    "verdict-save": Action(_save_verdict, "The draft is saved.", "verdict"),
    "waive": Action(_waive, "Waived. The reviewer reads your reason.", "checklist", WaiverForm),
    "unwaive": Action(
        lambda c: verdicts.unwaive(claim_id=c.claim.pk, line=c.target, **c.by()),
        "The waiver is taken back.",
        "checklist",
    ),
    "note": Action(
        lambda c: notes.add_note(claim_id=c.claim.pk, **c.given, **c.by()), "The note is added.", "notes", NoteForm
    ),
    "reply": Action(
        lambda c: notes.ask_reply(claim_id=c.claim.pk, **c.given, **c.by()),
        "The request for a reply is noted.",
        "replies",
        ReplyForm,
    ),
    "answer": Action(_answer, "The answer is noted.", "replies", AnswerForm),
    "item-close": Action(_close_item, "Closed.", "top", CloseItemForm),
    "assign": Action(_assign, "Assigned.", "people", AssignForm),
    "unassign": Action(_unassign, "The assignment is ended.", "people"),
    "appearance-add": Action(
        lambda c: editing.add_appearance(claim_id=c.claim.pk, **c.given, **c.by()),
        "Noted where it was made.",
        "facts",
        AppearanceForm,
    ),
    "appearance-remove": Action(_remove_appearance, "Taken away. The history keeps it.", "facts"),
    "alias-add": Action(
        lambda c: editing.add_alias(claim_id=c.claim.pk, **c.given, **c.by()),
        "The other wording is noted.",
        "facts",
        AliasForm,
    ),
}
for _move, _button in BUTTONS.items():
    ACTIONS[_move.value] = Action(
        do=_button.do,
        done=_button.done,
        anchor="top",
        form=_button.form,
    )


@desk_site.page("claim/<slug:public_id>/do/<slug:action>/", name="claim_do")
@require_POST
def act(request: HttpRequest, public_id: str, action: str) -> HttpResponse:
    """Make the move, or save the form, that the button stands for."""
    wanted = ACTIONS.get(action)
    if wanted is None:
        raise Http404("There is no such button.")
    claim = get_object_or_404(Claim.objects.with_public_status().select_related("claimant"), public_id=public_id)
    refusal = _perform(request, claim, action, wanted)
    from_coverage = request.POST.get("back") == "coverage"
    if refusal is not None:
        shown = get_object_or_404(page_claims(), public_id=public_id)
        return (coverage_page if from_coverage else claim_page)(request, shown, refusal)
    messages.success(request, wanted.done)
    return HttpResponseRedirect(_return_url(request, claim, wanted, from_coverage=from_coverage))


def _perform(request: HttpRequest, claim: Claim, action: str, wanted: Action) -> Refusal | None:
    target = request.POST.get("target", "")[:100]
    key = key_of(action, target)
    ratings: list[Rating] = []
    build = wanted.form
    if action == "verdict-save":
        revision = open_revision(claim)
        ratings = ratings_for(claim, revision)
        build = verdict_form(claim, revision, ratings)
    ids = "%s" if action == "verdict-save" else f"{key}-%s"
    form = build(request.POST, files=request.FILES, auto_id=ids) if build is not None else None
    if form is not None and not form.is_valid():
        return refuse_shape(key, form)
    given = dict(form.cleaned_data) if form is not None else {}
    if action == "verdict-save":
        given = {"fields": fields_of(given, ratings)}
    version = request.POST.get("lock_version", "")
    call = Call(
        claim=claim,
        target=target,
        given=given,
        lock_version=int(version) if version.isdigit() else None,
        actor=actor(request),
        at=now(),
    )
    try:
        wanted.do(call)
    except DomainError as error:
        return refuse(key, error, form, compare(error, ratings))
    return None


def compare(error: DomainError, ratings: list[Rating]) -> list[Difference]:
    """For a stale write: by field, what stands now and what was refused."""
    if not isinstance(error, StaleWrite):
        return []
    names = {str(rating.pk): rating.name() for rating in ratings}
    shown = []
    for name, both in error.fields.items():
        theirs, ours = [names.get(text, "Not rated yet") for text in both] if name == "rating_id" else both
        shown.append(difference(name.removesuffix("_id").replace("_", " ").capitalize(), theirs, ours))
    return shown


def _return_url(request: HttpRequest, claim: Claim, wanted: Action, *, from_coverage: bool) -> str:
    if from_coverage:
        page = reverse("admin:claim_coverage", args=[claim.public_id])
        query = QueryDict(request.GET.urlencode(), mutable=True)
        query.pop("list", None)
        return f"{page}?{query.urlencode()}#coverage"
    page = reverse("admin:claim", args=[claim.public_id])
    slug = request.GET.get("list", "")
    return f"{page}{f'?list={slug}' if slug.isalpha() else ''}#{wanted.anchor}"
