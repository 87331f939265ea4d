"""A claim that has a word wherever anybody can write one, to see where it stands once it was erased."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from claims.choices import EvidenceKind, Role, Stance
from claims.editing import notes
from claims.editing.claims import add_alias, add_appearance
from claims.editing.evidence import EvidenceFields, add_evidence
from claims.models import (
    Challenge,
    Claim,
    ClaimSearch,
    Evidence,
    Publication,
    ReviewItem,
    Submission,
)
from claims.publishing import dumps
from claims.review import operations as moves
from claims.verdicts.operations import VerdictFields, save_draft, waive
from tests import factories
from tests.factories import NOON, person
from tests.publishing.endpoints import work
from tests.servers.receiver import Receiver

WORD = "qxzzyq"  # stands in every text that anybody wrote


def told(what: str) -> str:
    """A sentence with the word in it."""
    return f"{what} {WORD}."


def full_claim(**fields: Any) -> Claim:
    """A live claim with the word wherever a person can write it, returned once on its way."""
    writer, publisher = person(Role.FACT_CHECKER), person(Role.PUBLISHER)
    claim = factories.written_claim(
        statement=told("It was said"),
        original_text=told("The words"),
        context=told("At the"),
        location=told("In"),
        selection_reason=told("Because"),
        headline=told("Headline"),
        **fields,
    )
    add_alias(claim_id=claim.pk, text=told("Also"), actor=writer, at=NOON)
    add_appearance(claim_id=claim.pk, description=told("On air"), quote=told("Quote"), actor=writer, at=NOON)
    given = EvidenceFields(
        stance=Stance.REFUTES, quote=told("Cited"), note=told("Shows"), archive_url="https://a.example/"
    )
    add_evidence(claim_id=claim.pk, url="https://third.example/page", given=given, actor=writer, at=NOON)
    text = {name: told(name) for name in ("headline", "summary", "explanation", "byline")}
    rating = claim.verdicts.get().rating
    save_draft(claim_id=claim.pk, given=VerdictFields(rating=rating, **text), lock_version=None, actor=writer, at=NOON)
    waive(claim_id=claim.pk, line="reply", reason=told("Closed"), public=True, actor=writer, at=NOON)
    notes.add_note(claim_id=claim.pk, text=told("Note"), actor=writer, at=NOON)
    asked = notes.ask_reply(
        claim_id=claim.pk,
        asked_of=told("Office"),
        how=told("By letter"),
        asked_at=NOON,
        deadline_at=None,
        actor=writer,
        at=NOON,
    )
    notes.answer_reply(reply_id=asked.pk, answer=told("No"), answered_at=NOON, actor=writer, at=NOON)
    moves.submit(claim_id=claim.pk, actor=writer, at=NOON)
    moves.return_to_writer(claim_id=claim.pk, comment=told("Change"), actor=publisher, at=NOON)
    moves.submit(claim_id=claim.pk, actor=writer, at=NOON)
    moves.approve(claim_id=claim.pk, comment=told("Sound"), actor=publisher, at=NOON)
    moves.publish(claim_id=claim.pk, actor=publisher, at=NOON)
    Challenge.objects.create(claim=claim, text=told("Wrong"), contact=WORD, received_at=NOON, outcome_note=told("No"))
    Submission.objects.create(text=told("Check"), received_at=NOON, claim=claim)
    ClaimSearch.objects.create(claim=claim, connector="library", query=told("Find"), started_at=NOON, outcome="refused")
    Evidence.objects.create(
        claim=claim,
        kind=EvidenceKind.STATEMENT,
        stated_by=told("Who"),
        stated_at=NOON,
        stated_how=told("How"),
        stance=Stance.CONTEXT,
        accessed_at=NOON,
        added_at=NOON,
        added_by=writer,
        note=told("Said"),
        withdrawn_at=NOON,
        withdrawn_reason=told("Out"),
    )
    return Claim.objects.get(pk=claim.pk)


def gone_claim(receiver: Receiver | None = None) -> Claim:
    """Published, corrected, asked to be looked at again, dumped, sent to endpoints, and retracted."""
    claim = full_claim()
    ReviewItem.objects.create(
        claim=claim,
        kind="quote_changed",
        cause="document:1",
        difference={"quote": [WORD, ""]},
        opened_at=Publication.objects.get(claim=claim).valid_from + timedelta(microseconds=1),
    )
    factories.corrected(claim, summary=told("Corrected"), note=told("The note"))
    dumps.store(dumps.make(at=timezone.now()), at=timezone.now(), before=None)
    factories.retracted(claim, note=told("Taken back"))
    if receiver is not None:
        work()
    return Claim.objects.get(pk=claim.pk)
