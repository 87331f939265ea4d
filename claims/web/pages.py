"""The public pages of verdicts: one per claim, set from the stored bytes, and lists of them. No script."""

import json

from django.db.models import Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse

from claims.models import Claim, Organisation, Publication, PublicHead
from claims.publishing import browse
from claims.publishing.browse import Selection
from claims.publishing.page import verdict_context
from claims.web.answers import conditional, house, in_zone, number, public, withheld


@public
def verdict(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The newest version, or the one that `?version=` names.

    404 for what was never public, 410 for what was retracted, 451 for what was erased, 301 for what was merged.
    """
    found = published(public_id)
    if found is None:
        return _elsewhere(public_id)
    head, zone = found
    publication, newest = head.publication, head.publication
    wanted = request.GET.get("version", "")
    if wanted:
        publication = _version(head, wanted)
    with in_zone(zone):
        if publication.body is None:
            organisation = Organisation.objects.current()
            context = {"erased": publication, "public_id": public_id, **house(organisation)}
            page = withheld(render(request, "claims/web/erased.html", context, status=451), organisation)
            return conditional(request, page)
        context = verdict_context(
            json.loads(bytes(publication.body)),
            valid_from=publication.valid_from,
            first_at=head.reviewed_at,
            newest=newest.version,
            standing="current" if head.live else "retracted",
            retraction="" if head.live else newest.public_note,
            translations=head.translations if head.live else "[]",
        )
        context["retracted_at"] = None if head.live else newest.valid_from
        status = 410 if not head.live and not wanted else 200
        page = render(request, "claims/web/verdict.html", context, status=status)
    return conditional(request, page, changed_at=max(newest.valid_from, head.translated_at or newest.valid_from))


@public
def front(request: HttpRequest) -> HttpResponseBase:
    """The newest verdicts."""
    return _list(request, Selection(), front=True)


@public
def index(request: HttpRequest) -> HttpResponseBase:
    """Live verdicts by topic, rating, claimant, language and words, a page at a time."""
    return _list(request, Selection.of(request.GET), front=False)


def published(public_id: str) -> tuple[PublicHead, str] | None:
    """The newest publication, and the newsroom's zone; None if nothing was ever published. One query."""
    zone = Subquery(Organisation.objects.filter(pk=1).values("time_zone"))
    heads = PublicHead.objects.select_related("publication").defer("publication__search").annotate(zone=zone)
    head = heads.filter(public_id=public_id).first()
    return None if head is None else (head, str(vars(head)["zone"]))


def _list(request: HttpRequest, selection: Selection, *, front: bool) -> HttpResponse | HttpResponseBase:
    before, after = number(request.GET.get("before", "")), number(request.GET.get("after", ""))
    shown, older, newer = browse.verdicts(selection, before=before, after=after)
    topics, ratings = browse.choices()
    organisation = Organisation.objects.current()
    context = {
        "here": "verdicts",
        "shown": shown,
        "front": front,
        "selection": selection,
        "chosen": selection.chosen(),
        "topics": topics,
        "ratings": ratings,
        "older": selection.query(before=older) if older is not None else "",
        "newer": selection.query(after=newer) if newer is not None else "",
        "paged": before is not None or after is not None,
        "feeds": selection.chosen().keys() - {"q", "language"},
        **house(organisation),
    }
    with in_zone(organisation.time_zone):
        page = render(request, "claims/web/list.html", context)
    return conditional(request, page, changed_at=None)


def _elsewhere(public_id: str) -> HttpResponseBase:
    merged = Claim.objects.filter(public_id=public_id, merged_into__public_head__isnull=False)
    into = merged.values_list("merged_into__public_id", flat=True).first()
    if into is None:
        raise Http404("No verdict has been published under this address.")
    return HttpResponsePermanentRedirect(reverse("public_verdict", args=[into]))


def _version(head: PublicHead, wanted: str) -> Publication:
    version = number(wanted)
    found = Publication.objects.filter(claim_id=head.claim_id, version=version).first() if version else None
    if found is None:
        raise Http404("There is no such version.")
    return found
