"""What was approved is what is published; retractions, corrections, and what closes them."""

import json

import pytest

from claims.choices import ChangeType, ClaimState, PublicationKind, PublicStatus, Role
from claims.editing.claims import ClaimFields, edit_claim
from claims.editing.notes import ask_reply
from claims.errors import ChangedSinceApproval, ChecklistUnmet, FourEyes, IllegalMove, Invalid
from claims.models import Approval, Capture, Claim, Document, Evidence, Publication, PublicHead, Verdict
from claims.review import operations as moves
from claims.text import sha256
from claims.verdicts.operations import waive
from tests.review.conftest import Desk, stored


def _fresh(claim: Claim) -> Claim:
    return Claim.objects.get(pk=claim.pk)


def test_the_published_bytes_are_the_approved_ones(desk: Desk):
    claim = desk.approved()
    candidate = stored(Verdict.objects.get(claim=claim).candidate)

    publication = desk.publish(claim)

    row = Publication.objects.get(pk=publication.pk)
    assert stored(row.body) == candidate
    assert row.body_hash == sha256(candidate)
    assert (row.version, row.sequence, row.kind) == (1, 1, PublicationKind.INITIAL)
    document = json.loads(candidate)
    assert document["verdict"]["rating"]["definition"] == "It is not so."
    assert [item["outlet"] for item in document["evidence"]] == ["statistics.example", "paper.example"]
    assert _fresh(claim).public_status() == PublicStatus.LIVE


def test_evidence_swapped_after_approval_is_refused(desk: Desk, raw):
    claim = desk.approved()
    other = Document.objects.create(url="https://swapped.example/", found_at=desk.at())
    raw("UPDATE claims_evidence SET document_id = %s WHERE id = %s", other.pk, claim.evidence.all()[0].pk)

    with pytest.raises(ChangedSinceApproval):
        desk.publish(claim)

    assert _fresh(claim).state == ClaimState.APPROVED
    assert not Publication.objects.exists()


def test_a_claimant_renamed_after_approval_is_refused(desk: Desk):
    claim = desk.approved()
    assert claim.claimant is not None
    claim.claimant.name = "Somebody else"
    claim.claimant.save()

    with pytest.raises(ChangedSinceApproval):
        desk.publish(claim)


def test_a_changed_source_is_refused_at_approval_too(desk: Desk, raw):
    claim = desk.in_review()
    raw("UPDATE claims_evidence SET note = 'Swapped.' WHERE claim_id = %s", claim.pk)

    with pytest.raises(ChangedSinceApproval):
        moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())


def test_an_unmet_checklist_names_each_missing_line(desk: Desk):
    claim = desk.researching()
    desk.draft(claim, "")

    with pytest.raises(ChecklistUnmet) as caught:
        moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    assert set(caught.value.fields) == {"rating", "evidence", "outlets", "reply"}
    assert _fresh(claim).state == ClaimState.RESEARCHING


def test_a_waived_line_lets_it_pass_and_a_public_one_is_published(desk: Desk):
    claim = desk.published()

    assert "The office is closed." not in stored(Publication.objects.get(claim=claim).body).decode()
    assert claim.events.filter(kind="check.waived").count() == 1


def test_a_correction_is_a_new_version_and_the_old_one_stays(desk: Desk):
    claim = desk.published()
    first = stored(Publication.objects.get(claim=claim).body)
    desk.revise(claim)
    desk.draft(claim, "It covers a quarter, not a month.")
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())

    second = desk.publish(claim)

    assert (second.version, second.kind, second.change_type) == (2, PublicationKind.UPDATE, ChangeType.CORRECTION)
    assert second.public_note == "The month was wrong."
    old = Publication.objects.get(claim=claim, version=1)
    assert stored(old.body) == first
    assert old.superseded_by == second
    assert old.valid_from < second.valid_from


def test_a_correction_without_a_note_does_not_start(desk: Desk):
    claim = desk.published()

    with pytest.raises(Invalid):
        moves.revise(
            claim_id=claim.pk, change_type=ChangeType.CORRECTION, public_note=" ", actor=desk.writer, at=desk.at()
        )


