"""Sources are asked politely, on their own schedule, and every answer is written down as what it was."""

from datetime import timedelta
from typing import Any

import pytest

from claims.choices import EventKind, Outcome, SourceKind
from claims.coverage import polling, sources
from claims.coverage.queries import source_health
from claims.errors import Conflict, Invalid, NotAllowed
from claims.http import NO_PACE, NotMeasured, Refused, RetryLater, Web
from claims.models import Document, DocumentUrl, Event, Source, SourcePoll
from tests.coverage.asking import poll
from tests.coverage.feeds import item, rss
from tests.factories import NOON, UserFactory
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TWO = rss(item("/one", "Bridge costs rise"), item("/two"))


def test_new_articles_become_documents_with_an_event_each(source: Source, site: Site, web: Web):
    site.page("/feed.xml", TWO, headers={"ETag": 'W/"1"', "Last-Modified": "Mon, 02 Mar 2026 08:00:00 GMT"})

    stored = poll(source, web)

    assert (stored.outcome, stored.entries, stored.new_documents, stored.http_status) == (Outcome.FOUND, 2, 2, 200)
    document = Document.objects.get(url=site.url("/one"))
    assert (document.title, document.outlet) == ("Bridge costs rise", source.outlet)
    events = Event.objects.filter(kind=EventKind.DOCUMENT_FOUND)
    assert {event.subject_id for event in events} == set(Document.objects.values_list("pk", flat=True))
    assert source.etag == 'W/"1"'
    assert source.next_poll_at == NOON + 30 * MINUTE


def test_storing_the_same_poll_twice_changes_nothing(source: Source, site: Site, web: Web):
    site.page("/feed.xml", TWO)
    polled = polling.ask(source_id=source.pk, web=web, at=NOON)

    first = polling.store_poll(polled=polled, at=NOON)
    again = polling.store_poll(polled=polled, at=NOON + MINUTE)

    assert first == again
    assert Event.objects.filter(kind=EventKind.DOCUMENT_FOUND).count() == 2
    assert DocumentUrl.objects.count() == 2


def test_the_second_question_is_conditional_and_its_304_is_none(source: Source, site: Site, web: Web):
    site.page("/feed.xml", TWO, headers={"ETag": '"1"'})
    poll(source, web)

    stored = poll(source, web, NOON + 30 * MINUTE)

    assert site.requests("/feed.xml")[-1].headers["if-none-match"] == '"1"'
    assert (stored.outcome, stored.http_status, stored.entries) == (Outcome.NONE, 304, None)
    assert source.failures == 0


def test_once_a_day_the_question_is_unconditional(source: Source, site: Site, web: Web):
    site.page("/feed.xml", TWO, headers={"ETag": '"1"'})
    poll(source, web)

    stored = poll(source, web, NOON + timedelta(hours=24))

    assert "if-none-match" not in site.requests("/feed.xml")[-1].headers
    assert (stored.outcome, stored.http_status) == (Outcome.NONE, 200)


def test_the_same_body_is_not_read_again(source: Source, site: Site, web: Web):
    site.page("/feed.xml", TWO)
    poll(source, web)

    stored = poll(source, web, NOON + 30 * MINUTE)

    assert (stored.outcome, stored.entries) == (Outcome.NONE, None)
    assert "byte for byte" in stored.note


def test_an_empty_feed_is_none_and_a_page_instead_of_a_feed_is_not_measured(source: Source, site: Site, web: Web):
    site.page("/feed.xml", rss())
    assert poll(source, web).outcome == Outcome.NONE

    site.page("/feed.xml", b"<html><body>Blocked</body></html>")
    stored = poll(source, web, NOON + MINUTE)

    assert (stored.outcome, stored.entries) == (Outcome.NOT_MEASURED, None)
    assert source.failures == 1.0
    assert source.health_note == stored.note


@pytest.mark.parametrize(
    ("status", "outcome", "weight"),
    [
        (500, Outcome.RETRY_LATER, 0.5),
        (404, Outcome.RETRY_LATER, 0.5),
        (403, Outcome.REFUSED, 1.0),
        (418, Outcome.NOT_MEASURED, 1.0),
    ],
)
def test_answers_without_a_feed_are_failures_of_their_own_weight(
    source: Source, site: Site, web: Web, status: int, outcome: Outcome, weight: float
):
    site.page("/feed.xml", b"no", status=status)

    stored = poll(source, web)

    assert (stored.outcome, stored.http_status) == (outcome, status)
    assert source.failures == weight
    assert source.next_poll_at == NOON + 30 * MINUTE * weight
    assert (stored.conditional, stored.size, stored.next_poll_at) == (False, 2, source.next_poll_at)


