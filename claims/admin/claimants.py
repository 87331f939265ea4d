"""Claimants: their list, and the form that makes or changes one through the operation."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from claims.access.roles import Operation, may
from claims.admin.forms import ClaimantForm
from claims.admin.site import actor, desk_site, now, render
from claims.admin.slots import Refusal, refuse, refuse_shape
from claims.editing.people import save_claimant
from claims.errors import DomainError
from claims.models import Claimant

PAGE = 100


@desk_site.page("claimant/", name="claimant_list")
def claimant_list(request: HttpRequest) -> HttpResponse:
    """Claimants by name, with how many claims are theirs; `q` finds a part of a name."""
    text = request.GET.get("q", "").strip()
    after, _, pk = request.GET.get("after", "").rpartition(":")
    rows = Claimant.objects.annotate(claim_count=Count("claims")).order_by("name", "pk")
    if text:
        rows = rows.filter(name__icontains=text)
    if pk.isdigit():
        rows = rows.filter(name__gt=after) | rows.filter(name=after, pk__gt=int(pk))
    found = list(rows[: PAGE + 1])
    query = request.GET.copy()
    if len(found) > PAGE:
        query["after"] = f"{found[PAGE - 1].name}:{found[PAGE - 1].pk}"
    context: dict[str, Any] = {
        "rows": found[:PAGE],
        "q": text,
        "next": query.urlencode() if len(found) > PAGE else "",
        "may_edit": may(actor(request), Operation.EDIT_CLAIMANT),
    }
    return render(request, "claims/admin/claimant_list.html", context, title="Claimants")


@desk_site.page("claimant/new/", name="claimant_new")
def claimant_new(request: HttpRequest) -> HttpResponse:
    """Make a claimant."""
    return _claimant(request, None, {"name": request.GET.get("name", ""), "kind": "person", "living": True})


@desk_site.page("claimant/<int:pk>/", name="claimant")
def claimant_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a claimant. What is public stays; its claims come up under "look again"."""
    row = get_object_or_404(Claimant, pk=pk)
    initial = {
        "name": row.name,
        "kind": row.kind,
        "job_title": row.job_title,
        "same_as": "\n".join(map(str, row.same_as)),
        "living": row.living,
    }
    return _claimant(request, row, initial)


def _claimant(request: HttpRequest, row: Claimant | None, initial: dict[str, Any]) -> HttpResponse:
    form = ClaimantForm(request.POST if request.method == "POST" else None, initial=initial)
    refusal: Refusal | None = None
    if request.method == "POST":
        if form.is_valid():
            given = {**form.cleaned_data, "same_as": form.cleaned_data["same_as"].split()}
            try:
                save_claimant(claimant_id=row.pk if row else None, actor=actor(request), at=now(), **given)
            except DomainError as error:
                refusal = refuse("claimant", error, form, [])
            else:
                messages.success(request, f"{given['name']} is saved.")
                return HttpResponseRedirect(reverse("admin:claimant_list"))
        else:
            refusal = refuse_shape("claimant", form)
    operation = Operation.EDIT_CLAIMANT if row else Operation.CREATE_CLAIM
    context = {"form": form, "refusal": refusal, "claimant": row, "allowed": may(actor(request), operation)}
    status = refusal.status if refusal is not None else 200
    title = "Edit the claimant" if row else "New claimant"
    return render(request, "claims/admin/claimant_form.html", context, title=title, status=status)
