"""A time to publish: nothing of it is public before, all checks are made again then, and what stops it is seen."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from claims.choices import ClaimState, PlanState, ReviewItemKind, Role
from claims.errors import Embargoed, IllegalMove, Invalid, NotAllowed
from claims.models import Claim, Event, FeedHead, Publication, PublicationPlan, ReviewItem, Topic, Verdict
from claims.publishing.operations import publish_bytes
from claims.review import operations as moves
from claims.review.queries import moves_for
from claims.review.scheduling import due_plans, publish_planned, schedule, unschedule
from claims.review.steps import waiting_plan
from tests.publishing.doors import addresses, seen
from tests.review.conftest import Desk, stored

HOUR = timedelta(hours=1)


def _set(desk: Desk, claim: Claim, **given: Any) -> PublicationPlan:
    at = desk.at()
    return schedule(claim_id=claim.pk, publish_at=at + HOUR, actor=desk.publisher, at=at, **given)


def _state(claim: Claim) -> str:
    return Claim.objects.get(pk=claim.pk).state


def test_it_goes_out_at_its_time_and_not_before(desk: Desk):
    claim = desk.approved()
    plan = _set(desk, claim)

    assert due_plans(at=plan.publish_at - timedelta(seconds=1), limit=10) == []
    assert publish_planned(plan_id=plan.pk, at=plan.publish_at - timedelta(seconds=1)) is None
    assert not Publication.objects.exists()
    assert due_plans(at=plan.publish_at, limit=10) == [(plan.pk, plan.publish_at)]
    published = publish_planned(plan_id=plan.pk, at=plan.publish_at)

    assert published is not None
    assert stored(published.body) == stored(Verdict.objects.get(claim=claim).candidate)
    assert _state(claim) == ClaimState.PUBLISHED
    assert PublicationPlan.objects.get().state == PlanState.PUBLISHED
    assert Event.objects.get(kind="verdict.published").actor == desk.publisher


def test_running_it_twice_publishes_once(desk: Desk):
    claim = desk.approved()
    plan = _set(desk, claim)
    publish_planned(plan_id=plan.pk, at=plan.publish_at)

    assert publish_planned(plan_id=plan.pk, at=plan.publish_at) is None
    assert Publication.objects.filter(claim=claim).count() == 1


def test_a_new_time_replaces_the_old_one(desk: Desk):
    claim = desk.approved()
    first = _set(desk, claim)
    second = _set(desk, claim)

    assert publish_planned(plan_id=first.pk, at=second.publish_at) is None
    assert publish_planned(plan_id=second.pk, at=second.publish_at) is not None


def test_a_time_taken_back_leads_to_nothing(desk: Desk):
    claim = desk.approved()
    plan = _set(desk, claim)
    unschedule(claim_id=claim.pk, reason="The hearing was put off.", actor=desk.publisher, at=desk.at())

    assert publish_planned(plan_id=plan.pk, at=plan.publish_at) is None
    assert due_plans(at=plan.publish_at, limit=10) == []
    assert _state(claim) == ClaimState.APPROVED
    with pytest.raises(IllegalMove):
        unschedule(claim_id=claim.pk, actor=desk.publisher, at=desk.at())


def test_a_time_that_is_over_is_refused(desk: Desk):
    claim, at = desk.approved(), desk.at()

    with pytest.raises(Invalid) as caught:
        schedule(claim_id=claim.pk, publish_at=at, actor=desk.publisher, at=at)

    assert set(caught.value.fields) == {"publish_at"}


def test_a_publisher_who_approved_what_they_worked_on_may_not_set_a_time(desk: Desk):
    claim = desk.in_review()
    chief = desk.person("chief", Role.PUBLISHER, superuser=True)
    claim.verdicts.get().contributors.create(user=chief, at=desk.at())
    moves.override_approve(claim_id=claim.pk, reason="Nobody else is here tonight.", actor=chief, at=desk.at())

    with pytest.raises(NotAllowed):
        schedule(claim_id=claim.pk, publish_at=desk.at() + HOUR, actor=chief, at=desk.at())


def test_returning_the_revision_takes_the_time_back(desk: Desk):
    claim = desk.approved()
    plan = _set(desk, claim)
    moves.return_to_writer(claim_id=claim.pk, comment="One more source.", actor=desk.reviewer, at=desk.at())

    assert PublicationPlan.objects.get().state == PlanState.TAKEN_BACK
    assert publish_planned(plan_id=plan.pk, at=plan.publish_at) is None


def _rename(desk: Desk, claim: Claim) -> None:
    assert claim.claimant is not None
    claim.claimant.name = "Somebody else"
    claim.claimant.save()


def _dismiss(desk: Desk, claim: Claim) -> None:
    User.objects.filter(pk=desk.publisher.pk).update(is_active=False)


def _demote(desk: Desk, claim: Claim) -> None:
    desk.publisher.groups.clear()


@pytest.mark.parametrize("happens", [_rename, _dismiss, _demote])
def test_what_stops_it_is_shown_to_the_desk_and_nothing_is_public(desk: Desk, happens: Any):
    claim = desk.approved()
    plan = _set(desk, claim)
    happens(desk, claim)

    assert publish_planned(plan_id=plan.pk, at=plan.publish_at) is None

    assert not Publication.objects.exists()
    assert FeedHead.objects.get().n == 0
    assert _state(claim) == ClaimState.APPROVED
    stopped = PublicationPlan.objects.get()
    assert stopped.state == PlanState.STOPPED
    item = ReviewItem.objects.get(kind=ReviewItemKind.SCHEDULE_STOPPED)
    assert item.difference["why_it_stopped"] == stopped.note != ""
    assert Event.objects.filter(kind="schedule.stopped", claim=claim).count() == 1
    assert due_plans(at=plan.publish_at, limit=10) == []


def test_a_retraction_in_between_stops_the_correction_that_waits(desk: Desk):
    claim = desk.published()
    desk.revise(claim)
    desk.draft(claim, "It covers a quarter.")
    moves.submit(claim_id=claim.pk, actor=desk.writer, at=desk.at())
    moves.approve(claim_id=claim.pk, actor=desk.reviewer, at=desk.at())
    plan = _set(desk, claim)
    moves.propose_retraction(claim_id=claim.pk, public_note="Forged.", actor=desk.writer, at=desk.at())
    moves.retract(claim_id=claim.pk, actor=desk.publisher, at=desk.at())

    assert publish_planned(plan_id=plan.pk, at=plan.publish_at) is None
    assert ReviewItem.objects.filter(kind=ReviewItemKind.SCHEDULE_STOPPED, claim=claim).count() == 1


def test_an_embargo_holds_for_people_too_until_it_ends_or_is_lifted(desk: Desk):
    claim = desk.approved()
    plan = _set(desk, claim, embargo_until=desk.at() + HOUR / 2)
    assert plan.embargo_until is not None

    with pytest.raises(Embargoed):
        moves.publish(claim_id=claim.pk, actor=desk.publisher, at=plan.embargo_until - timedelta(seconds=1))

    moves.publish(claim_id=claim.pk, actor=desk.publisher, at=plan.embargo_until)
    assert PublicationPlan.objects.get().state == PlanState.PUBLISHED


def test_the_database_keeps_the_embargo_and_the_move_is_shown_closed(desk: Desk):
    claim, now = desk.approved(), timezone.now()
    until = now + HOUR
    schedule(claim_id=claim.pk, publish_at=until, embargo_until=until, actor=desk.publisher, at=now)
    verdict = Verdict.objects.get(claim=claim)
    body, digest = stored(verdict.candidate), verdict.candidate_hash

    with pytest.raises(IntegrityError, match="embargo"), transaction.atomic():
        publish_bytes(claim=claim, verdict=verdict, body=body, approved_hash=digest, tombstone=False)

    found = {m.move: m for m in moves_for(claim=claim, user=desk.publisher, plan=waiting_plan(claim))}
    assert not found["publish"].open  # type: ignore[index]
    assert "embargo" in found["publish"].reason  # type: ignore[index]


def test_an_embargo_beyond_the_time_is_refused(desk: Desk):
    claim = desk.approved()

    with pytest.raises(Invalid):
        _set(desk, claim, embargo_until=desk.at() + 2 * HOUR)


def test_nothing_of_it_leaks_through_any_door_before_its_time(desk: Desk):
    topic = Topic.objects.create(slug="elections", labels={"en": {"name": "Elections"}})
    live, first = desk.published(), desk.written()
    for claim in (live, first):
        claim.topics.add(topic)
    moves.submit(claim_id=first.pk, actor=desk.writer, at=desk.at())
    moves.approve(claim_id=first.pk, actor=desk.reviewer, at=desk.at())
    desk.revise(live)
    desk.draft(live, "It covers a quarter.")
    moves.submit(claim_id=live.pk, actor=desk.writer, at=desk.at())
    moves.approve(claim_id=live.pk, actor=desk.reviewer, at=desk.at())
    doors = addresses(
        ids=[live.public_id, first.public_id], words=["elections", "false", "csv", "jsonl", "datafeed.json"]
    )
    doors += [f"/api/v1/verdicts?q={word}" for word in ("unemployment", "district")]
    doors += ["/api/v1/verdicts?topic=elections", "/api/v1/verdicts/changes?after=1"]
    doors += ["/v1alpha1/claims:search?query=unemployment"]
    client = Client()
    before = {door: seen(client, door) for door in doors}

    plans = [_set(desk, claim) for claim in (live, first)]
    waiting = {door: seen(client, door) for door in doors}

    assert len(doors) > 8
    assert waiting == before
    latest: datetime = max(plan.publish_at for plan in plans)
    for plan in plans:
        assert publish_planned(plan_id=plan.pk, at=latest) is not None
    after = json.loads(seen(client, "/api/v1/verdicts/changes")[1])
    assert [entry["version"] for entry in after["changes"]] == [1, 2, 1]
    assert before["/api/v1/verdicts/changes"] != seen(client, "/api/v1/verdicts/changes")
