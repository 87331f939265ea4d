"""What a WebSub hub on loopback is told, and what becomes of a ping that it does not take."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from claims.models import Organisation
from tests import factories
from tests.publishing.endpoints import work
from tests.servers.loopback import Request, Site, Wire
from workers.choices import JobKind, JobState
from workers.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def hub(site: Site, settings: Any) -> list[Request]:
    """The requests of a hub that takes every ping."""
    heard: list[Request] = []

    def take(request: Request, wire: Wire) -> None:
        heard.append(request)
        wire.answer(b"", status=204)

    site.handle("/hub", take)
    settings.WEBSUB_HUB = site.url("/hub")
    return heard


def test_the_hub_is_told_of_every_feed_that_a_publication_changed(hub: list[Request]):
    Organisation.objects.update(site_url="https://desk.example")
    factories.published_claim()

    work()

    (ping,) = hub
    form = parse_qs(ping.body.decode())
    assert (ping.method, form["hub.mode"]) == ("POST", ["publish"])
    assert ping.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "https://desk.example/feed.atom" in form["hub.url"]
    assert any("rating=" in url for url in form["hub.url"])
    assert len(form["hub.url"]) == len(set(form["hub.url"]))


def test_a_retraction_is_told_too(hub: list[Request]):
    claim = factories.published_claim()
    work()

    factories.retracted(claim)
    work()

    assert len(hub) == 2


def test_a_hub_that_is_unwell_is_told_again_later(site: Site, settings: Any):
    site.handle("/hub", lambda _, wire: wire.answer(b"", status=503))
    settings.WEBSUB_HUB = site.url("/hub")
    factories.published_claim()

    work()

    job = Job.objects.get(kind=JobKind.TELL_HUB)
    assert (job.state, job.errors) == (JobState.QUEUED, 1)
    assert "503" in job.last_error


def test_without_a_hub_there_is_nothing_to_do(settings: Any):
    settings.WEBSUB_HUB = ""
    factories.published_claim()

    work()

    assert not Job.objects.filter(kind=JobKind.TELL_HUB).exists()
