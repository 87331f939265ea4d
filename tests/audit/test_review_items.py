"""Look-again items: one while open per claim, kind and cause, with the newest difference."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from claims.audit.review_items import open_review_item
from claims.choices import EventKind, ReviewItemKind, ReviewItemState
from claims.models import Claim, Event, ReviewItem
from tests.factories import NOON, ClaimFactory


def _open(claim: Claim, kind: ReviewItemKind = ReviewItemKind.HEADLINE_CHANGED, *, after: str = "B", hours: int = 0):
    with transaction.atomic():
        return open_review_item(
            claim=claim,
            kind=kind,
            cause="document:1",
            difference={"headline": ["A", after]},
            actor=None,
            at=NOON + timedelta(hours=hours),
        )


@pytest.mark.django_db
def test_an_open_item_takes_the_newest_difference_and_stays_one():
    claim = ClaimFactory.create()

    first, second = _open(claim), _open(claim, after="C", hours=1)

    assert first.pk == second.pk
    item = ReviewItem.objects.open().get()
    assert (item.difference, item.opened_at) == ({"headline": ["A", "C"]}, NOON)
    assert Event.objects.filter(kind=EventKind.REVIEW_ITEM_OPENED, claim_id=claim.pk).count() == 2


@pytest.mark.django_db
def test_the_same_said_twice_is_one_entry_in_the_history():
    claim = ClaimFactory.create()

    _open(claim)
    _open(claim, hours=1)

    assert Event.objects.filter(kind=EventKind.REVIEW_ITEM_OPENED, claim_id=claim.pk).count() == 1


@pytest.mark.django_db
def test_other_claims_other_kinds_and_closed_items_have_items_of_their_own():
    claim = ClaimFactory.create()
    closed = _open(claim)
    ReviewItem.objects.filter(pk=closed.pk).update(state=ReviewItemState.DONE, closed_at=NOON)

    for kind in ReviewItemKind:
        _open(claim, kind)
    _open(ClaimFactory.create())

    assert ReviewItem.objects.open().filter(claim=claim).count() == len(ReviewItemKind)
    assert ReviewItem.objects.count() == len(ReviewItemKind) + 2


@pytest.mark.django_db
def test_a_kind_that_nobody_knows_is_refused_by_the_database():
    claim = ClaimFactory.create()

    with pytest.raises(IntegrityError, match="review_item_kind_known"):
        ReviewItem.objects.create(claim=claim, kind="moon_phase", cause="moon", opened_at=NOON)
