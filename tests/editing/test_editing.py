"""Editing: who may, in which state, and that nobody's text is overwritten unseen."""

from datetime import date, timedelta

import pytest
from django.core.files.base import ContentFile

from claims.choices import (
    ClaimState,
    CoverageState,
    EventKind,
    EvidenceKind,
    FoundBy,
    QuoteFound,
    ReviewItemKind,
    Role,
    Stance,
)
from claims.editing import claims as editing
from claims.editing.evidence import (
    EvidenceFields,
    add_evidence,
    add_file,
    add_statement,
    cite,
    edit_evidence,
    withdraw_evidence,
)
from claims.editing.notes import add_note, answer_reply, ask_reply, close_review_item
from claims.editing.people import save_claimant
from claims.errors import Conflict, IllegalMove, Invalid, NotAllowed, StaleWrite
from claims.models import Claim, Coverage, Document, Event, Evidence, ReviewItem
from claims.text import sha256
from tests.review.conftest import Desk, desk, stored

__all__ = ["desk"]
REFUTES = EvidenceFields(stance=Stance.REFUTES)


def _fields(statement: str = "Unemployment fell by a third.", **more):
    return editing.ClaimFields(statement=statement, **more)


def test_a_contributor_edits_their_own_claim_in_the_inbox_only(desk: Desk):
    contributor = desk.person("contributor", Role.CONTRIBUTOR)
    own = editing.create_claim(given=_fields(), actor=contributor, at=desk.at())
    others = desk.inbox()

    edited = editing.edit_claim(
        claim_id=own.pk, given=_fields("It fell by a quarter."), lock_version=1, actor=contributor, at=desk.at()
    )

    assert (edited.statement, edited.lock_version) == ("It fell by a quarter.", 2)
    with pytest.raises(NotAllowed):
        editing.edit_claim(claim_id=others.pk, given=_fields(), lock_version=None, actor=contributor, at=desk.at())


@pytest.mark.parametrize("state", [ClaimState.IN_REVIEW, ClaimState.APPROVED, ClaimState.PUBLISHED])
def test_nobody_edits_what_is_under_review_or_public(desk: Desk, state: ClaimState):
    claim = desk.claim_in(state)
    evidence = claim.evidence.order_by("pk")[0]

    with pytest.raises(IllegalMove):
        editing.edit_claim(claim_id=claim.pk, given=_fields(), lock_version=None, actor=desk.writer, at=desk.at())
    with pytest.raises(IllegalMove):
        desk.source(claim, "https://late.example/")
    with pytest.raises(IllegalMove):
        withdraw_evidence(evidence_id=evidence.pk, reason="", actor=desk.writer, at=desk.at())
    with pytest.raises(IllegalMove):
        desk.draft(claim, "Too late.")


def test_a_stale_write_shows_both_texts_and_saves_nothing(desk: Desk):
    claim = desk.inbox()
    editing.edit_claim(
        claim_id=claim.pk, given=_fields("First. saved"), lock_version=1, actor=desk.writer, at=desk.at()
    )

    with pytest.raises(StaleWrite) as caught:
        editing.edit_claim(
            claim_id=claim.pk, given=_fields("Second saved"), lock_version=1, actor=desk.reviewer, at=desk.at()
        )

    assert caught.value.fields["statement"] == ["First. saved", "Second saved"]
    assert Claim.objects.get(pk=claim.pk).statement == "First. saved"


def test_saving_the_same_again_is_no_event(desk: Desk):
    claim = editing.create_claim(given=_fields(claimed_on=date(2026, 1, 1)), actor=desk.writer, at=desk.at())

    editing.edit_claim(
        claim_id=claim.pk, given=_fields(claimed_on=date(2026, 1, 1)), lock_version=1, actor=desk.writer, at=desk.at()
    )

    assert not Event.objects.filter(kind=EventKind.CLAIM_EDITED).exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"statement": ""}, "statement"),
        ({"statement": "word"}, "statement"),
        ({"statement": "x " * 300}, "statement"),
        ({"kind": "rumour"}, "kind"),
        ({"priority": "whatever"}, "priority"),
        ({"language": "x" * 40}, "language"),
    ],
)
def test_bad_input_names_its_field(desk: Desk, given, field: str):
    with pytest.raises(Invalid) as caught:
        editing.create_claim(given=_fields(**given), actor=desk.writer, at=desk.at())

    assert field in caught.value.fields
    assert not Claim.objects.exists()


