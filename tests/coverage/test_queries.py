"""The lines that a claim is searched by: built from its words, written by people, tried without leaving a trace."""

from typing import Any

import pytest

from claims.choices import EventKind, Outcome, Role
from claims.coverage import trials
from claims.coverage.query_lines import checked, parse, save_lines
from claims.coverage.searching import search
from claims.errors import Conflict, IllegalMove, Invalid, NotAllowed, StaleWrite
from claims.http import Web
from claims.matching.query import built_lines, lines_of
from claims.models import ClaimQuery, ClaimSearch, Coverage, Document, Event, QueryTrialResult
from tests.coverage.services import as_settings, body, serve
from tests.factories import NOON, ClaimantFactory, inbox_claim, person, researching_claim
from tests.servers.loopback import Site

pytestmark = pytest.mark.django_db


def test_lines_hold_whole_names_rare_words_quotations_and_figures():
    claim = researching_claim(
        statement="The US had no evidence that Edward Snowden's leaks cost 183,000 agents their cover in 2013.",
        original_text="He said: “not a shred of evidence was ever shown to anybody here”.",
        claimant=ClaimantFactory.create(name="Glenn Greenwald"),
    )

    first, quoted, figures = built_lines(claim)

    assert first.startswith('"Edward Snowden')
    assert "leaks" in first or "agents" in first
    assert quoted == '"not a shred of evidence was ever shown" "Glenn Greenwald"'
    assert "183,000" in figures
    assert "2013" not in " ".join((first, quoted, figures))
    assert all(len(line) <= 200 for line in (first, quoted, figures))


def test_a_claim_of_common_words_still_has_a_line_or_none_that_would_find_everything():
    assert built_lines(researching_claim(statement="It was said that they have done it.")) == []
    assert "graphene" in built_lines(researching_claim(statement="Vaccines contain graphene."))[0]


def test_months_are_no_names():
    claim = researching_claim(statement="By 13 October 2016 Washington had sent Moscow neither a request nor a word.")

    assert built_lines(claim)[0].startswith("Washington Moscow ")
    assert "October" not in " ".join(built_lines(claim))


@pytest.mark.parametrize(
    ("line", "phrases", "words"),
    [
        ('"Weser bridge" cost', ("Weser bridge",), ("cost",)),
        ("“Weser bridge” cost cost", ("Weser bridge",), ("cost",)),
        ('cost "of the', (), ("cost", "of", "the")),
        ('"" - ( ) cost', (), ("cost",)),
        ("", (), ()),
    ],
)
def test_any_text_is_a_line(line: str, phrases: tuple[str, ...], words: tuple[str, ...]):
    query = parse(line, language="en")

    assert (query.phrases, query.words) == (phrases, words)


@pytest.mark.parametrize("lines", [["a", "b", "c", "d"], ["x" * 201], ['"-"']])
def test_lines_that_cannot_be_searched_by_are_refused_with_their_reason(lines: list[str]):
    with pytest.raises(Invalid) as caught:
        checked(lines)

    assert caught.value.fields["lines"]


def test_what_a_person_writes_is_what_is_searched_and_stands_in_the_history():
    claim = researching_claim()
    writer = person(Role.CONTRIBUTOR)

    row = save_lines(claim_id=claim.pk, lines=["Weser  bridge", ""], lock_version=0, actor=writer, at=NOON)

    assert row is not None
    assert lines_of(claim) == ["Weser bridge"]
    event = Event.objects.get(kind=EventKind.CLAIM_QUERIES_SAVED)
    assert (event.actor, event.data) == (writer, {"before": [], "after": ["Weser bridge"]})
    save_lines(claim_id=claim.pk, lines=["Weser bridge"], lock_version=1, actor=writer, at=NOON)
    assert Event.objects.filter(kind=EventKind.CLAIM_QUERIES_SAVED).count() == 1
    save_lines(claim_id=claim.pk, lines=[], lock_version=1, actor=writer, at=NOON)
    assert lines_of(claim) == built_lines(claim) != []


