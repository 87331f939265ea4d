"""The factories make rows that the product would make."""

import pytest

from claims.choices import ClaimState, PublicStatus
from claims.models import Claim
from tests import factories


@pytest.mark.django_db
def test_a_published_claim_went_through_two_people():
    claim = factories.corrected(factories.published_claim())

    newest = claim.public_head.publication
    assert (claim.state, claim.public_status(), newest.version) == (ClaimState.PUBLISHED, PublicStatus.LIVE, 2)
    assert newest.verdict.approvals.get().reviewer_id not in newest.verdict.contributors.values_list("user", flat=True)


@pytest.mark.django_db
def test_a_retracted_claim_has_a_tombstone():
    claim = factories.published_claim()

    assert factories.retracted(claim).kind == "tombstone"
    assert Claim.objects.get(pk=claim.pk).public_status() == PublicStatus.RETRACTED


@pytest.mark.django_db
def test_plain_rows_fit_their_constraints():
    evidence, coverage = factories.EvidenceFactory.create(), factories.CoverageFactory.create()

    assert evidence.has_copy()
    assert coverage.document.urls.count() == 1
    assert factories.UserFactory.create(role="reviewer").groups.get().name == "reviewer"
