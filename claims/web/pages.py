"""The public pages: one per claim, set from the stored bytes, and a front page of the newest verdicts. No script."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse

from claims.models import Claim, Organisation, Publication, PublicHead
from claims.publishing.page import verdict_context

PAGE = 20


def verdict(request: HttpRequest, public_id: str) -> HttpResponse:
    """The newest version, or the one that `?version=` names.

    404 for what was never public, 410 for what was retracted, 451 for what was erased, 301 for what was merged.
    """
    head = PublicHead.objects.select_related("publication").filter(public_id=public_id).first()
    if head is None:
        merged = Claim.objects.filter(public_id=public_id, merged_into__isnull=False).select_related("merged_into")
        into = getattr(merged.first(), "merged_into", None)
        if into is None:
            raise Http404("No verdict has been published under this address.")
        return HttpResponsePermanentRedirect(reverse("public_verdict", args=[into.public_id]))
    publication, newest = head.publication, head.publication
    wanted = request.GET.get("version", "")
    if wanted:
        publication = _version(head, wanted)
    if publication.body is None:
        return render(request, "claims/web/nothing.html", {"erased": True, **_house()}, status=451)
    body = json.loads(bytes(publication.body))
    context = verdict_context(
        body,
        valid_from=publication.valid_from,
        newest=newest.version,
        standing="retracted" if not head.live else "current",
        retraction=newest.public_note if not head.live else "",
    )
    status = 410 if not head.live and not wanted else 200
    return render(request, "claims/web/verdict.html", context, status=status)


def front(request: HttpRequest) -> HttpResponse:
    """The newest verdicts, a page at a time by sequence."""
    heads = PublicHead.objects.live().select_related("publication").order_by("-sequence")
    before = request.GET.get("before", "")
    if before.isdigit():
        heads = heads.filter(sequence__lt=int(before))
    found = list(heads[: PAGE + 1])
    shown = []
    for head in found[:PAGE]:
        body = json.loads(bytes(head.publication.body)) if head.publication.body is not None else None
        if body is not None:
            shown.append({"url": reverse("public_verdict", args=[head.public_id]), "body": body, "head": head})
    context: dict[str, Any] = {
        "shown": shown,
        "next": found[PAGE - 1].sequence if len(found) > PAGE else None,
        **_house(),
    }
    return render(request, "claims/web/front.html", context)


def _version(head: PublicHead, wanted: str) -> Publication:
    found = Publication.objects.filter(claim_id=head.claim_id, version=int(wanted)) if wanted.isdigit() else None
    publication = found.first() if found is not None else None
    if publication is None:
        raise Http404("There is no such version.")
    return publication


def _house() -> dict[str, Any]:
    organisation = Organisation.objects.current()
    return {"publisher": {"name": organisation.name}, "licence": organisation.data_licence}
