"""The list of claims with its filters, and the forms that enter and edit one."""

from typing import Any

from django.contrib import messages
from django.contrib.postgres.search import SearchQuery
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from claims.access.roles import Operation, may
from claims.admin.actions import compare
from claims.admin.forms import ClaimForm
from claims.admin.lists import CONTEXT_LIMIT, Reader, open_to
from claims.admin.site import actor, desk_site, now, organisation, render
from claims.admin.slots import Refusal, refuse, refuse_shape
from claims.capture.documents import document_at
from claims.choices import ClaimState, PublicStatus
from claims.editing.claims import ClaimFields, create_claim, edit_claim
from claims.errors import DomainError, StaleWrite
from claims.models import Assignment, Claim, Claimant
from claims.models.claim import ClaimQuerySet
from claims.text import normal_url

PAGE = 50
SUGGESTED_CLAIMANTS = 500


@desk_site.page("claim/", name="claim_list")
def claim_list(request: HttpRequest) -> HttpResponse:
    """Claims, newest first, filtered by what the address says; or one of the desk's own lists in its order."""
    user = actor(request)
    lists = open_to(user)
    slug = request.GET.get("list", "")
    named = next((item for item in lists if item.slug == slug), None)
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "state", "public", "mine")}
    if named is not None:
        rows, size = named.build(Reader(user, now())), CONTEXT_LIMIT
    else:
        rows, size = _filtered(filters, user.pk), PAGE
        before = request.GET.get("before", "")
        if before.isdigit():
            rows = rows.filter(pk__lt=int(before))
    rows = rows.prefetch_related(
        Prefetch(
            "assignments",
            queryset=Assignment.objects.filter(ended_at__isnull=True).select_related("user").order_by("pk"),
            to_attr="standing",
        )
    )
    found = list(rows[: size + 1])
    shown = found[:size]
    query = request.GET.copy()
    if len(found) > size and named is None:
        query["before"] = str(shown[-1].pk)
    else:
        query.pop("before", None)
    context: dict[str, Any] = {
        "rows": shown,
        "named": named,
        "lists": lists,
        "filters": filters,
        "filtered": any(filters.values()),
        "states": ClaimState.choices,
        "publics": PublicStatus.choices,
        "next": query.urlencode() if len(found) > size and named is None else "",
        "more": len(found) > size,
    }
    return render(request, "claims/admin/claim_list.html", context, title=named.title if named else "Claims")


def _filtered(filters: dict[str, str], user_id: int) -> ClaimQuerySet:
    rows = Claim.objects.select_related("claimant", "public_head").order_by("-pk")
    if filters["state"] in ClaimState.values:
        rows = rows.filter(state=filters["state"])
    if filters["public"] == PublicStatus.LIVE:
        rows = rows.filter(public_head__live=True)
    elif filters["public"] == PublicStatus.RETRACTED:
        rows = rows.filter(public_head__live=False)
    elif filters["public"] == PublicStatus.NONE:
        rows = rows.filter(public_head__isnull=True)
    if filters["mine"]:
        mine = Assignment.objects.filter(user_id=user_id, ended_at__isnull=True)
        rows = rows.filter(pk__in=mine.values("claim_id"))
    if filters["q"]:
        rows = rows.filter(_matching(filters["q"]))
    return rows


def _matching(text: str) -> Q:
    """Words of the statement, a claimant's name, a public id, or the address of a page that the claim cites."""
    words = Q(search=SearchQuery(text, search_type="websearch", config="english"))
    found = words | Q(public_id=text) | Q(claimant__name__icontains=text)
    if text.startswith(("http://", "https://")):
        try:
            page = document_at(normal_url(text))
        except ValueError:
            return found
        if page is not None:
            cited = Q(evidence__document=page) | Q(appearances__document=page) | Q(coverage__document=page)
            found |= Q(pk__in=Claim.objects.filter(cited).values("pk"))
    return found


@desk_site.page("claim/new/", name="claim_new")
def claim_new(request: HttpRequest) -> HttpResponse:
    """Enter a claim into the inbox."""
    initial = {"language": organisation(request).default_language, "kind": "factual", "priority": "normal"}
    form = ClaimForm(request.POST or None, initial=initial, auto_id="%s")
    refusal = None
    if request.method == "POST":
        if form.is_valid():
            try:
                claim = create_claim(given=ClaimFields(**form.cleaned_data), actor=actor(request), at=now())
            except DomainError as error:
                refusal = refuse("claim", error, form, [])
            else:
                messages.success(request, "The claim is in the inbox.")
                return HttpResponseRedirect(reverse("admin:claim", args=[claim.public_id]))
        else:
            refusal = refuse_shape("claim", form)
    return _form_page(request, form, refusal, claim=None, title="New claim")


@desk_site.page("claim/<slug:public_id>/edit/", name="claim_edit")
def claim_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Edit what is said of a claim; a save in between shows both texts and loses neither."""
    claim = get_object_or_404(Claim.objects.select_related("claimant", "translation_of"), public_id=public_id)
    refusal = None
    if request.method == "POST":
        form = ClaimForm(request.POST, auto_id="%s")
        version = request.POST.get("lock_version", "")
        if form.is_valid():
            try:
                edit_claim(
                    claim_id=claim.pk,
                    given=ClaimFields(**form.cleaned_data),
                    lock_version=int(version) if version.isdigit() else None,
                    actor=actor(request),
                    at=now(),
                )
            except DomainError as error:
                refusal = refuse("claim", error, form, compare(error, []))
                if not isinstance(error, StaleWrite):
                    claim.lock_version = int(version) if version.isdigit() else claim.lock_version
            else:
                messages.success(request, "The claim is saved.")
                return HttpResponseRedirect(reverse("admin:claim", args=[claim.public_id]))
        else:
            refusal = refuse_shape("claim", form)
            claim.lock_version = int(version) if version.isdigit() else claim.lock_version
    else:
        form = ClaimForm(initial=_initial(claim), auto_id="%s")
    return _form_page(request, form, refusal, claim=claim, title="Edit the claim")


def _initial(claim: Claim) -> dict[str, Any]:
    names = [name for name in ClaimForm.base_fields if name not in {"topics", "claimant", "translation_of"}]
    return {
        **{name: getattr(claim, name) for name in names},
        "claimant": str(claim.claimant) if claim.claimant else "",
        "translation_of": claim.translation_of.public_id if claim.translation_of else "",
        "topics": list(claim.topics.all()),
    }


def _form_page(
    request: HttpRequest, form: ClaimForm, refusal: Refusal | None, *, claim: Claim | None, title: str
) -> HttpResponse:
    user = actor(request)
    allowed = (
        may(user, Operation.EDIT_CLAIM, state=claim.state, own=claim.created_by_id == user.pk)
        if claim is not None
        else may(user, Operation.CREATE_CLAIM)
    )
    context: dict[str, Any] = {
        "form": form,
        "refusal": refusal,
        "claim": claim,
        "allowed": allowed,
        "claimants": Claimant.objects.order_by("name", "pk")[:SUGGESTED_CLAIMANTS],
    }
    status = refusal.status if refusal is not None else 200
    return render(request, "claims/admin/claim_form.html", context, title=title, status=status)
