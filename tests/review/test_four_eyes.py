"""Nobody approves what they had a hand in: by the rule, and by the database against raw SQL in both orders."""

import pytest
from django.db import IntegrityError, transaction

from claims.choices import ChangeType, ClaimState, Role, Stance
from claims.editing.evidence import EvidenceFields, edit_evidence
from claims.errors import FourEyes, Invalid, NotAllowed
from claims.models import Approval, Claim, Verdict, VerdictContributor
from claims.review import operations as moves
from tests.review.conftest import Desk


def _revision(claim: Claim) -> Verdict:
    return Verdict.objects.revisions().filter(claim=claim).order_by("-number")[0]


def test_a_contributor_cannot_approve(desk: Desk):
    hand = desk.person("hand", Role.PUBLISHER)
    claim = desk.written()
    desk.draft(claim, "Rewritten by a publisher.", actor=hand)
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    with pytest.raises(FourEyes):
        moves.approve(claim_id=claim.pk, actor=hand, at=desk.at())

    assert Claim.objects.get(pk=claim.pk).state == ClaimState.IN_REVIEW
    assert not Approval.objects.exists()


def test_whoever_added_a_source_before_the_claim_was_accepted_had_a_hand_in_it(desk: Desk):
    claim = desk.inbox()
    desk.source(claim, "https://early.example/a", actor=desk.reviewer)
    moves.accept(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    hands = VerdictContributor.objects.filter(verdict__claim=claim).values_list("user__username", flat=True)

    assert list(hands) == ["reviewer"]


def test_hands_in_a_returned_revision_are_hands_in_its_copy(desk: Desk):
    claim = desk.in_review()
    moves.return_to_writer(claim_id=claim.pk, comment="Look again.", actor=desk.reviewer, at=desk.at())

    copy = _revision(claim)

    assert copy.number == 2
    assert copy.contributors.filter(user=desk.writer).exists()


def test_a_correction_starts_with_the_hands_that_make_it(desk: Desk):
    claim = desk.published()
    moves.revise(
        claim_id=claim.pk,
        change_type=ChangeType.CORRECTION,
        public_note="Wrong month.",
        actor=desk.publisher,
        at=desk.at(),
    )

    assert [c.user.username for c in _revision(claim).contributors.all()] == ["publisher"]


def test_raw_sql_cannot_approve_for_a_contributor(desk: Desk, raw):
    claim = desk.in_review()
    revision = _revision(claim)

    with pytest.raises(IntegrityError, match="contributed to revision"), transaction.atomic():
        raw(
            "INSERT INTO claims_approval (verdict_id, reviewer_id, decision, comment, candidate_hash, at) "
            "VALUES (%s, %s, 'approved', '', %s, now())",
            revision.pk,
            desk.writer.pk,
            revision.candidate_hash,
        )
    assert raw("SELECT count(*) FROM claims_approval") == [(0,)]


def test_raw_sql_cannot_make_the_approver_a_contributor(desk: Desk, raw):
    claim = desk.approved()

    with pytest.raises(IntegrityError, match="cannot have a hand in it"), transaction.atomic():
        raw(
            "INSERT INTO claims_verdictcontributor (verdict_id, user_id, at) VALUES (%s, %s, now())",
            _revision(claim).pk,
            desk.reviewer.pk,
        )


def test_raw_sql_cannot_approve_other_bytes_or_an_unfrozen_revision(desk: Desk, raw):
    frozen, open_one = _revision(desk.in_review()), _revision(desk.written())
    insert = (
        "INSERT INTO claims_approval (verdict_id, reviewer_id, decision, comment, candidate_hash, at) "
        "VALUES (%s, %s, 'approved', '', %s, now())"
    )

    with pytest.raises(IntegrityError, match="other bytes"), transaction.atomic():
        raw(insert, frozen.pk, desk.reviewer.pk, "0" * 64)
    with pytest.raises(IntegrityError, match="was not submitted"), transaction.atomic():
        raw(insert, open_one.pk, desk.reviewer.pk, "0" * 64)


def test_only_a_superuser_overrides_and_only_with_a_reason(desk: Desk, raw):
    claim = desk.in_review()
    revision = _revision(claim)
    chief = desk.person("chief", superuser=True)
    reason = "The only other editor is ill and the story runs tonight."

    with pytest.raises(NotAllowed):
        moves.override_approve(claim_id=claim.pk, reason=reason, actor=desk.publisher, at=desk.at())
    with pytest.raises(Invalid):
        moves.override_approve(claim_id=claim.pk, reason="because", actor=chief, at=desk.at())
    with pytest.raises(IntegrityError, match="only a superuser"), transaction.atomic():
        raw(
            "INSERT INTO claims_approval "
            "(verdict_id, reviewer_id, decision, comment, candidate_hash, override_reason, at) "
            "VALUES (%s, %s, 'approved', '', %s, %s, now())",
            revision.pk,
            desk.writer.pk,
            revision.candidate_hash,
            reason,
        )
    approval = moves.override_approve(claim_id=claim.pk, reason=reason, actor=chief, at=desk.at())

    assert approval.override_reason == reason
    assert claim.events.filter(kind="verdict.override_approved", data__override_reason=reason).exists()


def test_who_overrode_their_own_work_does_not_publish_it_too(desk: Desk):
    chief = desk.person("chief", Role.PUBLISHER, superuser=True)
    claim = desk.written()
    desk.draft(claim, "Written by the chief.", actor=chief)
    moves.submit(claim_id=claim.pk, actor=chief, at=desk.at())
    moves.override_approve(claim_id=claim.pk, reason="Nobody else is here tonight.", actor=chief, at=desk.at())

    with pytest.raises(FourEyes):
        moves.publish(claim_id=claim.pk, actor=chief, at=desk.at())

    assert desk.publish(claim).version == 1


def test_whoever_changed_a_source_in_the_inbox_had_a_hand_in_it(desk: Desk):
    claim = desk.inbox()
    desk.source(claim, "https://early.example/a")
    edit_evidence(
        evidence_id=claim.evidence.get().pk,
        given=EvidenceFields(stance=Stance.SUPPORTS),
        lock_version=None,
        actor=desk.reviewer,
        at=desk.at(),
    )
    moves.accept(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    assert _revision(claim).contributors.filter(user=desk.reviewer).exists()


def test_whoever_added_a_source_to_a_reopened_claim_cannot_approve_it(desk: Desk):
    claim = desk.written()
    moves.decline(claim_id=claim.pk, reason="out_of_scope", actor=desk.writer, at=desk.at())
    moves.reopen(claim_id=claim.pk, reason="It is in scope after all.", actor=desk.writer, at=desk.at())
    desk.source(claim, "https://later.example/a", actor=desk.reviewer)
    moves.accept(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    with pytest.raises(FourEyes):
        moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())


def test_whoever_added_a_source_to_an_abandoned_revision_cannot_approve_the_next_one(desk: Desk):
    claim = desk.published()
    desk.revise(claim)
    desk.source(claim, "https://later.example/a", actor=desk.reviewer)
    moves.abandon(claim_id=claim.pk, reason="Not now.", actor=desk.writer, at=desk.at())
    desk.revise(claim)
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    with pytest.raises(FourEyes):
        moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())
