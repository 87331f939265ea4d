"""Independent outlets of a verdict: wire copy in several papers is one."""

from uuid import UUID

import pytest

from claims.choices import ChecklistLine, EvidenceKind
from claims.models import Claim, Document, Evidence
from claims.verdicts.candidate import live_sources
from claims.verdicts.checklist import LineState, check
from claims.verdicts.outlets import independent_outlets
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def outlets_line(claim: Claim) -> LineState:
    verdict = claim.verdicts.get()
    return next(line.state for line in check(claim=claim, verdict=verdict) if line.line == ChecklistLine.OUTLETS)


def test_two_papers_with_one_story_are_one_independent_outlet():
    claim = factories.written_claim()
    assert outlets_line(claim) == LineState.MET

    Document.objects.filter(evidence__claim=claim).update(near_duplicate_group=UUID(int=7))

    assert outlets_line(claim) == LineState.MISSING


def test_a_statement_speaks_for_whoever_made_it():
    claim = factories.written_claim()
    for who in ("The ministry", "The ministry", "The union"):
        Evidence.objects.create(
            claim=claim,
            kind=EvidenceKind.STATEMENT,
            stated_by=who,
            stated_at=NOON,
            stated_how="by telephone",
            stance="context",
            added_by=factories.person("fact_checker"),
            added_at=NOON,
            accessed_at=NOON,
        )

    assert independent_outlets(live_sources(claim)) == 4
