"""Sitemaps: an index, files of at most 50,000 live verdicts, the fixed pages, and the news of two days."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from claims.models import Organisation
from claims.publishing import sitemap
from claims.verdicts.candidate import site_url
from claims.web.answers import MAX_AGE, conditional, public

XML = "application/xml; charset=utf-8"
FIXED = ("public_front", "public_index", "public_corrections", "public_methodology", "public_ratings")


@public
def index(request: HttpRequest) -> HttpResponseBase:
    """Where the sitemaps are, each with the instant of its newest verdict."""
    base = _base()
    address = f"{base}{reverse('sitemap', args=[0])}".replace("0.xml", "{}.xml")
    body = sitemap.index(sitemap.files(), address, f"{base}{reverse('sitemap_pages')}")
    return conditional(request, HttpResponse(body, content_type=XML))


@public
def verdicts(request: HttpRequest, number: int) -> HttpResponseBase:  # noqa: ARG001
    """One file of live verdicts, streamed; 404 for a file that holds nothing."""
    known = {one.number: one for one in sitemap.files()}
    if number not in known:
        raise Http404("There is no such sitemap.")
    response = StreamingHttpResponse(sitemap.verdicts(number, _base()), content_type=XML)
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    return response


@public
def pages(request: HttpRequest) -> HttpResponseBase:
    """The pages that are always there."""
    body = sitemap.fixed([f"{_base()}{reverse(name)}" for name in FIXED])
    return conditional(request, HttpResponse(body, content_type=XML))


@public
def news(request: HttpRequest) -> HttpResponseBase:
    """The verdicts of the last two days."""
    body = sitemap.news(Organisation.objects.current().name, _base(), at=timezone.now())
    return conditional(request, HttpResponse(body, content_type=XML))


def _base() -> str:
    return site_url(Organisation.objects.current())
