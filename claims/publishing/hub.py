"""Telling a WebSub hub which feeds have changed, so that it brings the news to their readers.

w3.org/TR/websub leaves the publisher's ping to hub and publisher; this is the one that PubSubHubbub 0.4 §7 named, and
that hubs take: a form with `hub.mode=publish` and a `hub.url` for each feed.
"""

from urllib.parse import urlencode

from django.conf import settings

from claims.errors import Transient
from claims.http import Web
from claims.models import Publication
from claims.publishing.feed import changed_topics


def tell_hub(*, verdict_id: int, base: str, web: Web) -> None:
    """Tell the hub in the settings, if there is one, of every feed that this publication changed. `base`: the site's.

    Telling it twice does no harm: it looks and finds nothing new. Raises Transient unless it understood, or WebError
    where there is no answer.
    """
    publication = Publication.objects.filter(verdict=verdict_id).first()
    if publication is None or not settings.WEBSUB_HUB:
        return
    topics = changed_topics(publication, base=base)
    body = urlencode([("hub.mode", "publish"), *(("hub.url", topic) for topic in topics)]).encode()
    answer = web.deliver(settings.WEBSUB_HUB, body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    if not 200 <= answer.status < 300:
        raise Transient(f"The hub at {settings.WEBSUB_HUB} answered {answer.status}.", after=answer.retry_after())
