"""Coverage that repeats what a verdict refutes asks the desk to look again, once per story."""

import uuid
from datetime import timedelta

import pytest

from claims.audit.review_items import open_review_item
from claims.choices import CoverageState, ReviewItemKind, ReviewItemState, SuggestedStance
from claims.coverage import stories
from claims.coverage.repeats import note_repeat
from claims.models import Claim, Coverage, ReviewItem
from tests import factories
from tests.factories import NOON, CoverageFactory, DocumentFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=2)


def repeating(claim: Claim, group: uuid.UUID | None = None, **fields) -> Coverage:
    page = DocumentFactory.create(near_duplicate_group=group)
    fields = {"suggested_stance": SuggestedStance.REPEATS, **fields}
    coverage: Coverage = CoverageFactory.create(claim=claim, document=page, **fields)
    return coverage


@pytest.fixture
def refuted(db: None) -> Claim:
    return factories.published_claim(rating=factories.RatingFactory.create(value=0.0))


def test_a_repetition_makes_one_item_that_says_where_and_why(refuted: Claim):
    coverage = repeating(refuted)

    first = note_repeat(coverage_id=coverage.pk, at=LATER)
    again = note_repeat(coverage_id=coverage.pk, at=LATER)

    assert again is None
    assert first == ReviewItem.objects.get()
    assert (first.kind, first.claim) == (ReviewItemKind.NEW_COVERAGE, refuted)
    assert first.difference["url"] == coverage.document.url
    assert first.difference["reason"] == coverage.reasons[-1]


@pytest.mark.parametrize("grouped_first", [True, False])
def test_a_wire_story_makes_one_item_however_many_print_it(refuted: Claim, grouped_first: bool):
    group = uuid.uuid4()
    copies = [repeating(refuted, group if grouped_first else None) for _ in range(3)]
    note_repeat(coverage_id=copies[0].pk, at=LATER)
    for copy in copies:  # the pages may be grouped after the first was looked at
        copy.document.near_duplicate_group = group
        copy.document.save()

    for copy in copies[1:]:
        note_repeat(coverage_id=copy.pk, at=LATER)

    assert ReviewItem.objects.count() == 1


def test_a_story_that_an_older_page_joins_late_is_still_the_same_story(refuted: Claim):
    older, *copies = [repeating(refuted) for _ in range(4)]
    stories.settle(copy.document_id for copy in copies[:2])
    note_repeat(coverage_id=copies[0].pk, at=LATER)
    ReviewItem.objects.update(state=ReviewItemState.DISMISSED, closed_at=LATER)
    stories.settle(copy.document_id for copy in (older, *copies))

    assert note_repeat(coverage_id=copies[2].pk, at=LATER) is None
    assert not ReviewItem.objects.open().exists()


def test_other_stories_have_items_of_their_own(refuted: Claim):
    for group in (uuid.uuid4(), uuid.uuid4(), None, None):
        note_repeat(coverage_id=repeating(refuted, group).pk, at=LATER)

    assert ReviewItem.objects.open().count() == 4


def test_a_story_that_was_looked_at_does_not_come_back(refuted: Claim):
    group = uuid.uuid4()
    note_repeat(coverage_id=repeating(refuted, group).pk, at=LATER)
    ReviewItem.objects.update(state=ReviewItemState.DISMISSED, closed_at=LATER)

    assert note_repeat(coverage_id=repeating(refuted, group).pk, at=LATER) is None
    assert not ReviewItem.objects.open().exists()


@pytest.mark.parametrize("stance", [one for one in SuggestedStance if one != SuggestedStance.REPEATS])
def test_other_stances_ask_nobody(refuted: Claim, stance: SuggestedStance):
    assert note_repeat(coverage_id=repeating(refuted, suggested_stance=stance).pk, at=LATER) is None


@pytest.mark.parametrize(("value", "asks"), [(0.0, True), (0.25, True), (0.3, False), (1.0, False), (None, False)])
def test_only_what_the_verdict_refutes_counts(value: float | None, asks: bool):
    claim = factories.published_claim(rating=factories.RatingFactory.create(slug="rated", value=value))

    assert (note_repeat(coverage_id=repeating(claim).pk, at=LATER) is not None) is asks


def test_nothing_public_or_retracted_asks_nobody(refuted: Claim):
    unpublished = factories.claim_in_review()
    factories.retracted(refuted)

    assert note_repeat(coverage_id=repeating(unpublished).pk, at=LATER) is None
    assert note_repeat(coverage_id=repeating(refuted).pk, at=LATER) is None


def test_what_a_person_dismissed_asks_nobody(refuted: Claim):
    coverage = repeating(refuted, state=CoverageState.DISMISSED, decided_at=LATER)

    assert note_repeat(coverage_id=coverage.pk, at=LATER) is None


def test_an_item_of_another_kind_for_the_page_does_not_hide_it(refuted: Claim):
    coverage = repeating(refuted)
    open_review_item(
        claim=refuted,
        kind=ReviewItemKind.SOURCE_GONE,
        cause=f"document:{coverage.document_id}",
        difference={},
        actor=None,
        at=NOON,
    )

    assert note_repeat(coverage_id=coverage.pk, at=LATER) is not None
