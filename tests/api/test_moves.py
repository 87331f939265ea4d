"""Every move through HTTP: what it answers, and the shapes in which it is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from claims.api.urls import MOVES
from claims.choices import ClaimState, Move, Role
from claims.models import Claim, Evidence
from tests import factories
from tests.api.conftest import Api, expect, key_for

FROM: dict[str, tuple[Callable[[], Claim], str, Any, str]] = {
    # move: the claim it starts from, who, the body, the state it ends in
    "accept": (factories.inbox_claim, "fact_checker", None, "researching"),
    "decline": (factories.inbox_claim, "fact_checker", {"reason": "opinion"}, "declined"),
    "submit": (factories.written_claim, "fact_checker", {}, "in_review"),
    "withdraw": (factories.claim_in_review, "fact_checker", None, "researching"),
    "return": (factories.claim_in_review, "reviewer", {"comment": "Look at the month."}, "researching"),
    "approve": (factories.claim_in_review, "reviewer", {"comment": "Sound."}, "approved"),
    "publish": (factories.approved_claim, "publisher", None, "published"),
    "schedule": (factories.approved_claim, "publisher", {"publish_at": "2100-01-01T00:00:00+02:00"}, "approved"),
    "revise": (
        factories.published_claim,
        "fact_checker",
        {"change_type": "correction", "public_note": "The month was wrong."},
        "researching",
    ),
    "propose-retraction": (factories.published_claim, "fact_checker", {"public_note": "Forged."}, "published"),
}


@pytest.mark.parametrize("move", FROM)
def test_a_move_answers_with_the_claim_as_it_then_stands(move: str, as_role: Callable[[str], Api]):
    make, role, body, state = FROM[move]
    claim = make()

    answer = as_role(role).post(f"/claims/{claim.public_id}/{move}", body)

    shown = expect(answer, 200)
    assert (shown["id"], shown["state"]) == (claim.public_id, state)
    assert Claim.objects.get(pk=claim.pk).state == state
    assert all(set(line) == {"move", "label", "open", "reason", "needs"} for line in shown["moves"])


def test_scheduled_and_unscheduled(publisher: Api):
    claim = factories.approved_claim()
    given = {"publish_at": "2100-01-01T00:00:00+02:00", "embargo_until": "2099-12-31T00:00:00Z"}

    shown = expect(publisher.post(f"/claims/{claim.public_id}/schedule", given), 200)
    refused = expect(publisher.post(f"/claims/{claim.public_id}/publish"), 409, "embargoed")
    back = expect(publisher.post(f"/claims/{claim.public_id}/unschedule", {"reason": "Put off."}), 200)

    assert shown["scheduled"]["publish_at"] == "2099-12-31T22:00:00Z"
    assert shown["scheduled"]["embargo_until"] == "2099-12-31T00:00:00Z"
    assert shown["scheduled"]["by"]["username"] == publisher.user.username  # type: ignore[union-attr]
    assert {m["move"]: m["open"] for m in shown["moves"]}["publish"] is False
    assert "2099-12-31 00:00 UTC" in refused["message"]
    assert back["scheduled"] is None


@pytest.mark.parametrize("when", ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00", "tomorrow"])
def test_a_time_that_is_over_or_has_no_offset_is_refused(publisher: Api, when: str):
    claim = factories.approved_claim()

    body = expect(publisher.post(f"/claims/{claim.public_id}/schedule", {"publish_at": when}), 400, "invalid")

    assert set(body["fields"]) == {"publish_at"}


def test_declined_and_reopened(checker: Api):
    claim = factories.inbox_claim()
    expect(checker.post(f"/claims/{claim.public_id}/decline", {"reason": "opinion"}), 200)

    body = expect(checker.post(f"/claims/{claim.public_id}/reopen", {"reason": "It is checkable."}), 200)

    assert (body["state"], body["decline_reason"]) == ("inbox", "")


def test_merged_and_unmerged(checker: Api):
    claim, other = factories.inbox_claim(), factories.inbox_claim()

    merged = expect(checker.post(f"/claims/{claim.public_id}/merge", {"into": other.public_id}), 200)
    back = expect(checker.post(f"/claims/{claim.public_id}/unmerge"), 200)

    assert (merged["state"], merged["merged_into"]) == ("merged", other.public_id)
    assert (back["state"], back["merged_into"]) == ("inbox", None)


def test_revised_and_abandoned(checker: Api):
    claim = factories.published_claim()
    note = {"change_type": "correction", "public_note": "The month was wrong."}
    expect(checker.post(f"/claims/{claim.public_id}/revise", note), 200)

    body = expect(checker.post(f"/claims/{claim.public_id}/abandon", {"reason": "It was right."}), 200)

    assert (body["state"], body["public_status"], body["checklist"]) == ("published", "live", [])


def test_a_retraction_takes_two_people(checker: Api, publisher: Api):
    claim = factories.published_claim()
    expect(checker.post(f"/claims/{claim.public_id}/propose-retraction", {"public_note": "Forged."}), 200)

    body = expect(publisher.post(f"/claims/{claim.public_id}/retract", {"comment": "Agreed."}), 200)

    assert (body["state"], body["public_status"]) == ("published", "retracted")


def test_an_override_needs_a_superuser_and_a_reason(checker: Api):
    claim = factories.claim_in_review()
    path = f"/claims/{claim.public_id}/override-approve"
    boss = Api(key=key_for(factories.UserFactory.create(superuser=True)))
    reason = {"reason": "The only reviewer is ill and the vote is tonight."}

    expect(checker.post(path, reason), 403, "not_allowed")
    refused = expect(boss.post(path, {"reason": "Because."}), 400, "invalid")
    body = expect(boss.post(path, reason), 200)

    assert "reason" in refused["fields"]
    assert body["state"] == "approved"


@pytest.mark.parametrize("move", [move for move in FROM if move != "accept"])
def test_a_move_from_the_wrong_state_is_409_for_everybody(move: str, as_role: Callable[[str], Api]):
    _, role, body, _ = FROM[move]
    claim = factories.ClaimFactory.create()
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.MERGED, merged_into=factories.ClaimFactory.create())

    expect(as_role(role).post(f"/claims/{claim.public_id}/{move}", body), 409, "illegal_move")


@pytest.mark.parametrize("move", FROM)
def test_a_move_by_somebody_without_the_role_is_403(move: str, as_role: Callable[[str], Api]):
    make, _, body, _ = FROM[move]
    claim = make()
    state = claim.state

    expect(as_role(Role.ADMINISTRATOR).post(f"/claims/{claim.public_id}/{move}", body), 403, "not_allowed")

    assert Claim.objects.get(pk=claim.pk).state == state


def test_ones_own_revision_is_403_four_eyes(anybody: Api):
    claim = factories.claim_in_review()
    writer = factories.person(Role.FACT_CHECKER)
    writer.groups.add(factories.person(Role.PUBLISHER).groups.get())

    body = expect(Api(key=key_for(writer)).post(f"/claims/{claim.public_id}/approve"), 403, "four_eyes")

    assert "second person" in body["message"]


def test_an_unmet_checklist_is_422_naming_each_line(checker: Api):
    claim = factories.researching_claim()
    expect(checker.patch(f"/claims/{claim.public_id}/verdict", {"summary": "Half."}, if_match='"1.1"'), 200)

    body = expect(checker.post(f"/claims/{claim.public_id}/submit"), 422, "checklist_unmet")

    assert set(body["fields"]) == {"rating", "evidence", "outlets", "reply", "claimreview"}
    assert body["fields"]["rating"] == ["Choose a rating."]


def test_evidence_changed_under_an_approved_revision_is_409(publisher: Api):
    claim = factories.approved_claim()
    Evidence.objects.filter(claim=claim).update(note="Swapped.")

    expect(publisher.post(f"/claims/{claim.public_id}/publish"), 409, "changed_since_approval")

    assert Claim.objects.get(pk=claim.pk).state == ClaimState.APPROVED


def test_a_field_that_nobody_knows_is_refused(checker: Api):
    claim = factories.inbox_claim()

    body = expect(
        checker.post(f"/claims/{claim.public_id}/decline", {"reason": "opinion", "resaon": "x"}), 400, "invalid"
    )

    assert list(body["fields"]) == ["resaon"]
    assert Claim.objects.get(pk=claim.pk).state == ClaimState.INBOX


def test_moves_that_are_closed_say_why(checker: Api):
    claim = factories.claim_in_review()

    moves = {line["move"]: line for line in expect(checker.get(f"/claims/{claim.public_id}"), 200)["moves"]}

    assert moves["withdraw"]["open"]
    assert not moves["approve"]["open"]
    assert "reviewer" in moves["approve"]["reason"]
    assert moves["return"]["needs"] == "comment"


def test_every_move_of_the_table_has_an_address():
    assert {address.replace("-", "_") for address in MOVES} == set(Move.values) - {"create"}