def test_failures_stretch_the_period_in_a_line_to_a_day_and_one_success_ends_it(source: Source, site: Site, web: Web):
    site.page("/feed.xml", b"no", status=403)
    waits = []
    for n in range(3):
        poll(source, web, NOON + n * MINUTE)
        assert source.next_poll_at is not None
        waits.append(source.next_poll_at - (NOON + n * MINUTE))
    Source.objects.update(failures=28)
    poll(source, web, NOON + 5 * MINUTE)
    longest = source.next_poll_at
    Source.objects.update(poll_minutes=90, failures=28)
    poll(source, web, NOON + 6 * MINUTE)
    capped = source.next_poll_at
    Source.objects.update(poll_minutes=30, failures=400)
    poll(source, web, NOON + 7 * MINUTE)
    dead = source.next_poll_at

    site.page("/feed.xml", TWO)
    poll(source, web, NOON + 10 * MINUTE)

    assert waits == [30 * MINUTE, 60 * MINUTE, 90 * MINUTE]
    assert longest == NOON + 5 * MINUTE + timedelta(hours=14, minutes=30)
    assert capped == NOON + 6 * MINUTE + timedelta(hours=24)
    assert dead == NOON + 7 * MINUTE + timedelta(days=30)
    assert (source.failures, source.next_poll_at) == (0, NOON + 40 * MINUTE)


def test_a_site_that_asks_for_time_gets_it(source: Source, site: Site, web: Web):
    site.page("/feed.xml", b"slow down", status=429, headers={"Retry-After": "7200"})

    stored = poll(source, web)

    assert stored.outcome == Outcome.RETRY_LATER
    assert source.next_poll_at is not None
    # Up to an hour more, so that those who were turned away together do not come back together.
    assert NOON + timedelta(hours=2) <= source.next_poll_at < NOON + timedelta(hours=3)


def test_a_feed_that_is_gone_is_switched_off_and_says_so(source: Source, site: Site, web: Web):
    site.page("/feed.xml", b"", status=410)

    stored = poll(source, web)

    assert stored.outcome == Outcome.REFUSED
    assert source.active is False
    assert "410" in source.health_note
    assert polling.due_sources(at=NOON + timedelta(days=9), limit=5) == []


def test_an_answer_of_the_old_address_says_nothing_of_the_new_one(source: Source, site: Site, web: Web):
    site.page("/feed.xml", b"", status=410)
    asked = polling.ask(source_id=source.pk, web=web, at=NOON)
    administrator = UserFactory.create(role="administrator")
    sources.save_source(
        source_id=source.pk,
        name="Post",
        url=site.url("/new.xml"),
        poll_minutes=30,
        outlet=None,
        active=True,
        actor=administrator,
        at=NOON,
    )

    stored = polling.store_poll(polled=asked, at=NOON + timedelta(seconds=9))

    source.refresh_from_db()
    assert (stored.outcome, stored.http_status) == (Outcome.REFUSED, 410)
    assert (source.active, source.failures, source.last_polled_at) == (True, 0, None)
    assert source.next_poll_at == NOON


class Failing(Web):
    """The client in a mood."""

    def __init__(self, error: Exception) -> None:
        super().__init__(pace=NO_PACE, loopback_allowed=[])
        self.error = error

    def get(self, url, **_):
        raise self.error


@pytest.mark.parametrize(
    ("error", "outcome", "weight"),
    [
        (Refused("robots.txt keeps us away.", reason="robots"), Outcome.REFUSED, 1.0),
        (RetryLater("It took too long.", reason="timeout"), Outcome.RETRY_LATER, 0.5),
        (RetryLater("The name does not resolve.", reason="dns"), Outcome.RETRY_LATER, 0.25),
        (NotMeasured("Cut short.", reason="cut_short"), Outcome.NOT_MEASURED, 0.5),
    ],
)
def test_what_stops_a_question_is_stored_with_its_sentence(source: Source, error: Exception, outcome: Outcome, weight):
    stored = poll(source, Failing(error))

    assert (stored.outcome, stored.note, stored.http_status) == (outcome, str(error), None)
    assert source.failures == weight


def test_waiting_for_our_turn_is_no_poll(source: Source):
    with pytest.raises(RetryLater):
        polling.ask(source_id=source.pk, web=Failing(RetryLater("Not yet.", reason="pace", after=9)), at=NOON)