def test_a_stale_edit_is_refused_with_both_texts():
    claim = researching_claim()
    save_lines(claim_id=claim.pk, lines=["theirs"], lock_version=0, actor=person(Role.REVIEWER), at=NOON)

    with pytest.raises(StaleWrite) as caught:
        save_lines(claim_id=claim.pk, lines=["ours"], lock_version=0, actor=person(Role.CONTRIBUTOR), at=NOON)

    assert caught.value.fields["lines"] == ["['theirs']", "['ours']"]


def test_only_who_may_search_for_coverage_edits_or_tries_and_only_while_the_claim_is_watched():
    claim, early = researching_claim(), inbox_claim()
    outsider = person(Role.ADMINISTRATOR)

    for do in (save_lines, trials.request_trial):
        with pytest.raises(NotAllowed):
            do(claim_id=claim.pk, lines=["x"], actor=outsider, at=NOON)
        with pytest.raises(IllegalMove):
            do(claim_id=early.pk, lines=["x"], actor=person(Role.FACT_CHECKER), at=NOON)

    assert not ClaimQuery.objects.exists()


def test_a_try_shows_what_each_service_would_find_and_stores_no_coverage(site: Site, web: Web, settings: Any):
    settings.SEARCHES = as_settings(site, "gdelt", "wikipedia", "media_cloud")
    claim = researching_claim()
    serve("gdelt", site, body("gdelt", [f"https://paper.example/{n}" for n in range(30)]))
    serve("wikipedia", site, {"error": {"code": "ratelimited", "info": "…"}})
    serve("media_cloud", site, {"stories": [], "pagination_token": None})

    trial = trials.request_trial(claim_id=claim.pk, lines=["Weser bridge"], actor=person(Role.CONTRIBUTOR), at=NOON)
    for result in trial.results.all():
        searched = trials.try_service(result_id=result.pk, web=web, at=NOON)
        assert searched is not None
        trials.store_trial(result_id=result.pk, searched=searched, at=NOON)

    shown = {row.connector: (row.outcome, row.count, len(row.found)) for row in QueryTrialResult.objects.all()}
    assert shown == {
        "gdelt": (Outcome.FOUND, 30, 20),
        "wikipedia": (Outcome.RETRY_LATER, None, 0),
        "media_cloud": (Outcome.NONE, 0, 0),
    }
    assert not Document.objects.exists()
    assert not Coverage.objects.exists()
    assert not ClaimSearch.objects.exists()
    assert trials.try_service(result_id=trial.results.all()[0].pk, web=web, at=NOON) is None


def test_one_try_at_a_time_and_three_requests_per_service(site: Site, web: Web, settings: Any):
    settings.SEARCHES = as_settings(site, "gdelt")
    serve("gdelt", site, body("gdelt", [f"https://paper.example/{n}" for n in range(250)]))
    claim, asker = researching_claim(), person(Role.CONTRIBUTOR)
    trial = trials.request_trial(claim_id=claim.pk, lines=["Weser bridge"], actor=asker, at=NOON)

    with pytest.raises(Conflict, match="still waits"):
        trials.request_trial(claim_id=claim.pk, lines=["other"], actor=asker, at=NOON)
    searched = trials.try_service(result_id=trial.results.get().pk, web=web, at=NOON)

    assert searched is not None
    assert searched.requests == 3
    assert searched.outcome == Outcome.FOUND
    assert "stopped" in searched.note


def test_with_no_service_to_ask_a_try_says_so():
    with pytest.raises(Conflict, match="No service"):
        trials.request_trial(claim_id=researching_claim().pk, lines=["x"], actor=person(Role.CONTRIBUTOR), at=NOON)


def test_a_claim_without_a_line_is_not_measured(site: Site, web: Web, settings: Any):
    settings.SEARCHES = as_settings(site, "gdelt")

    searched = search(claim=researching_claim(), connector="gdelt", lines=[], web=web, at=NOON)

    assert (searched.outcome, searched.requests) == (Outcome.NOT_MEASURED, 0)
