"""The editor's autosave, and the preview of the public page."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from claims.admin.actions import compare
from claims.admin.site import actor, desk_site, now
from claims.admin.slots import SlotMaker
from claims.admin.verdict_editor import checklist, fields_of, ratings_for, verdict_form
from claims.audit.contributions import open_revision
from claims.choices import Move
from claims.errors import DomainError, Invalid
from claims.models import Claim
from claims.publishing.page import verdict_context
from claims.review.operations import pending_retraction
from claims.verdicts.candidate import document
from claims.verdicts.operations import save_draft


@desk_site.page("claim/<slug:public_id>/autosave/", name="claim_autosave")
@require_POST
def autosave(request: HttpRequest, public_id: str) -> JsonResponse:
    """Save the draft as it is being typed; answers with the new lock version and the checklist, or with the error."""
    claim = get_object_or_404(Claim.objects.with_public_status().select_related("claimant"), public_id=public_id)
    revision = open_revision(claim)
    ratings = ratings_for(claim, revision)
    version = request.POST.get("lock_version", "")
    try:
        if revision is None:
            raise Invalid("There is no open draft to write in.")
        form = verdict_form(claim, revision, ratings)(request.POST)
        if not form.is_valid():
            raise Invalid(
                "Not saved: look at the marked fields.",
                fields={name: list(map(str, texts)) for name, texts in form.errors.items()},
            )
        saved = save_draft(
            claim_id=claim.pk,
            given=fields_of(form.cleaned_data, ratings),
            lock_version=int(version) if version.isdigit() else None,
            actor=actor(request),
            at=now(),
        )
    except DomainError as error:
        differing = [item.label for item in compare(error, ratings)]
        return JsonResponse(
            {"code": error.code, "message": error.message, "fields": error.fields, "differing": differing},
            status=error.status,
        )
    maker = SlotMaker(claim=claim)
    lines = checklist(claim=claim, revision=saved, user=actor(request), maker=maker)
    context = {"lines": lines, "claim": claim, "missing": sum(item.line.state == "missing" for item in lines)}
    return JsonResponse(
        {
            "lock_version": saved.lock_version,
            "saved_at": saved.saved_at.isoformat(),
            "checklist": render_to_string("claims/admin/parts/checklist.html", context, request),
        }
    )


@desk_site.page("claim/<slug:public_id>/preview/", name="claim_preview")
@xframe_options_sameorigin
def preview(request: HttpRequest, public_id: str) -> HttpResponse:
    """The public page as the open revision, or a proposed retraction, would make it. Framed without any right."""
    claim = get_object_or_404(Claim.objects.with_public_status().select_related("claimant"), public_id=public_id)
    revision = open_revision(claim)
    if request.GET.get("of") == Move.RETRACT.value:
        revision = pending_retraction(claim)
    if revision is None:
        head = getattr(claim, "public_head", None)
        if head is None:
            return render(request, "claims/web/nothing.html", {"preview": True})
        if head.publication.body is None:
            return render(request, "claims/web/nothing.html", {"preview": True, "erased": True})
        body = json.loads(bytes(head.publication.body))
    elif revision.candidate is not None:
        body = json.loads(bytes(revision.candidate))
    else:
        body = json.loads(json.dumps(document(claim=claim, verdict=revision)))
    return render(request, "claims/web/verdict.html", verdict_context(body, preview=True))