def test_outside_text_is_kept_as_plain_text(desk: Desk):
    claim = editing.create_claim(given=_fields("A\x00 claim with <b>marks</b>\x07."), actor=desk.writer, at=desk.at())

    assert claim.statement == "A claim with <b>marks</b>."


def test_a_page_is_linked_once_while_it_stands(desk: Desk):
    claim = desk.researching()
    add_evidence(
        claim_id=claim.pk, url="https://a.example/x?utm_source=y", given=REFUTES, actor=desk.writer, at=desk.at()
    )

    with pytest.raises(Conflict):
        add_evidence(claim_id=claim.pk, url="https://A.example/x#part", given=REFUTES, actor=desk.writer, at=desk.at())

    withdraw_evidence(evidence_id=Evidence.objects.get().pk, reason="Wrong page.", actor=desk.writer, at=desk.at())
    add_evidence(claim_id=claim.pk, url="https://a.example/x", given=REFUTES, actor=desk.writer, at=desk.at())
    assert Evidence.objects.count() == 2
    assert Evidence.objects.live().count() == 1


def test_a_statement_says_who_when_and_how(desk: Desk):
    claim = desk.researching()

    with pytest.raises(Invalid) as caught:
        add_statement(
            claim_id=claim.pk,
            stated_by="",
            stated_at=desk.now,
            stated_how=" ",
            given=REFUTES,
            actor=desk.writer,
            at=desk.at(),
        )
    evidence = add_statement(
        claim_id=claim.pk,
        stated_by="Press office",
        stated_at=desk.now,
        stated_how="by telephone",
        given=REFUTES,
        actor=desk.writer,
        at=desk.at(),
    )

    assert set(caught.value.fields) == {"stated_by", "stated_how"}
    assert evidence.kind == EvidenceKind.STATEMENT


def test_a_file_is_kept_under_its_hash(desk: Desk):
    claim = desk.researching()

    evidence = add_file(
        claim_id=claim.pk,
        file=ContentFile(b"%PDF-1.7 table", name="../../etc/table.pdf"),
        given=REFUTES,
        actor=desk.writer,
        at=desk.at(),
    )

    assert evidence.file_sha256 == sha256(b"%PDF-1.7 table")
    assert evidence.file.name == f"evidence/{evidence.file_sha256}"
    assert (evidence.file_name, evidence.file_type, evidence.file_size) == ("table.pdf", "application/pdf", 14)
    assert evidence.has_copy()


def test_an_edit_of_evidence_is_refused_when_stale(desk: Desk):
    claim = desk.written()
    evidence = claim.evidence.order_by("pk")[0]
    edit_evidence(
        evidence_id=evidence.pk,
        given=EvidenceFields(stance=Stance.SUPPORTS),
        lock_version=1,
        actor=desk.writer,
        at=desk.at(),
    )

    with pytest.raises(StaleWrite) as caught:
        edit_evidence(
            evidence_id=evidence.pk,
            given=EvidenceFields(stance=Stance.CONTEXT),
            lock_version=1,
            actor=desk.writer,
            at=desk.at(),
        )

    assert caught.value.fields["stance"] == ["supports", "context"]


