"""The words that the web is searched by for one claim: shown, changed, and tried without storing anything."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from claims.access.roles import Operation, may
from claims.admin.calls import number
from claims.admin.site import actor, desk_site, now, render
from claims.choices import ClaimState
from claims.coverage import trials
from claims.coverage.budget import standings
from claims.coverage.query_lines import MOST_LINES, save_lines
from claims.coverage.registry import SEARCHES
from claims.errors import DomainError
from claims.matching.query import built_lines
from claims.models import Claim, ClaimQuery, ClaimSearch, QueryTrial, QueryTrialResult

LOOK_AGAIN_SECONDS = 4


class LinesForm(forms.Form):
    """The lines, one search each."""

    lines = forms.CharField(
        label="Search queries",
        required=False,
        widget=forms.Textarea(attrs={"rows": MOST_LINES + 1, "spellcheck": "false"}),
        help_text=f"One per line, {MOST_LINES} at most. A page must hold every word of a line; words in “quotation "
        "marks” must stand together. Empty: built from the claim’s own words again.",
    )


@dataclass(frozen=True, slots=True)
class TrialRow:
    """What one service would find."""

    label: str
    result: QueryTrialResult


@desk_site.page("claim/<slug:public_id>/queries/", name="claim_queries")
@require_http_methods(["GET", "HEAD", "POST"])
def queries(request: HttpRequest, public_id: str) -> HttpResponse:
    """The claim's queries. A POST saves them, or with `do=try` asks each service what it would find by them."""
    claim = get_object_or_404(Claim.objects.select_related("claimant"), public_id=public_id)
    if request.method != "POST":
        return _page(request, claim)
    form = LinesForm(request.POST, auto_id="%s")
    lines = request.POST.get("lines", "").splitlines()
    page = reverse("admin:claim_queries", args=[public_id])
    try:
        if request.POST.get("do") == "try":
            trials.request_trial(claim_id=claim.pk, lines=lines, actor=actor(request), at=now())
            return HttpResponseRedirect(f"{page}#trial")
        version = number(request.POST.get("lock_version", "0"))
        # Left as it was built, nothing was written.
        kept = [] if [line for line in lines if line.strip()] == built_lines(claim) else lines
        save_lines(claim_id=claim.pk, lines=kept, lock_version=version, actor=actor(request), at=now())
    except DomainError as error:
        form.is_valid()
        for text in error.fields.get("lines", []):
            form.add_error("lines", text)
        return _page(request, claim, form=form, refused=error)
    messages.success(request, "Saved. The services are asked by these from the next search on.")
    return HttpResponseRedirect(page)


def _page(
    request: HttpRequest, claim: Claim, *, form: LinesForm | None = None, refused: DomainError | None = None
) -> HttpResponse:
    row = ClaimQuery.objects.filter(claim=claim).select_related("saved_by").first()
    built = built_lines(claim)
    trial = QueryTrial.objects.filter(claim=claim).select_related("asked_by").order_by("-asked_at", "-pk").first()
    lines = row.lines if row is not None and row.lines else built
    if form is None:
        form = LinesForm(initial={"lines": "\n".join(lines)}, auto_id="%s")
    results = [
        TrialRow(label=_label(result.connector), result=result)
        for result in QueryTrialResult.objects.filter(trial=trial).order_by("pk")
    ]
    waiting = trial is not None and any(one.result.finished_at is None for one in results)
    late = waiting and trial is not None and trial.asked_at <= now() - trials.GIVEN_UP_AFTER
    context: dict[str, Any] = {
        "claim": claim,
        "public": claim.public_status(),
        "form": form,
        "row": row,
        "written": row is not None and bool(row.lines),
        "lines": lines,
        "built": built,
        "lock_version": row.lock_version if row is not None else 0,
        "refused": refused,
        "may_edit": may(request.user, Operation.SEARCH_COVERAGE, state=claim.state),
        "early": claim.state == ClaimState.INBOX,
        "trial": trial,
        "results": results,
        "waiting": waiting,
        "late": late,
        "services": standings(at=now()),
        "searches": [
            (_label(one.connector), one)
            for one in ClaimSearch.objects.filter(claim=claim).order_by("-started_at", "-pk")[:15]
        ],
    }
    status = refused.status if refused is not None else 200
    response = render(request, "claims/admin/queries.html", context, title="Search queries", status=status)
    if waiting and not late and refused is None and request.method == "GET":
        response["Refresh"] = str(LOOK_AGAIN_SECONDS)  # until every service has answered; no script is needed
    return response


def _label(connector: str) -> str:
    return SEARCHES[connector].label if connector in SEARCHES else connector.replace("_", " ").capitalize()
