"""Verdicts on other sites: the page for their frames, the only one that anybody may frame, and oEmbed."""

import json
import re
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from claims.models import Organisation
from claims.publishing import embedding
from claims.publishing.page import change_label
from claims.publishing.queries import newest_version
from claims.verdicts.candidate import site_url
from claims.web.answers import MAX_AGE, conditional, house, in_zone, number, open_to_all, public, withheld
from claims.web.pages import published

# As strict as everywhere, but for who may frame it. It holds no form and nothing of a session.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors *",
    ]
)
_PAGE = re.compile(r"/verdicts/([-a-zA-Z0-9_]+)/?(?:embed/)?")


@public
def embed(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """A live verdict as a card. Retracted ones say so (410), erased ones too (451): the sites around learn of it."""
    found = published(public_id)
    if found is None:
        raise Http404("No verdict has been published under this address.")
    head, zone = found
    publication = head.publication
    with in_zone(zone):
        if publication.body is None:
            organisation = Organisation.objects.current()
            context = house(organisation)
            page = withheld(render(request, "claims/web/erased_embed.html", context, status=451), organisation)
        else:
            body = json.loads(bytes(publication.body))
            context = {
                "body": body,
                "retracted": not head.live,
                "change": change_label(publication.change_type),
                "note": publication.public_note,
                "changed_at": publication.valid_from,
                "publisher": body["publisher"],
            }
            page = render(request, "claims/web/embed.html", context, status=200 if head.live else 410)
    answer = conditional(request, page, changed_at=publication.valid_from)
    # On the answer that is sent, 304 too: a cache takes over its headers.
    answer.headers["Content-Security-Policy"] = POLICY
    answer.xframe_options_exempt = True  # type: ignore[attr-defined] # how Django's middleware is told
    return answer


@public
def oembed(request: HttpRequest) -> HttpResponseBase:
    """How to embed the verdict of `url`, as JSON or XML. 404 for what has no live verdict, 501 for other formats."""
    form = request.GET.get("format", "json")
    if form not in {"json", "xml"}:
        return open_to_all(_plain("Only json and xml are spoken here.", 501))
    organisation = Organisation.objects.current()
    base = site_url(organisation)
    asked, own = urlsplit(_clean(request.GET.get("url", ""))), urlsplit(base)
    place = _PAGE.fullmatch(asked.path) if asked.netloc == own.netloc else None
    found = newest_version(place[1]) if place is not None and asked.scheme in {"http", "https"} else None
    if found is None or not found.live or found.body is None:
        return open_to_all(_plain("There is no live verdict at this address.", 404))
    answer = embedding.oembed(
        json.loads(found.body),
        base=base,
        name=organisation.name or "Fact-check desk",
        max_width=number(request.GET.get("maxwidth", "")),
        max_height=number(request.GET.get("maxheight", "")),
        max_age=MAX_AGE,
    )
    response: HttpResponse
    if form == "xml":
        response = HttpResponse(embedding.as_xml(answer), content_type="text/xml; charset=utf-8")
    else:
        response = JsonResponse(answer)
    return open_to_all(conditional(request, response, changed_at=found.changed_at))


def _clean(url: str) -> str:
    """An address that can be taken apart; what cannot is none of ours."""
    return url if re.fullmatch(r"https?://[^\s\[\]]{1,2000}", url) else ""


def _plain(words: str, status: int) -> HttpResponse:
    return HttpResponse(f"{words}\n", status=status, content_type="text/plain; charset=utf-8")
