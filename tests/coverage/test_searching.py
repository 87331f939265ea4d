"""Searches for claims, from the turn to the rows they leave; budget, rest and schedule."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from claims.choices import EventKind, Outcome, Priority
from claims.coverage import budget, search_schedule, searching
from claims.coverage.searching import Searched, search_turn, store_search
from claims.http import Release, RetryLater, Web
from claims.models import Claim, ClaimSearch, ConnectorUse, Document, Event, SearchTurn, Submission
from tests.coverage.services import EMPTY, KEY, PATHS, as_settings, body, page, serve, serve_by
from tests.factories import NOON, ClaimFactory, published_claim, researching_claim
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def claim(db: None) -> Claim:
    return researching_claim(statement="The bridge over the Weser cost 12 million more than the mayor said.")


@pytest.fixture
def open_services(settings: Any, site: Site) -> Callable[..., None]:
    """Switches services on, on loopback."""

    def switch(*names: str, **more: Any) -> None:
        settings.SEARCHES = as_settings(site, *names, **more)

    return switch


def lines_of(claim: Claim) -> list[str]:
    return ['"Weser bridge" cost', "mayor million"]


def unlike(claim: Claim, text: str) -> float:
    return 0.0


def turn_of(claim: Claim, connector: str) -> SearchTurn:
    search_schedule.plan_searches(at=NOON)
    return SearchTurn.objects.get(claim=claim, connector=connector)


def run(claim: Claim, connector: str, web: Web, at: Any = NOON) -> tuple[Searched, ClaimSearch | None]:
    searched = search_turn(turn_id=turn_of(claim, connector).pk, lines_of=lines_of, web=web, at=at)
    assert searched is not None
    return searched, store_search(searched=searched, likeness=unlike, at=at)


@pytest.mark.parametrize("name", sorted(PATHS))
def test_found_pages_become_documents_once_and_are_on_their_way(
    name: str, claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services(name)
    urls = [page(name, site, 1), page(name, site, 2)]
    serve(name, site, body(name, urls))

    searched, row = run(claim, name, web)

    assert row is not None
    assert (row.outcome, row.count, row.query) == (Outcome.FOUND, 2, '"Weser bridge" cost\nmayor million')
    assert searched.requests == 2  # one per line
    assert set(Document.objects.values_list("url", flat=True)) == set(urls)
    assert Event.objects.filter(kind=EventKind.DOCUMENT_FOUND).count() == 2
    told = Event.objects.get(kind=EventKind.CLAIM_SEARCHED).data
    assert told is not None
    assert told["new"] == 2
    assert store_search(searched=searched, likeness=unlike, at=NOON + HOUR) == row
    again = NOON + timedelta(days=1)
    _, second = run(claim, name, web, at=again)
    assert second is not None
    assert (second.outcome, second.count) == (Outcome.FOUND, 2)
    assert Document.objects.count() == 2
    assert Event.objects.filter(kind=EventKind.CLAIM_SEARCHED).count() == 1  # nothing new became of it


def test_nothing_found_is_said_only_if_every_line_was_answered(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("media_cloud")
    serve("media_cloud", site, EMPTY["media_cloud"])
    _, row = run(claim, "media_cloud", web)
    answers = iter([(200, EMPTY["media_cloud"]), (422, {"status": "error", "note": "bad"})])
    serve_by("media_cloud", site, lambda asked: next(answers))

    _, half = run(claim, "media_cloud", web, at=NOON + HOUR)

    assert row is not None
    assert half is not None
    assert (row.outcome, row.count) == (Outcome.NONE, 0)
    assert (half.outcome, half.count) == (Outcome.NOT_MEASURED, None)


def test_what_one_line_found_stands_where_the_other_failed(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("media_cloud")
    answers = iter([(200, body("media_cloud", ["https://paper.example/1"])), (422, {"status": "error", "note": "bad"})])
    serve_by("media_cloud", site, lambda asked: next(answers))

    _, row = run(claim, "media_cloud", web)

    assert row is not None
    assert (row.outcome, row.count) == (Outcome.FOUND, 1)
    assert row.note.startswith("Not every line could be answered.")


def test_a_key_that_a_service_repeats_is_in_no_row(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("media_cloud")
    serve("media_cloud", site, {"status": "error", "note": f"Token {KEY} is unknown"}, status=403)

    searched, row = run(claim, "media_cloud", web)

    assert row is not None
    assert row.outcome == Outcome.REFUSED
    for said in (row.note, repr(searched), ConnectorUse.objects.get().last_note, repr(budget.setup_of("media_cloud"))):
        assert KEY not in said


def test_a_service_that_throttles_rests_for_all_claims_longer_the_second_time(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("gdelt")
    prose = b"Please limit requests to one every 5 seconds."
    serve("gdelt", site, prose, headers={"Content-Type": "text/html"})
    now = timezone.now()

    _, first = run(claim, "gdelt", web, at=now)
    rests = [ConnectorUse.objects.get().resting_until]
    again, second = run(claim, "gdelt", web, at=now + timedelta(seconds=30))
    ConnectorUse.objects.update(resting_until=None)
    run(claim, "gdelt", web, at=now + timedelta(seconds=90))
    rests.append(ConnectorUse.objects.get().resting_until)

    assert first is not None
    assert first.outcome == Outcome.RETRY_LATER
    assert rests == [now + timedelta(minutes=1), now + timedelta(seconds=90) + timedelta(minutes=5)]
    assert (again.requests, second) == (0, None)  # while it rests nobody is asked, and no search is written down
    assert len(site.requests(PATHS["gdelt"])) == 2  # after a throttle the other line was not tried


def test_no_request_goes_beyond_the_day_s_budget(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("gdelt", budget=3)
    serve("gdelt", site, {})

    run(claim, "gdelt", web)
    searched, row = run(claim, "gdelt", web, at=NOON + HOUR)
    spent, nothing = run(claim, "gdelt", web, at=NOON + 2 * HOUR)

    assert len(site.requests(PATHS["gdelt"])) == 3
    assert row is not None
    assert (row.outcome, row.count) == (Outcome.RETRY_LATER, None)
    assert "used up" in searched.note
    assert (spent.requests, nothing) == (0, None)
    assert search_schedule.due_turns(at=timezone.now() + timedelta(days=400), limit=50) != []  # another day's budget
    ConnectorUse.objects.update(day=timezone.now().date() - timedelta(days=1))
    budget.spend("gdelt")
    assert ConnectorUse.objects.get().requests == 1


def test_a_turn_that_did_not_come_costs_nothing_and_is_tried_again(
    claim: Claim, site: Site, open_services: Callable[..., None]
):
    open_services("gdelt")

    def away(*, scheme: str, host: str, port: int) -> Release:
        raise RetryLater("Not our turn.", reason="pace", after=9)

    waiting = Web(pace=away, loopback_allowed=[site.host_port])
    with pytest.raises(RetryLater, match="turn"):
        search_turn(turn_id=turn_of(claim, "gdelt").pk, lines_of=lines_of, web=waiting, at=NOON)

    assert ConnectorUse.objects.get().requests == 0
    assert site.requests() == []


def test_a_service_without_its_key_or_budget_gets_no_turns(claim: Claim, site: Site, settings: Any):
    services = as_settings(site, "gdelt", "news_api")
    services["news_api"]["key"] = ""
    settings.SEARCHES = services

    search_schedule.plan_searches(at=NOON)

    assert list(SearchTurn.objects.values_list("connector", flat=True)) == ["gdelt"]
    by_name = {one.name: one.silent for one in budget.standings(at=NOON)}
    assert by_name["gdelt"] == ""
    assert by_name["news_api"] == "No key: set NEWSAPI_KEY."
    assert by_name["wikipedia"].startswith("Switched off")


def test_fresh_claims_come_often_old_ones_slowly_and_lapsed_ones_monthly(db: None):
    claim = ClaimFactory.create(state="published", created_at=NOON)

    periods = [search_schedule.period(claim=claim, at=NOON + timedelta(days=days)) for days in (0, 8, 400)]
    claim.watch_until = NOON + timedelta(days=100)

    assert periods == [timedelta(hours=3), timedelta(days=1), timedelta(days=7)]
    assert search_schedule.period(claim=claim, at=NOON + timedelta(days=101)) == timedelta(days=30)


def test_a_publication_makes_a_claim_fresh_again(db: None):
    claim = published_claim()
    published = claim.public_head.publication.valid_from

    assert search_schedule.period(claim=claim, at=published + timedelta(days=4)) == timedelta(hours=12)


def test_only_claims_that_are_watched_have_turns(open_services: Callable[..., None]):
    open_services("gdelt")
    for state in ("inbox", "declined"):
        ClaimFactory.create(state=state)
    wanted = [ClaimFactory.create(state=state) for state in ("researching", "in_review", "approved", "published")]

    assert search_schedule.plan_searches(at=NOON) == 4
    assert search_schedule.plan_searches(at=NOON) == 0
    assert set(SearchTurn.objects.values_list("claim_id", flat=True)) == {claim.pk for claim in wanted}
    Claim.objects.filter(pk=wanted[0].pk).update(state="declined", decline_reason="opinion")
    assert len(search_schedule.due_turns(at=NOON, limit=50)) == 3


def test_what_is_left_of_the_day_goes_to_demand_urgency_and_long_waiting(open_services: Callable[..., None]):
    open_services("gdelt", budget=3)
    plain, asked_for, urgent, waited = [ClaimFactory.create(state="researching", created_at=NOON) for _ in range(4)]
    Claim.objects.filter(pk=urgent.pk).update(priority=Priority.URGENT)
    for n in range(9):
        Submission.objects.create(text=f"Is it true? {n}", received_at=NOON, claim=asked_for)
    search_schedule.plan_searches(at=NOON)
    SearchTurn.objects.filter(claim=waited).update(next_at=NOON - 12 * HOUR)

    picked = [turn for turn, _ in search_schedule.due_turns(at=NOON, limit=50)]

    claims = list(SearchTurn.objects.in_bulk(picked).values())
    assert len(picked) == 3  # no more than the budget has requests
    assert {turn.claim_id for turn in claims} == {asked_for.pk, urgent.pk, waited.pk}
    assert plain.pk not in {turn.claim_id for turn in claims}
    assert SearchTurn.objects.get(pk=picked[0]).claim_id == asked_for.pk


def test_asking_for_a_search_makes_its_turns_due_but_not_at_once_again(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("gdelt")
    serve("gdelt", site, {})
    run(claim, "gdelt", web)

    search_schedule.plan_searches(at=NOON + timedelta(minutes=5), claim_id=claim.pk)
    soon = SearchTurn.objects.get().next_at
    search_schedule.plan_searches(at=NOON + timedelta(minutes=20), claim_id=claim.pk)

    assert soon > NOON + timedelta(minutes=30)
    assert SearchTurn.objects.get().next_at == NOON + timedelta(minutes=20)


def test_failures_wait_longer_each_time_and_a_service_s_own_word_counts(
    claim: Claim, open_services: Callable[..., None]
):
    open_services("gdelt")
    waits = []
    for outcome, after in [(Outcome.NOT_MEASURED, None), (Outcome.RETRY_LATER, 7200.0 * 2), (Outcome.NONE, None)]:
        turn = search_schedule.schedule_next(claim=claim, connector="gdelt", outcome=outcome, after=after, at=NOON)
        waits.append((turn.next_at - NOON, turn.failures))

    assert waits == [(HOUR, 1), (4 * HOUR, 2), (timedelta(hours=3), 0)]


def test_a_search_goes_on_where_the_last_measured_one_by_the_same_lines_ended(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("gdelt")
    serve("gdelt", site, {})

    Claim.objects.filter(pk=claim.pk).update(created_at=NOON, claimed_on=NOON.date())
    run(claim, "gdelt", web)
    run(claim, "gdelt", web, at=NOON + timedelta(days=10))

    first, second = [site.requests(PATHS["gdelt"])[n].path for n in (0, 2)]
    assert (
        f"startdatetime={(claim.created_at - searching.FIRST_REACH):%Y%m%d}" in first
        or "startdatetime=20251202" in first
    )
    assert f"startdatetime={(NOON - searching.OVERLAP):%Y%m%d%H%M%S}" in second


def test_a_flood_of_results_makes_a_hundred_documents_at_most(
    claim: Claim, site: Site, web: Web, open_services: Callable[..., None]
):
    open_services("gdelt")
    serve("gdelt", site, body("gdelt", [f"https://paper.example/{n}" for n in range(249)]))

    _, row = run(claim, "gdelt", web)

    assert row is not None
    assert row.count == 249
    assert Document.objects.count() == searching.MOST_NEW