def test_retraction_while_a_correction_is_open(desk: Desk):
    claim = desk.published()
    desk.revise(claim)
    desk.draft(claim, "Half-way through a correction.")
    open_revision = Verdict.objects.revisions().filter(claim=claim).order_by("-number")[0]
    moves.propose_retraction(claim_id=claim.pk, public_note="The source was forged.", actor=desk.writer, at=desk.at())

    tombstone = moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())

    claim = _fresh(claim)
    assert claim.state == ClaimState.RESEARCHING
    assert claim.public_status() == PublicStatus.RETRACTED
    assert (tombstone.kind, tombstone.version) == (PublicationKind.TOMBSTONE, 2)
    assert json.loads(stored(tombstone.body))["retracted"] is True
    open_revision.refresh_from_db()
    assert open_revision.submitted_at is None
    with pytest.raises(ChecklistUnmet) as caught:  # a correction of something retracted must become a reinstatement
        moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    assert set(caught.value.fields) == {"change"}


def test_a_retraction_between_approval_and_publishing_stops_the_correction(desk: Desk):
    claim = desk.published()
    desk.revise(claim)
    desk.draft(claim, "Corrected.")
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())
    moves.propose_retraction(claim_id=claim.pk, public_note="Forged.", actor=desk.writer, at=desk.at())
    moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())

    with pytest.raises(ChangedSinceApproval):
        desk.publish(claim)

    assert PublicHead.objects.get(claim=claim).live is False


def test_who_proposes_a_retraction_does_not_make_it(desk: Desk):
    claim = desk.published()
    moves.propose_retraction(claim_id=claim.pk, public_note="Forged.", actor=desk.publisher, at=desk.at())

    with pytest.raises(FourEyes):
        moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())

    second = desk.person("second", Role.PUBLISHER)
    assert moves.retract(claim_id=claim.pk, actor=second, at=desk.at()).kind == PublicationKind.TOMBSTONE


def test_a_retraction_needs_a_proposal(desk: Desk):
    claim = desk.published()

    with pytest.raises(IllegalMove):
        moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())


def test_a_retracted_verdict_can_be_reinstated(desk: Desk):
    claim = desk.published()
    moves.propose_retraction(claim_id=claim.pk, public_note="In doubt.", actor=desk.writer, at=desk.at())
    moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())
    desk.revise(claim, ChangeType.REINSTATEMENT)
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())

    back = desk.publish(claim)

    assert (back.version, back.kind) == (3, PublicationKind.UPDATE)
    assert _fresh(claim).public_status() == PublicStatus.LIVE
    assert [c["type"] for c in json.loads(stored(back.body))["corrections"]] == ["retraction"]


def test_an_abandoned_revision_leaves_what_is_public(desk: Desk):
    claim = desk.published()
    desk.revise(claim)
    desk.draft(claim, "Never to be seen.")

    moves.abandon(claim_id=claim.pk, reason="It was right after all.", actor=desk.writer, at=desk.at())
    desk.revise(claim)

    newest = Verdict.objects.filter(claim=claim).order_by("-number")[0]
    assert newest.number == 3
    assert newest.explanation == "The figure covers one month."


def test_withdrawn_evidence_is_not_published_and_not_lost(desk: Desk):
    claim = desk.written()
    desk.source(claim, "https://third.example/")
    gone = Evidence.objects.get(claim=claim, document__url__startswith="https://third.example/")
    from_before = gone.added_at

    gone.withdrawn_at = desk.at()
    gone.save()
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    frozen = json.loads(stored(Verdict.objects.get(claim=claim).candidate))
    assert len(frozen["evidence"]) == 2
    assert Evidence.objects.get(pk=gone.pk).added_at == from_before


