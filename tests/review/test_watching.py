"""For how long coverage of a claim is looked for: what publishing, revising and giving up do to the end."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from claims.choices import ClaimState, EventKind, PublicStatus
from claims.matching.operations import match_document, request_lapsed_searches, search_claim
from claims.models import Claim, Coverage, Event
from claims.review import operations as moves
from tests.factories import DocumentFactory
from tests.review.conftest import Desk

YEAR = timedelta(days=365)


def ends(claim: Claim):
    return Claim.objects.get(pk=claim.pk).watch_until


def published_at(claim: Claim):
    return Claim.objects.get(pk=claim.pk).public_head.publication.valid_from


def retract(desk: Desk, claim: Claim) -> None:
    moves.propose_retraction(claim_id=claim.pk, public_note="It was not so.", actor=desk.writer, at=desk.at())
    moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())


@pytest.mark.parametrize("state", list(ClaimState))
def test_claims_that_were_taken_on_are_watched_until_they_are_declined_or_merged(desk: Desk, state: ClaimState):
    claim = desk.claim_in(state)

    watched = Claim.objects.watched(at=desk.at()).filter(pk=claim.pk).exists()

    assert watched == (state not in {ClaimState.INBOX, ClaimState.DECLINED, ClaimState.MERGED})


def test_publishing_sets_the_end_and_from_then_on_the_claim_has_lapsed(desk: Desk):
    claim = desk.published()
    end = published_at(claim) + YEAR

    just_before, then = end - timedelta(microseconds=1), end

    assert ends(claim) == end
    assert list(Claim.objects.watched(at=just_before)) == [claim]
    assert not Claim.objects.lapsed(at=just_before).exists()
    assert not Claim.objects.watched(at=then).exists()
    assert list(Claim.objects.lapsed(at=then)) == [claim]


def test_the_days_are_a_setting(desk: Desk, settings):
    settings.WATCH_DAYS = 30

    claim = desk.published()

    assert ends(claim) == published_at(claim) + timedelta(days=30)


def test_a_retracted_claim_is_watched_on_from_its_retraction(desk: Desk):
    claim = desk.published()
    first = published_at(claim)

    retract(desk, claim)

    claim = Claim.objects.get(pk=claim.pk)
    assert claim.public_status() == PublicStatus.RETRACTED
    assert published_at(claim) > first
    assert ends(claim) == published_at(claim) + YEAR


def test_a_revision_has_no_end_and_giving_it_up_brings_back_the_old_one(desk: Desk):
    claim = desk.published()
    end = ends(claim)

    desk.revise(claim)
    during = ends(claim)
    moves.abandon(claim_id=claim.pk, reason="It was right after all.", actor=desk.writer, at=desk.at())

    assert during is None
    assert ends(claim) == end


def test_a_retraction_beside_an_open_correction_leaves_the_watch_open(desk: Desk):
    claim = desk.published()
    desk.revise(claim)

    retract(desk, claim)
    during = ends(claim)
    moves.abandon(claim_id=claim.pk, reason="It is retracted now.", actor=desk.writer, at=desk.at())

    assert during is None
    assert ends(claim) == published_at(claim) + YEAR


def test_a_new_page_is_matched_with_claims_that_are_watched_at_that_time(desk: Desk):
    claim = desk.published()
    text = f"{claim.statement} Mayor Ilse Brandt repeated it on Monday."
    early, late = (DocumentFactory.create(text=text, title="Unemployment in the district") for _ in range(2))

    matched = match_document(document_id=early.pk, at=ends(claim) - timedelta(days=1))
    lapsed = match_document(document_id=late.pk, at=ends(claim) + timedelta(days=1))

    assert (matched, lapsed) == (1, 0)
    assert Coverage.objects.get().document == early


def test_claims_published_before_the_end_was_written_down_get_it(desk: Desk):
    published, revised, researching = desk.published(), desk.published(), desk.researching()
    desk.revise(revised)
    Claim.objects.update(watch_until=None)

    with connection.schema_editor() as editor:
        import_module("claims.migrations.0006_watch_until").write_down(apps, editor)

    assert ends(published) == published_at(published) + YEAR
    assert (ends(revised), ends(researching)) == (None, None)


def test_a_claim_that_is_watched_no_more_is_searched_once_a_month(desk: Desk):
    lapsed, _ = desk.published(), desk.researching()
    then = ends(lapsed)
    text = f"{lapsed.statement} Mayor Ilse Brandt repeated it on Monday."
    page = DocumentFactory.create(text=text, title="Unemployment in the district")

    before = request_lapsed_searches(at=then - timedelta(days=1))
    first = request_lapsed_searches(at=then)
    again = request_lapsed_searches(at=then + timedelta(days=1))
    found = search_claim(claim_id=lapsed.pk, at=then + timedelta(days=2))
    early = request_lapsed_searches(at=then + timedelta(days=31))
    month_later = request_lapsed_searches(at=then + timedelta(days=33))

    assert (before, first, again, early, month_later) == (0, 1, 0, 0, 1)
    assert list(lapsed.coverage.values_list("document", flat=True)) == [page.pk]
    assert found.count == 1
    asked = Event.objects.filter(kind=EventKind.CLAIM_SEARCH_REQUESTED, claim=lapsed)
    assert [event.actor for event in asked] == [None, None]
