"""Sitemaps are read through their index, within the time of one poll."""

from datetime import timedelta

import pytest

from claims.choices import Outcome, SourceKind
from claims.coverage import polling, sources
from claims.http import RetryLater, Web
from claims.models import Outlet, Source
from tests.coverage import feeds
from tests.coverage.asking import poll
from tests.factories import NOON
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db


def test_an_index_that_stays_as_it_is_is_still_read_to_its_sitemaps(site: Site, web: Web, outlet: Outlet):
    site.page("/index.xml", feeds.index(site.url("/map.xml")), headers={"ETag": '"1"'})
    site.page("/map.xml", feeds.sitemap(feeds.page(site.url("/one"))))
    source = sources.save_source(
        source_id=None,
        name="Map",
        url=site.url("/index.xml"),
        poll_minutes=30,
        outlet=outlet,
        active=True,
        actor=None,
        at=NOON,
        kind=SourceKind.SITEMAP,
    )
    polling.store_poll(polled=polling.ask(source_id=source.pk, web=web, at=NOON), at=NOON)
    site.page("/map.xml", feeds.sitemap(feeds.page(site.url("/one")), feeds.page(site.url("/two"))))
    later = NOON + timedelta(hours=1)

    poll = polling.store_poll(polled=polling.ask(source_id=source.pk, web=web, at=later), at=later)

    assert (poll.outcome, poll.entries, poll.new_documents) == (Outcome.FOUND, 2, 1)


@pytest.fixture
def map_source(site: Site, outlet: Outlet) -> Source:
    """A sitemap index that names one sitemap with one page."""
    site.page("/index.xml", feeds.index(site.url("/map.xml")))
    site.page("/map.xml", feeds.sitemap(feeds.page(site.url("/one"))))
    return Source.objects.create(name="Map", url=site.url("/index.xml"), kind=SourceKind.SITEMAP, outlet=outlet)


def test_a_poll_whose_time_is_over_asks_for_no_further_sitemap_and_says_so(
    map_source: Source, site: Site, web: Web, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(polling, "LONGEST_POLL", 0.0)

    stored = poll(map_source, web)

    assert [request.path for request in site.requests()] == ["/robots.txt", "/index.xml"]
    assert (stored.outcome, stored.entries) == (Outcome.RETRY_LATER, None)
    assert "as long as it may" in stored.note


def test_sitemaps_of_a_host_that_wants_pauses_are_waited_for(map_source: Source, site: Site):
    refused: list[bool] = []
    taken: list[int] = []

    def pause(*, scheme: str, host: str, port: int) -> None:
        if len(taken) == 2 and not refused:  # after robots.txt and the index
            refused.append(True)
            raise RetryLater("Not our turn.", reason="pace", after=0.05)
        taken.append(port)

    stored = poll(map_source, Web(pace=pause, loopback_allowed=[site.host_port]))

    assert refused
    assert (stored.outcome, stored.entries) == (Outcome.FOUND, 1)
