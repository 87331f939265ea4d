"""Feeds for readers: Atom, RSS and JSON Feed, of the site, a topic, a rating or a claimant.

Programs that must miss nothing read the change feed.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from claims.models import Organisation, Rating, Topic
from claims.publishing import feed, feed_formats
from claims.publishing.feed import Subject
from claims.verdicts.candidate import site_url
from claims.web.answers import conditional, open_to_all, public


@public
def atom(request: HttpRequest) -> HttpResponseBase:
    """The newest verdicts and corrections as Atom."""
    return _answer(request, "feed_atom", "application/atom+xml; charset=utf-8", feed_formats.atom)


@public
def rss(request: HttpRequest) -> HttpResponseBase:
    """The same as RSS 2.0."""
    return _answer(request, "feed_rss", "application/rss+xml; charset=utf-8", feed_formats.rss)


@public
def json_feed(request: HttpRequest) -> HttpResponseBase:
    """The same as JSON Feed."""
    return _answer(request, "feed_json", "application/feed+json", feed_formats.json_feed)


def _answer(request: HttpRequest, name: str, kind: str, build: Callable[..., bytes]) -> HttpResponseBase:
    try:
        subject = Subject.of({key: str(value) for key, value in request.GET.items()}).as_published()
    except ValueError as error:
        return HttpResponse(f"{error}\n", status=400, content_type="text/plain; charset=utf-8")
    organisation = Organisation.objects.current()
    base = site_url(organisation)
    shown = feed.entries(subject)
    own = feed.address(base, name, subject)
    page = f"{reverse('public_index')}?{subject.query}" if subject.query else reverse("public_front")
    site = feed.Site(
        name=f"{organisation.name or 'Fact-check desk'}{f': {_title(subject)}' if shown and subject.name else ''}",
        home=f"{base}{page}",
        own=own,
        licence=organisation.data_licence,
        language=organisation.default_language,
        hub=settings.WEBSUB_HUB,
    )
    response = HttpResponse(build(site=site, shown=shown), content_type=kind)
    if site.hub:
        response.headers["Link"] = f'<{site.hub}>; rel="hub", <{own}>; rel="self"'
    return open_to_all(conditional(request, response, changed_at=shown[0].changed_at if shown else None))


def _title(subject: Subject) -> str:
    """A subject by its name for people."""
    if subject.topic:
        topic = Topic.objects.filter(slug=subject.topic).first()
        return topic.name() if topic is not None else subject.topic
    if subject.rating:
        rating = Rating.objects.filter(slug=subject.rating).order_by("-scale__version").first()
        return rating.name() if rating is not None else subject.rating
    return subject.claimant
