"""All coverage of one claim, best first, a page at a time by score and id."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import urlencode

from claims.admin.claims import page_claims
from claims.admin.coverage_rows import coverage_rows
from claims.admin.site import actor, desk_site, render
from claims.admin.slots import Refusal, SlotMaker
from claims.choices import CoverageState
from claims.coverage.queries import stories_of, voices_in
from claims.models import Claim, ClaimSearch

PAGE = 50


@desk_site.page("claim/<slug:public_id>/coverage/", name="claim_coverage")
def coverage(request: HttpRequest, public_id: str) -> HttpResponse:
    """The claim's coverage of one state."""
    return coverage_page(request, get_object_or_404(page_claims(), public_id=public_id))


def coverage_page(request: HttpRequest, claim: Claim, refusal: Refusal | None = None) -> HttpResponse:
    """The list, with a refused decision shown at its row."""
    state = request.GET.get("state", "")
    state = state if state in CoverageState.values else CoverageState.SUGGESTED.value
    rows = stories_of(claim.pk, CoverageState(state))
    after = request.GET.get("after", "")
    cursor = _cursor(after)
    if cursor is not None:
        score, pk = cursor
        rows = rows.filter(Q(score__lt=score) | Q(score=score, pk__gt=pk))
    found = list(rows[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    kept_query = {"state": state, **({"after": after} if cursor else {})}
    maker = SlotMaker(claim=claim, refusal=refusal, query=urlencode(kept_query))
    context: dict[str, Any] = {
        "claim": claim,
        "public": claim.public_status(),
        "refusal": refusal,
        "state": state,
        "states": [(s, s.label, getattr(claim, f"coverage_{s.value}")) for s in CoverageState],
        "rows": coverage_rows(found[:PAGE], claim=claim, user=actor(request), maker=maker),
        "next": urlencode({"state": state, "after": f"{last.score!r}:{last.pk}"}) if last is not None else "",
        "voices": voices_in(claim.pk, CoverageState(state)),
        "searches": list(ClaimSearch.objects.filter(claim=claim).order_by("-started_at", "-pk")[:5]),
        "back": "coverage",
    }
    context["homeless"] = maker.homeless()
    return render(
        request,
        "claims/admin/coverage.html",
        context,
        title="Coverage",
        status=refusal.status if refusal is not None else 200,
    )


def _cursor(text: str) -> tuple[float, int] | None:
    score, _, pk = text.partition(":")
    try:
        return float(score), int(pk)
    except ValueError:
        return None