def test_a_renamed_claimant_opens_one_look_again_item_and_changes_nothing_public(desk: Desk):
    claim = desk.published()
    before = stored(claim.public_head.publication.body)
    assert claim.claimant_id is not None

    for name in ("Ilse Brandt", "Ilse Brandt-Meyer"):
        save_claimant(claimant_id=claim.claimant_id, name=name, job_title="Mayor", actor=desk.writer, at=desk.at())

    item = ReviewItem.objects.open().get()
    assert item.kind == ReviewItemKind.CLAIMANT_CHANGED
    assert item.difference["name"] == ["Ilse Brandt", "Ilse Brandt-Meyer"]
    assert stored(Claim.objects.get(pk=claim.pk).public_head.publication.body) == before
    close_review_item(item_id=item.pk, note="A marriage.", actor=desk.writer, at=desk.at())
    assert not ReviewItem.objects.open().exists()


def test_a_reply_is_asked_and_answered_once(desk: Desk):
    claim = desk.researching()
    asked = ask_reply(
        claim_id=claim.pk,
        asked_of="Mayor's office",
        how="by e-mail",
        asked_at=desk.now,
        deadline_at=None,
        actor=desk.writer,
        at=desk.at(),
    )
    answer_reply(reply_id=asked.pk, answer="No comment.", answered_at=desk.at(), actor=desk.writer, at=desk.at())

    with pytest.raises(Conflict):
        answer_reply(reply_id=asked.pk, answer="Again.", answered_at=desk.at(), actor=desk.writer, at=desk.at())


def test_an_outsider_does_nothing(desk: Desk):
    outsider = desk.person("outsider")
    claim = desk.inbox()

    with pytest.raises(NotAllowed):
        editing.create_claim(given=_fields(), actor=outsider, at=desk.at())
    with pytest.raises(NotAllowed):
        add_note(claim_id=claim.pk, text="Hello.", actor=outsider, at=desk.at())
    with pytest.raises(NotAllowed):
        add_evidence(claim_id=claim.pk, url="https://a.example/", given=REFUTES, actor=outsider, at=desk.at())


def test_a_piece_cited_by_a_clock_that_runs_behind_is_cited(desk: Desk):
    claim = desk.researching()
    found = Coverage.objects.create(
        claim=claim,
        document=Document.objects.create(url="https://found.example/", found_at=desk.now),
        score=0.5,
        found_by=FoundBy.FEED,
        found_at=desk.now + timedelta(minutes=1),
    )

    cite(coverage_id=found.pk, given=REFUTES, actor=desk.writer, at=desk.at())

    found.refresh_from_db()
    assert (found.state, found.decided_at) == (CoverageState.KEPT, found.found_at)


def test_a_quote_with_a_gap_is_found_by_an_edit_as_by_the_reading_of_the_page(desk: Desk):
    claim = desk.written()
    evidence = claim.evidence.order_by("pk")[0]
    Document.objects.filter(evidence=evidence).update(text="It fell by 3.1 per cent, said the office, last year.")

    edited = edit_evidence(
        evidence_id=evidence.pk,
        given=EvidenceFields(stance=Stance.REFUTES, quote="“fell by 3.1 per cent … last year”"),
        lock_version=None,
        actor=desk.writer,
        at=desk.at(),
    )

    assert edited.quote_found == QuoteFound.YES


def test_what_a_column_cannot_hold_is_refused_by_its_field(desk: Desk):
    claim = desk.researching()
    grows = "https://archive.example/" + "ü" * 500

    with pytest.raises(Invalid) as archive:
        add_evidence(
            claim_id=claim.pk,
            url="https://a.example/",
            given=EvidenceFields(stance=Stance.REFUTES, archive_url=grows),
            actor=desk.writer,
            at=desk.at(),
        )
    with pytest.raises(Invalid) as alias:
        editing.add_alias(
            claim_id=claim.pk, text="It fell a little.", language="x" * 40, actor=desk.writer, at=desk.at()
        )

    assert (set(archive.value.fields), set(alias.value.fields)) == ({"archive_url"}, {"language"})


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://a.example/\x00", "Ilse"])
def test_what_identifies_a_claimant_elsewhere_is_an_address(desk: Desk, address: str):
    with pytest.raises(Invalid) as caught:
        save_claimant(name="Ilse Brandt", same_as=[address], actor=desk.writer, at=desk.at())

    assert set(caught.value.fields) == {"same_as"}
