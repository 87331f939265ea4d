"""Publishing at a time that was set: a publisher decides now, a job publishes then, with every check made again."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from claims.access.locking import lock_claim
from claims.audit.contributions import open_revision
from claims.audit.operations import record
from claims.audit.review_items import open_review_item
from claims.choices import EventKind, Move, PlanState, ReviewItemKind
from claims.errors import DomainError, IllegalMove, Invalid
from claims.models import Publication, PublicationPlan
from claims.review.operations import publish
from claims.review.steps import end_plan, enter, needed, set_state, waiting_plan
from claims.text import plain


@transaction.atomic
def schedule(
    *, claim_id: int, publish_at: datetime, embargo_until: datetime | None = None, actor: User, at: datetime
) -> PublicationPlan:
    """Set the instant at which the approved revision becomes public, instead of one that was set before.

    Until `embargo_until`, nobody publishes it by hand either. Raises IllegalMove, NotAllowed, FourEyes, or Invalid for
    an instant that is over, or an embargo that ends after it.
    """
    claim, rule, revision = enter(Move.SCHEDULE, claim_id, actor)
    approved = needed(revision)
    if publish_at <= at:
        raise Invalid("That time is over. Give one to come, or publish now.", fields={"publish_at": ["In the past."]})
    if embargo_until is not None and embargo_until > publish_at:
        message = "Ends after it would be published."
        raise Invalid("The embargo must be over by then.", fields={"embargo_until": [message]})
    end_plan(claim, PlanState.TAKEN_BACK, at, note="Another time was set.")
    plan = PublicationPlan.objects.create(
        claim=claim, verdict=approved, publish_at=publish_at, embargo_until=embargo_until, by=actor, at=at
    )
    set_state(claim, rule.target, at)
    record(
        kind=EventKind.VERDICT_SCHEDULED,
        subject=approved,
        actor=actor,
        at=at,
        data={
            "number": approved.number,
            "publish_at": publish_at.isoformat(),
            "embargo_until": embargo_until.isoformat() if embargo_until is not None else None,
            "candidate_hash": approved.candidate_hash,
        },
    )
    return plan


@transaction.atomic
def unschedule(*, claim_id: int, reason: str = "", actor: User, at: datetime) -> None:
    """Take back the time that was set, and its embargo with it; the revision stays approved.

    Raises NotAllowed, or IllegalMove, also where no time is set.
    """
    claim, rule, revision = enter(Move.UNSCHEDULE, claim_id, actor)
    approved, words = needed(revision), plain(reason).strip()
    if not end_plan(claim, PlanState.TAKEN_BACK, at, note=words):
        raise IllegalMove("No time to publish is set for this claim.")
    set_state(claim, rule.target, at)
    record(
        kind=EventKind.VERDICT_UNSCHEDULED,
        subject=approved,
        actor=actor,
        at=at,
        data={"number": approved.number, "reason": words},
    )


def due_plans(*, at: datetime, limit: int) -> list[tuple[int, datetime]]:
    """Plans whose time has come, the longest due first, each with its time."""
    due = PublicationPlan.objects.waiting().filter(publish_at__lte=at).order_by("publish_at", "pk")
    return list(due.values_list("pk", "publish_at")[:limit])


@transaction.atomic
def publish_planned(*, plan_id: int, at: datetime) -> Publication | None:
    """Publish what was set for now, in the name of whoever set it. None where it was taken back or is not due.

    Every check of publishing is made again. What stops it ends the plan, leaves the claim approved, and asks the desk
    to look again; nothing is public then. Safe to run twice: a plan ends once.
    """
    lock_claim(PublicationPlan.objects.values_list("claim_id", flat=True).get(pk=plan_id))
    plan = PublicationPlan.objects.select_related("by", "claim", "verdict").get(pk=plan_id)
    if plan.state != PlanState.WAITING or plan.publish_at > at:
        return None
    try:
        with transaction.atomic():
            revision = open_revision(plan.claim)
            if revision is None or revision.pk != plan.verdict_id or waiting_plan(plan.claim) is None:
                raise IllegalMove("The revision that was to be published is not the approved one any more.")
            return publish(claim_id=plan.claim_id, actor=plan.by, at=at)
    except DomainError as error:
        _stop(plan, error.message, at)
    except IntegrityError as error:
        _stop(plan, f"The database refused it: {str(error).partition(chr(10))[0]}", at)
    return None


def _stop(plan: PublicationPlan, why: str, at: datetime) -> None:
    end_plan(plan.claim, PlanState.STOPPED, at, note=why)
    facts = {"why_it_stopped": why, "set_for_at": plan.publish_at.isoformat(), "set_by": plan.by.username}
    record(
        kind=EventKind.SCHEDULE_STOPPED,
        subject=plan.verdict,
        actor=None,
        at=at,
        data={"number": plan.verdict.number, "reason": why, "publish_at": plan.publish_at.isoformat()},
    )
    open_review_item(
        claim=plan.claim,
        kind=ReviewItemKind.SCHEDULE_STOPPED,
        cause=f"plan:{plan.pk}",
        difference=facts,
        actor=None,
        at=at,
    )
