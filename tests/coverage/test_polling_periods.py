"""How often a source is asked, what a feed says of that itself, and where it moves to."""

from datetime import timedelta

import pytest

from claims.choices import EventKind
from claims.http import Web
from claims.models import Event, Source
from tests.coverage.asking import poll
from tests.coverage.feeds import item, rss
from tests.factories import NOON
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SY = 'xmlns:u="http://purl.org/rss/1.0/modules/syndication/"'
TWO = rss(item("/one", "Bridge costs rise"), item("/two"))


def dated(*minutes_ago: int) -> bytes:
    """A feed of one entry per number, published so many minutes before noon."""
    return rss(*[item(f"/{n}", date=f"{NOON - n * MINUTE:%a, %d %b %Y %H:%M:%S} GMT") for n in sorted(minutes_ago)])


def test_the_period_is_learned_from_how_quickly_the_list_was_ever_replaced(source: Source, site: Site, web: Web):
    site.page("/feed.xml", dated(*range(40, 440, 40)))

    poll(source, web)

    # Ten entries, one every 40 minutes: half of them are replaced in 200, and two appear in 80.
    assert source.next_poll_at == NOON + 80 * MINUTE


def test_a_fixed_period_stays_whatever_the_feed_does(source: Source, site: Site, web: Web):
    Source.objects.update(fixed_period=True, poll_minutes=7)
    site.page("/feed.xml", dated(*range(40, 440, 40)))

    poll(source, web)

    assert source.next_poll_at == NOON + 7 * MINUTE


def test_a_feed_that_asks_to_be_read_seldom_is(source: Source, site: Site, web: Web):
    site.page("/feed.xml", TWO, headers={"ETag": '"1"', "Cache-Control": "public, max-age=7200"})
    poll(source, web)
    first = source.next_poll_at
    poll(source, web, NOON + 120 * MINUTE)

    assert first == NOON + 120 * MINUTE
    assert source.next_poll_at == NOON + 240 * MINUTE


@pytest.mark.parametrize(
    ("channel", "minutes"),
    [
        ("<ttl>90</ttl>", 90),
        (
            f"<u:updatePeriod {SY}>daily</u:updatePeriod><u:updateFrequency {SY}>4</u:updateFrequency>",
            360,
        ),
        ("<ttl>soon</ttl>", 30),
    ],
)
def test_what_a_feed_says_of_its_own_period_is_kept_to(source: Source, site: Site, web: Web, channel: str, minutes):
    site.page("/feed.xml", rss(item("/one"), channel=channel))

    poll(source, web)

    assert source.next_poll_at == NOON + minutes * MINUTE


def test_a_poll_says_how_much_of_the_list_was_new_and_whether_some_was_lost(source: Source, site: Site, web: Web):
    site.page("/feed.xml", dated(300, 200, 100))
    poll(source, web)
    site.page("/feed.xml", dated(200, 100, 50))
    second = poll(source, web, NOON + 30 * MINUTE)
    site.page("/feed.xml", dated(30, 20, 10))

    third = poll(source, web, NOON + 60 * MINUTE)

    assert (second.new_entries, second.lost_entries) == (1, False)
    assert (third.new_entries, third.lost_entries) == (3, True)
    assert third.size == len(dated(30, 20, 10))
    assert third.milliseconds is not None
    assert third.next_poll_at == source.next_poll_at


def test_a_permanent_redirect_is_followed_for_good_once_it_has_lasted(source: Source, site: Site, web: Web):
    old, new = source.url, site.url("/new.xml")
    site.redirect("/feed.xml", "/new.xml", status=301)
    site.page("/new.xml", TWO)
    for hour in range(0, 24, 6):
        poll(source, web, NOON + timedelta(hours=hour))
    before = source.url

    poll(source, web, NOON + timedelta(hours=24))

    assert before == old
    assert source.url == new
    event = Event.objects.filter(kind=EventKind.SOURCE_SAVED).latest("pk")
    assert event.actor is None
    assert event.data is not None
    assert (event.data["before"]["url"], event.data["after"]["url"]) == (old, new)


def test_a_redirect_for_now_or_one_that_changes_moves_nothing(source: Source, site: Site, web: Web):
    old = source.url
    for n, status in enumerate([302, 301, 307, 308, 301, 301, 301, 301]):
        site.redirect("/feed.xml", f"/new{n // 6}.xml", status=status)
        site.page(f"/new{n // 6}.xml", TWO)
        poll(source, web, NOON + timedelta(days=n))

    assert source.url == old


def test_a_move_to_an_address_that_another_source_has_is_said_and_not_made(source: Source, site: Site, web: Web):
    Source.objects.create(name="The same", url=site.url("/new.xml"))
    site.redirect("/feed.xml", "/new.xml", status=308)
    site.page("/new.xml", TWO)
    for day in range(6):
        poll(source, web, NOON + timedelta(days=day))

    assert source.url == site.url("/feed.xml")
    assert "another source" in source.health_note
