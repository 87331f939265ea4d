"""The claim page: what it shows to whom, and what a refused button leaves behind."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from claims.admin.moves import BUTTONS
from claims.choices import ClaimState, CoverageState, Role
from claims.editing.claims import ClaimFields, edit_claim
from claims.models import Claim, Coverage, Evidence, ReplyRequest, ReviewNote, Verdict
from claims.review.rules import RULES
from claims.verdicts.operations import VerdictFields, save_draft
from tests import factories
from tests.admin.conftest import editor
from tests.factories import NOON


def text_of(answer) -> str:
    return str(answer.content.decode())


def open_moves(answer) -> set[str]:
    return {item.button.move.value for item in [*answer.context["forward"], *answer.context["other"]]}


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "carry",
    [
        factories.inbox_claim,
        factories.researching_claim,
        factories.written_claim,
        factories.claim_in_review,
        factories.approved_claim,
        factories.published_claim,
    ],
)
def test_every_role_reads_every_state(role, carry):
    claim = carry()

    answer = editor(factories.person(role)).page(claim)

    assert answer.status_code == 200
    assert claim.statement in text_of(answer)


@pytest.mark.django_db
def test_a_closed_move_says_why(writer):
    claim = factories.claim_in_review()

    answer = writer.page(claim)

    assert "approve" not in open_moves(answer)
    assert "takes the role reviewer" in text_of(answer)


@pytest.mark.django_db
def test_the_story_from_inbox_to_public(writer, publisher):
    claim = factories.inbox_claim()
    page = factories.CoverageFactory.create(claim=claim)

    assert writer.do(claim, "accept").status_code == 302
    assert writer.do(claim, "coverage-cite", target=page.pk, stance="refutes", note="It says 3.1.").status_code == 302
    rating = factories.RatingFactory.create()
    draft = {
        "rating": rating.pk,
        "headline": "It fell by less",
        "summary": "By 3.1 per cent.",
        "explanation": "The table says so.",
        "byline": "The desk",
    }
    assert writer.do(claim, "verdict-save", lock_version=1, **draft).status_code == 302
    for line in ("outlets", "copies", "reply"):
        waived = writer.do(claim, "waive", target=line, reason="Nothing more is to be had.", public="on")
        assert waived.status_code == 302
    assert writer.do(claim, "submit").status_code == 302
    assert publisher.do(claim, "approve", comment="Sound.").status_code == 302
    assert publisher.do(claim, "publish").status_code == 302

    claim.refresh_from_db()
    assert claim.state == ClaimState.PUBLISHED
    history = text_of(publisher.page(claim))
    assert "published revision 1" in history
    assert "approved revision 1" in history


@pytest.mark.django_db
def test_an_incomplete_checklist_names_each_line_and_leads_there(writer):
    claim = factories.researching_claim()
    given = VerdictFields(headline="Half done")
    save_draft(claim_id=claim.pk, given=given, lock_version=None, actor=writer.user, at=NOON)

    answer = writer.do(claim, "submit")

    assert answer.status_code == 422
    assert {line.line for line in answer.context["refusal"].lines} == {"rating", "evidence", "outlets", "reply"} | (
        {"claimreview"} & {line.line for line in answer.context["refusal"].lines}
    )
    assert 'href="#rating"' in text_of(answer)
    assert 'href="#evidence"' in text_of(answer)


@pytest.mark.django_db
def test_a_line_about_the_claim_leads_to_its_edit_page(writer):
    claim = factories.researching_claim(claimed_on=None)

    assert f"/admin/claim/{claim.public_id}/edit/#claimed_on" in text_of(writer.page(claim))


@pytest.mark.django_db
def test_what_was_typed_is_kept_beside_the_error(publisher):
    claim = factories.claim_in_review()

    answer = publisher.do(claim, "return", comment="   ")

    assert answer.status_code == 400
    assert answer.context["refusal"].key == "return"
    claim.refresh_from_db()
    assert claim.state == ClaimState.IN_REVIEW

    answer = publisher.do(claim, "revise", change_type="correction", public_note="The month was wrong.")
    assert answer.status_code == 409


@pytest.mark.django_db
def test_a_bad_address_keeps_the_rest_of_the_form(writer):
    claim = factories.researching_claim()

    answer = writer.do(claim, "evidence-add", url="ftp://x.example/", stance="refutes", note="A long thought.")

    assert answer.status_code == 400
    assert "A long thought." in text_of(answer)
    assert not Evidence.objects.filter(claim=claim).exists()


@pytest.mark.django_db
def test_two_writers_lose_nothing(writer):
    claim = factories.researching_claim()
    other = factories.UserFactory.create(role=Role.FACT_CHECKER)
    save_draft(
        claim_id=claim.pk,
        given=VerdictFields(headline="Their headline"),
        lock_version=None,
        actor=other,
        at=NOON,
    )

    answer = writer.do(claim, "verdict-save", lock_version=1, headline="My own headline", explanation="Mine.")

    text = text_of(answer)
    assert answer.status_code == 412
    assert '<mark class="theirs">Their</mark>' in text
    assert 'value="My own headline"' in text
    assert Verdict.objects.get(claim=claim).headline == "Their headline"
    version = re.search(r'name="lock_version" value="(\d+)"', text[text.index('id="verdict-save"') :])
    assert version is not None
    again = writer.do(claim, "verdict-save", lock_version=version[1], headline="Both headlines", explanation="Mine.")
    assert again.status_code == 302
    assert Verdict.objects.get(claim=claim).headline == "Both headlines"


@pytest.mark.django_db
def test_two_editors_of_a_claim_lose_nothing(writer):
    claim = factories.inbox_claim()
    given = ClaimFields(statement="Unemployment fell by nine per cent.", context="Theirs.")
    edit_claim(claim_id=claim.pk, given=given, lock_version=None, actor=writer.user, at=NOON)

    answer = writer.client.post(
        reverse("admin:claim_edit", args=[claim.public_id]),
        {
            "statement": "Unemployment fell by eight per cent.",
            "language": "en",
            "kind": "factual",
            "priority": "normal",
            "lock_version": 1,
        },
    )

    assert answer.status_code == 412
    assert "Theirs" in text_of(answer)
    assert "Unemployment fell by eight per cent." in text_of(answer)
    assert Claim.objects.get(pk=claim.pk).context == "Theirs."


@pytest.mark.django_db
def test_autosave_answers_with_the_version_and_the_checklist(writer):
    claim = factories.researching_claim()
    url = reverse("admin:claim_autosave", args=[claim.public_id])

    saved = writer.client.post(url, {"headline": "As it is typed", "lock_version": 1})
    stale = writer.client.post(url, {"headline": "Another tab", "lock_version": 1})

    assert saved.status_code == 200
    body = json.loads(saved.content)
    assert body["lock_version"] == 2
    assert "Choose a rating." in body["checklist"]
    assert stale.status_code == 412
    assert json.loads(stale.content)["code"] == "stale_write"
    assert Verdict.objects.get(claim=claim).headline == "As it is typed"


@pytest.mark.django_db
def test_autosave_is_not_for_readers(at_desk):
    claim = factories.researching_claim()
    url = reverse("admin:claim_autosave", args=[claim.public_id])

    answer = at_desk(Role.CONTRIBUTOR).client.post(url, {"headline": "Mine", "lock_version": 1})

    assert answer.status_code == 403
    assert json.loads(answer.content)["code"] == "not_allowed"


@pytest.mark.django_db
def test_coverage_is_decided_and_undone(writer):
    claim = factories.researching_claim()
    row = factories.CoverageFactory.create(claim=claim)

    for action, state in (
        ("coverage-dismiss", CoverageState.DISMISSED),
        ("coverage-restore", CoverageState.SUGGESTED),
        ("coverage-keep", CoverageState.KEPT),
    ):
        answer = writer.do(claim, action, target=row.pk, back="coverage")
        assert answer.status_code == 302
        assert f"/admin/claim/{claim.public_id}/coverage/" in answer.url
        assert Coverage.objects.get(pk=row.pk).state == state


@pytest.mark.django_db
def test_another_claim_s_coverage_is_out_of_reach(writer):
    claim = factories.researching_claim()
    foreign = factories.CoverageFactory.create()

    assert writer.do(claim, "coverage-keep", target=foreign.pk).status_code == 404
    assert writer.do(claim, "evidence-edit", target="x", stance="refutes").status_code == 404
    assert writer.do(claim, "no-such-button").status_code == 404


@pytest.mark.django_db
def test_hundreds_of_rows_of_one_score_are_paged_without_loss(writer):
    claim = factories.researching_claim()
    rows = factories.CoverageFactory.create_batch(120, claim=claim, score=0.1 + 0.2)
    url = reverse("admin:claim_coverage", args=[claim.public_id])

    seen: list[int] = []
    query = ""
    for _ in range(5):
        answer = writer.client.get(f"{url}?{query}")
        seen += [row.coverage.pk for row in answer.context["rows"]]
        query = answer.context["next"]
        if not query:
            break

    assert sorted(seen) == sorted(row.pk for row in rows)
    assert len(seen) == len(set(seen))
    assert len(writer.page(claim).context["coverage"]) < 10


@pytest.mark.django_db
def test_hostile_pages_are_shown_as_text(writer):
    claim = factories.researching_claim()
    page = factories.DocumentFactory.create(title="<script>alert(1)</script>", text="<img src=x onerror=alert(2)>")
    factories.CoverageFactory.create(claim=claim, document=page, reasons=["<b>bold</b>"])
    factories.EvidenceFactory.create(claim=claim, document=page, quote="<i>q</i>", note="<u>n</u>")

    text = text_of(writer.page(claim))

    for raw in ("<script>alert", "<img src=x", "<b>bold", "<i>q", "<u>n"):
        assert raw not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.django_db
def test_talk_and_people(writer):
    claim = factories.researching_claim()
    colleague = factories.UserFactory.create(role=Role.REVIEWER)

    writer.do(claim, "note", text="Ask the statistics office.")
    writer.do(claim, "reply", asked_of="The mayor", how="by e-mail", asked_at="2026-03-01T10:00")
    reply = ReplyRequest.objects.get()
    writer.do(claim, "answer", target=reply.pk, answer="No comment.", answered_at="2026-03-02T10:00")
    writer.do(claim, "assign", user=colleague.pk, role="reviewer")

    page = text_of(writer.page(claim))
    assert ReviewNote.objects.get().text == "Ask the statistics office."
    assert "No comment." in page
    assert colleague.username in page
    writer.do(claim, "unassign", target=f"{colleague.pk}.reviewer")
    assert not claim.assignments.filter(ended_at__isnull=True).exists()


@pytest.mark.django_db
def test_a_claim_is_entered_and_edited(writer):
    claimant = factories.ClaimantFactory.create(name="Jonas Weil", job_title="Minister")
    topic = factories.TopicFactory.create()
    given = {
        "statement": "Rents doubled within two years.",
        "language": "en",
        "kind": "factual",
        "priority": "high",
        "claimant": "Jonas Weil",
        "claimed_on": "2026-02-01",
        "due_at": "2026-04-01T09:30",
        "topics": [topic.pk],
    }

    answer = writer.client.post(reverse("admin:claim_new"), given)
    claim = Claim.objects.get()
    assert answer.url == reverse("admin:claim", args=[claim.public_id])
    assert claim.claimant == claimant
    assert list(claim.topics.all()) == [topic]
    edit = reverse("admin:claim_edit", args=[claim.public_id])
    form = writer.get(edit).context["form"]
    assert form["claimant"].value() == "Jonas Weil (Minister)"
    saved = writer.client.post(edit, {**given, "claimant": "Nobody Known", "lock_version": 1})
    assert saved.status_code == 400
    assert "Add the claimant first" in text_of(saved)


@pytest.mark.django_db
def test_the_place_in_a_list_is_kept(writer):
    claims = [factories.inbox_claim() for _ in range(3)]

    answer = writer.page(claims[1], list="inbox")

    place = answer.context["place"]
    assert (place.number, place.total) == (2, 3)
    assert place.previous == claims[0].public_id
    assert place.next == claims[2].public_id
    assert writer.page(claims[1], list="publish").context["place"] is None


@pytest.mark.django_db
def test_a_reviewer_reads_the_candidate_as_it_was_frozen(publisher):
    claim = factories.claim_in_review(headline="As it was sent")

    preview = publisher.get(reverse("admin:claim_preview", args=[claim.public_id]))

    assert preview.status_code == 200
    assert "As it was sent" in text_of(preview)
    assert "Preview. Nobody outside the desk sees this." in text_of(preview)
    assert "<script" not in text_of(preview)


@pytest.mark.django_db
def test_a_proposed_retraction_is_seen_before_it_is_decided(writer, publisher):
    claim = factories.published_claim()
    writer.do(claim, "propose_retraction", public_note="The table was withdrawn by its office.")

    page = publisher.page(claim)
    preview = publisher.get(reverse("admin:claim_preview", args=[claim.public_id]), of="retract")

    assert "The table was withdrawn by its office." in text_of(page)
    assert "retract" in open_moves(page)
    assert "This verdict was retracted." in text_of(preview)
    assert "retract" not in open_moves(writer.page(claim))


@pytest.mark.django_db
def test_get_moves_nothing(writer):
    claim = factories.inbox_claim()

    assert writer.get(reverse("admin:claim_do", args=[claim.public_id, "accept"])).status_code == 405
    assert Claim.objects.get(pk=claim.pk).state == ClaimState.INBOX


@pytest.mark.django_db
def test_every_button_of_the_table_is_on_the_desk():
    assert {move.value for move in RULES} - {"create"} == {move.value for move in BUTTONS}


@pytest.mark.django_db
def test_what_was_typed_survives_a_claim_that_moved_on(writer):
    claim = factories.claim_in_review()

    answer = writer.do(claim, "verdict-save", lock_version=1, headline="Typed in vain", explanation="A long text.")

    assert answer.status_code == 409
    text = text_of(answer)
    assert ">A long text.</textarea>" in text
    assert ">Typed in vain</textarea>" in text
    assert Verdict.objects.get(claim=claim).headline != "Typed in vain"


@pytest.mark.django_db
def test_a_press_from_elsewhere_moves_nothing(writer):
    claim = factories.inbox_claim()
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(writer.user)

    answer = stranger.post(reverse("admin:claim_do", args=[claim.public_id, "accept"]))

    assert answer.status_code == 403
    assert Claim.objects.get(pk=claim.pk).state == ClaimState.INBOX