def test_a_connection_that_is_cut_is_no_empty_feed(source: Source, site: Site, web: Web):
    site.raw("/feed.xml", b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n<rss version='2.0'><channel>")

    assert poll(source, web).outcome in {Outcome.NOT_MEASURED, Outcome.RETRY_LATER}


def test_dates_from_the_future_are_held_to_a_day(source: Source, site: Site, web: Web):
    site.page("/feed.xml", rss(item("/one", date="Fri, 02 Mar 2091 08:00:00 GMT")))

    poll(source, web)

    assert Document.objects.get().published_at == NOON + timedelta(days=1)


def test_one_turn_has_one_name_until_it_is_an_hour_late(source: Source):
    Source.objects.update(next_poll_at=NOON)

    names = [polling.due_sources(at=NOON + n * MINUTE, limit=5) for n in (-1, 0, 30, 59, 60, 90)]

    assert names == [[]] + [[(source.pk, NOON)]] * 3 + [[(source.pk, NOON + 60 * MINUTE)]] * 2


def test_an_overtaken_poll_is_kept_and_does_not_turn_the_clock_back(source: Source, site: Site, web: Web):
    site.page("/feed.xml", TWO)
    late = polling.ask(source_id=source.pk, web=web, at=NOON)
    poll(source, web, NOON + MINUTE)

    polling.store_poll(polled=late, at=NOON + 2 * MINUTE)

    source.refresh_from_db()
    assert source.last_polled_at == NOON + MINUTE
    assert SourcePoll.objects.count() == 2


def test_saving_a_source_checks_names_the_fields_and_is_remembered(source: Source, site: Site):
    admin = UserFactory.create(role="administrator")
    kept: dict[str, Any] = {"poll_minutes": 30, "outlet": None, "active": True, "actor": admin, "at": NOON}

    with pytest.raises(Invalid) as refused:
        sources.save_source(source_id=None, name=" ", url="feed", **{**kept, "poll_minutes": 0})
    with pytest.raises(Conflict):
        sources.save_source(source_id=None, name="Again", url=source.url, **kept)
    changed = sources.save_source(source_id=source.pk, name="Courier", url=site.url("/new.xml"), **kept)

    assert sorted(refused.value.fields) == ["name", "poll_minutes", "url"]
    assert (changed.kind, changed.next_poll_at) == (SourceKind.RSS, NOON)
    events = Event.objects.filter(kind=EventKind.SOURCE_SAVED).order_by("pk")
    assert [event.actor for event in events] == [None, admin]
    assert events[1].data is not None
    assert events[1].data["before"]["name"] == "Hafenstadt Courier"


def test_a_poll_can_be_asked_for_unless_the_source_is_off(source: Source):
    admin = UserFactory.create(role="administrator")

    sources.request_poll(source_id=source.pk, actor=admin, at=NOON)
    Source.objects.update(active=False)
    with pytest.raises(Conflict):
        sources.request_poll(source_id=source.pk, actor=admin, at=NOON)

    assert Event.objects.filter(kind=EventKind.SOURCE_POLL_REQUESTED, subject_id=source.pk).count() == 1


@pytest.mark.parametrize("role", ["contributor", "fact_checker", "reviewer", "publisher"])
def test_only_administrators_save_a_source_or_ask_for_a_poll(source: Source, role: str):
    person = UserFactory.create(role=role)

    with pytest.raises(NotAllowed):
        sources.request_poll(source_id=source.pk, actor=person, at=NOON)
    with pytest.raises(NotAllowed):
        sources.save_source(
            source_id=source.pk,
            name="Mine",
            url=source.url,
            poll_minutes=5,
            outlet=None,
            active=True,
            actor=person,
            at=NOON,
        )

    source.refresh_from_db()
    assert source.name == "Hafenstadt Courier"
    assert not Event.objects.filter(kind=EventKind.SOURCE_POLL_REQUESTED).exists()


def test_the_health_of_sources_tells_failed_polls_from_empty_ones(source: Source, site: Site, web: Web):
    assert source_health()[0].healthy is None
    site.page("/feed.xml", TWO)
    poll(source, web)
    site.page("/feed.xml", b"", status=500)
    poll(source, web, NOON + MINUTE)

    (health,) = source_health()

    assert (health.polls, health.failed_polls, health.new_documents) == (2, 1, 2)
    assert (health.last_outcome, health.healthy) == (Outcome.RETRY_LATER, False)
