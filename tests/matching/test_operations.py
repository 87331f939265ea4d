"""Suggestions from Postgres full-text search: made once, brought up to date, never against a person's decision."""

from datetime import date, timedelta

import pytest

from claims.choices import ClaimState, CoverageState, EventKind, FetchState, FoundBy, Outcome
from claims.coverage.operations import dismiss
from claims.errors import IllegalMove, NotAllowed
from claims.matching.operations import match_document, request_search, search_claim
from claims.models import Claim, ClaimAlias, ClaimSearch, Coverage, Document, Event
from tests.factories import NOON, ClaimantFactory, ClaimFactory, DocumentFactory, EvidenceFactory, UserFactory

pytestmark = pytest.mark.django_db
STORY = (
    "Mayor Ilse Brandt told the council of Hafenstadt on Tuesday that the harbour bridge would cost eleven million "
    "crowns. Engineers had warned in spring that the steel alone was dearer than planned."
)
REGATTA = "The home eight won the estuary regatta by a canvas. The cup will stand in the window of the savings bank."


def claim(statement: str = "The harbour bridge in Hafenstadt will cost eleven million crowns.", **changes) -> Claim:
    return ClaimFactory.create(statement=statement, **{"state": ClaimState.RESEARCHING, **changes})


def page(text: str = STORY, **changes) -> Document:
    return DocumentFactory.create(
        **{"text": text, "title": "Bridge costs rise", "fetch_state": FetchState.READ, **changes}
    )


def test_a_page_is_suggested_to_the_watched_claim_it_fits_with_reasons():
    fitting, other = claim(), claim("The regatta was cancelled by the harbour police.")
    claim(state=ClaimState.INBOX)
    document = page()

    assert match_document(document_id=document.pk, at=NOON) == 1

    coverage = Coverage.objects.get()
    assert (coverage.claim, coverage.document, coverage.state) == (fitting, document, CoverageState.SUGGESTED)
    assert 0.4 <= coverage.score <= 1
    assert coverage.found_by == FoundBy.PERSON
    assert any("“Hafenstadt”" in reason for reason in coverage.reasons)
    assert Event.objects.filter(kind=EventKind.COVERAGE_SUGGESTED, claim=fitting).count() == 1
    assert not other.coverage.exists()


def test_matching_twice_brings_the_score_up_to_date_and_suggests_once():
    claim()
    document = page()
    match_document(document_id=document.pk, at=NOON)
    before = Coverage.objects.get().score

    document.text = "The harbour bridge: what it costs, and why. Hafenstadt waits."
    document.save()
    assert match_document(document_id=document.pk, at=NOON + timedelta(hours=1)) == 0

    assert Coverage.objects.get().score < before
    assert Event.objects.filter(kind=EventKind.COVERAGE_SUGGESTED).count() == 1


def test_a_persons_no_is_remembered():
    watched, document = claim(), page()
    match_document(document_id=document.pk, at=NOON)
    coverage = Coverage.objects.get()
    dismiss(coverage_id=coverage.pk, actor=UserFactory.create(role="contributor"), at=NOON)
    Coverage.objects.update(score=0.5, reasons=["As it was."])

    match_document(document_id=document.pk, at=NOON)
    search_claim(claim_id=watched.pk, at=NOON)

    coverage.refresh_from_db()
    assert (coverage.state, coverage.score, coverage.reasons) == (CoverageState.DISMISSED, 0.5, ["As it was."])


def test_other_wordings_and_merged_claims_find_pages_too():
    by_alias, by_merged = claim("Steel prices ruin the town."), claim("The mayor hides the bill.")
    ClaimAlias.objects.create(
        claim=by_alias, text="Hafenstadt harbour bridge costs eleven million crowns", added_at=NOON
    )
    claim(state=ClaimState.MERGED, merged_into=by_merged)

    match_document(document_id=page().pk, at=NOON)

    assert set(Coverage.objects.values_list("claim_id", flat=True)) == {by_alias.pk, by_merged.pk}