def test_a_copy_that_came_during_review_is_there_after_a_return(desk: Desk):
    claim = desk.in_review()
    source = claim.evidence.order_by("pk")[0]
    assert source.document is not None
    capture = Capture.objects.create(
        document=source.document,
        fetched_at=desk.at(),
        final_url=source.document.url,
        http_status=200,
        sha256="a" * 64,
        warc_sha256="b" * 64,
        storage_key="aa/a.warc.gz",
        length=1,
    )

    moves.return_to_writer(claim_id=claim.pk, comment="Look again.", actor=desk.reviewer, at=desk.at())

    assert Evidence.objects.get(pk=source.pk).capture == capture
    assert claim.events.filter(kind="evidence.copied").count() == 1


def test_a_tombstone_takes_back_what_was_public_whatever_an_open_correction_has_made_of_it(desk: Desk):
    claim = desk.published()
    live = json.loads(bytes(Publication.objects.get(claim=claim).body or b""))
    desk.revise(claim)
    desk.source(claim, "https://unread.example/", actor=desk.publisher)
    moves.propose_retraction(claim_id=claim.pk, public_note="The source was forged.", actor=desk.writer, at=desk.at())
    edit_claim(
        claim_id=claim.pk,
        given=ClaimFields(statement="Nobody has approved these words.", claimant=claim.claimant),
        lock_version=None,
        actor=desk.publisher,
        at=desk.at(),
    )

    tombstone = moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())

    body = json.loads(bytes(tombstone.body or b""))
    assert {name: body[name] for name in ("claim", "evidence", "claim_review")} == {
        name: live[name] for name in ("claim", "evidence", "claim_review")
    }
    assert (body["version"], body["retracted"], body["verdict"]["change_type"]) == (2, True, "retraction")
    assert body["verdict"]["public_note"] == "The source was forged."
    assert tombstone.statement == claim.statement


def test_a_proposal_to_retract_what_was_corrected_since_is_no_longer_pending(desk: Desk):
    claim = desk.published()
    desk.revise(claim)
    desk.draft(claim, "Corrected.")
    moves.propose_retraction(claim_id=claim.pk, public_note="Forged.", actor=desk.writer, at=desk.at())
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())
    desk.publish(claim)

    with pytest.raises(IllegalMove, match="Nobody has proposed"):
        moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())


NASTY = "Ill\x00 \ud800 words, written by nobody who means well."


def test_the_words_of_moves_are_kept_as_plain_text(desk: Desk):
    chief, words = desk.person("chief", superuser=True), "Ill  words, written by nobody who means well."
    claim = desk.in_review()
    moves.return_to_writer(claim_id=claim.pk, comment=NASTY, actor=desk.reviewer, at=desk.at())
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    approval = moves.override_approve(claim_id=claim.pk, reason=NASTY, actor=chief, at=desk.at())
    declined = desk.declined()
    moves.reopen(claim_id=declined.pk, reason=NASTY, actor=desk.writer, at=desk.at())

    assert approval.override_reason == words
    assert Approval.objects.get(decision="returned").comment == words
    assert declined.events.get(kind="claim.reopened").data == {"reason": words}


@pytest.mark.parametrize("address", ["http://checked.example/\x00", "javascript:alert(1)", "see their site"])
def test_already_checked_names_an_address_that_is_one(desk: Desk, address: str):
    claim = desk.inbox()

    with pytest.raises(Invalid) as caught:
        moves.decline(
            claim_id=claim.pk,
            reason="already_checked",
            already_checked_url=address,
            actor=desk.writer,
            at=desk.at(),
        )

    assert set(caught.value.fields) == {"already_checked_url"}


def test_a_line_that_was_met_after_all_is_not_published_as_waived(desk: Desk):
    claim = desk.researching()
    for place in ("statistics", "paper"):
        desk.source(claim, f"https://{place}.example/a")
    desk.draft(claim, "It covers one month.")
    waive(claim_id=claim.pk, line="reply", reason="Not asked yet.", public=True, actor=desk.writer, at=desk.at())
    ask_reply(
        claim_id=claim.pk,
        asked_of="The mayor",
        how="by e-mail",
        asked_at=desk.now,
        deadline_at=None,
        actor=desk.writer,
        at=desk.at(),
    )

    draft = moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())

    assert json.loads(bytes(draft.candidate or b""))["waivers"] == []
    assert claim.events.get(kind="check.unwaived").data == {"line": "reply", "met": True}
