"""The site's feeds, for readers: Atom, RSS and JSON Feed. Programs that must miss nothing read the change feed."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from claims.models import Organisation
from claims.publishing import feed
from claims.text import sha256
from claims.verdicts.candidate import site_url

MAX_AGE = 60  # seconds


@require_safe
def atom(request: HttpRequest) -> HttpResponseBase:
    """The newest verdicts and corrections as Atom."""
    return _answer(request, "feed_atom", "application/atom+xml; charset=utf-8", feed.atom)


@require_safe
def rss(request: HttpRequest) -> HttpResponseBase:
    """The same as RSS 2.0."""
    return _answer(request, "feed_rss", "application/rss+xml; charset=utf-8", feed.rss)


@require_safe
def json_feed(request: HttpRequest) -> HttpResponseBase:
    """The same as JSON Feed."""
    return _answer(request, "feed_json", "application/feed+json", feed.json_feed)


def _answer(request: HttpRequest, name: str, kind: str, build: Callable[..., bytes]) -> HttpResponseBase:
    organisation = Organisation.objects.current()
    base = site_url(organisation)
    site = feed.Site(
        name=organisation.name or "Fact-check desk",
        home=f"{base}{reverse('public_front')}",
        own=f"{base}{reverse(name)}",
        licence=organisation.data_licence,
    )
    shown = feed.entries()
    body = build(site=site, shown=shown)
    headers = {"Cache-Control": f"public, max-age={MAX_AGE}", "Access-Control-Allow-Origin": "*"}
    etag = f'"{sha256(body)[:32]}"'
    response = HttpResponse(body, content_type=kind, headers={**headers, "ETag": etag})
    return get_conditional_response(request, etag, None, response) or response