def test_the_names_of_one_state_say_the_same():
    watched = claim("Moscow denies that Russian officers trained the saboteurs of the gas pipeline.")
    kremlin = page("The Kremlin rejects that officers of Russia trained those saboteurs at the gas pipeline.", title="")

    match_document(document_id=kremlin.pk, at=NOON)

    assert Coverage.objects.get().claim == watched


def test_claimant_and_date_show_among_the_reasons():
    claim(claimant=ClaimantFactory.create(name="Ilse Brandt"), claimed_on=date(2026, 3, 1))

    match_document(document_id=page(published_at=NOON).pk, at=NOON)

    reasons = Coverage.objects.get().reasons
    assert "Mentions “Ilse”, “Brandt”." in reasons
    assert "Published 1 day after the claim." in reasons


def test_a_page_that_is_evidence_already_is_not_suggested():
    watched, document = claim(), page()
    EvidenceFactory.create(claim=watched, document=document)

    assert match_document(document_id=document.pk, at=NOON) == 0


def test_a_page_without_text_or_merged_into_another_is_not_matched():
    claim()
    kept = page()

    assert match_document(document_id=page(text="", fetch_state=FetchState.FAILED).pk, at=NOON) == 0
    assert match_document(document_id=page(merged_into=kept).pk, at=NOON) == 0


def test_a_search_finds_ranks_and_counts():
    watched = claim()
    page()
    page(REGATTA, title="Home eight wins")

    search = search_claim(claim_id=watched.pk, at=NOON)

    assert (search.outcome, search.count) == (Outcome.FOUND, 1)
    assert search.note == "1 new, 0 known before."
    assert "Hafenstadt" in search.query
    assert Coverage.objects.get().found_by == FoundBy.SEARCH
    assert Event.objects.filter(kind=EventKind.CLAIM_SEARCHED, claim=watched).count() == 1


def test_a_search_that_runs_twice_writes_once_and_a_later_one_counts_what_stands():
    watched = claim()
    page()

    first = search_claim(claim_id=watched.pk, at=NOON)
    again = search_claim(claim_id=watched.pk, at=NOON)
    later = search_claim(claim_id=watched.pk, at=NOON + timedelta(hours=1))

    assert first == again
    assert later.note == "0 new, 1 known before."
    assert Coverage.objects.count() == 1


def test_none_is_said_only_where_there_was_something_to_look_through():
    watched = claim()

    empty = search_claim(claim_id=watched.pk, at=NOON)
    page(REGATTA, title="Home eight wins")
    looked = search_claim(claim_id=watched.pk, at=NOON + timedelta(hours=1))

    assert (empty.outcome, empty.count) == (Outcome.NOT_MEASURED, None)
    assert (looked.outcome, looked.count) == (Outcome.NONE, 0)


def test_a_claim_of_stop_words_cannot_be_searched_for():
    page()

    assert search_claim(claim_id=claim("It is what it was.").pk, at=NOON).outcome == Outcome.NOT_MEASURED


@pytest.mark.parametrize(
    "statement", ["'; DROP TABLE x; --", "a & | ! <-> b:*", "O'Brien \\ said \"no\" 'yes", "%s %% %(x)s"]
)
def test_operators_and_quotes_in_a_claim_are_words_like_any_other(statement: str):
    watched = claim(statement + " harbour bridge Hafenstadt")
    document = page(STORY + " " + statement)

    match_document(document_id=document.pk, at=NOON)
    search_claim(claim_id=watched.pk, at=NOON)

    assert ClaimSearch.objects.get().outcome in {Outcome.FOUND, Outcome.NONE}


def test_asking_for_a_search_is_recorded_for_watched_claims_only():
    person = UserFactory.create(role="contributor")

    request_search(claim_id=claim().pk, actor=person, at=NOON)
    with pytest.raises(IllegalMove):
        request_search(claim_id=claim(state=ClaimState.DECLINED).pk, actor=person, at=NOON)
    with pytest.raises(NotAllowed):
        request_search(claim_id=claim().pk, actor=UserFactory.create(role="administrator"), at=NOON)

    assert Event.objects.filter(kind=EventKind.CLAIM_SEARCH_REQUESTED).count() == 1
