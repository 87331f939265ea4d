"""What is open to a person: the moves of a claim with the reasons for closed ones, and the desk's lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, Q

from claims.audit.contributions import open_revision
from claims.choices import AssignmentRole, ClaimState, Move
from claims.errors import DomainError, Embargoed
from claims.models import Assignment, Claim, PublicationPlan, ReviewItem, Verdict, VerdictContributor
from claims.models.claim import ClaimQuerySet
from claims.review import rules
from claims.review.operations import pending_retraction
from claims.review.people import person
from claims.review.steps import embargo_words


@dataclass(frozen=True, slots=True)
class OpenMove:
    """One move as it stands for one person: open, or closed with the reason; `needs` names what must be given."""

    move: Move
    open: bool
    reason: str
    needs: str


def moves_for(*, claim: Claim, user: User, plan: PublicationPlan | None) -> list[OpenMove]:
    """Every move out of the claim's state, open or not for this person, in the order of the table.

    Moves that the state or the public status closes to everybody are left out. Says nothing of the checklist. `plan`
    is the claim's waiting_plan().
    """
    revision, proposal = open_revision(claim), pending_retraction(claim)
    return moves_about(claim=claim, user=user, revision=revision, proposal=proposal, plan=plan)


def moves_about(
    *,
    claim: Claim,
    user: User,
    revision: Verdict | None,
    proposal: Verdict | None,
    plan: PublicationPlan | None,
) -> list[OpenMove]:
    """The same, for a caller that holds the open revision and the pending proposal to retract already."""
    writing = person(user, revision)
    retracting = person(user, proposal)
    found = []
    for move, rule in rules.RULES.items():
        try:
            rules.check_state(move, claim.state, claim.public_status())
        except DomainError:
            continue
        if (move == Move.RETRACT and proposal is None) or (rule.plan and plan is None):
            continue
        try:
            rules.check_person(rule, retracting if move == Move.RETRACT else writing)
            if move == Move.PUBLISH:
                _check_embargo(plan)
        except DomainError as error:
            found.append(OpenMove(move=move, open=False, reason=error.message, needs=rule.text or rule.instant))
        else:
            found.append(OpenMove(move=move, open=True, reason="", needs=rule.text or rule.instant))
    return found


def _check_embargo(plan: PublicationPlan | None) -> None:
    if plan is not None and plan.embargo_until is not None and getattr(plan, "embargoed", False):
        raise Embargoed(embargo_words(plan.embargo_until))


def _listed(claims: ClaimQuerySet) -> ClaimQuerySet:
    return claims.select_related("claimant", "public_head")


def assigned_to(user: User) -> ClaimQuerySet:
    """Claims on which the person is asked to write, the longest due first."""
    mine = Assignment.objects.filter(claim=OuterRef("pk"), user=user, role=AssignmentRole.WRITER, ended_at__isnull=True)
    return _listed(
        Claim.objects.filter(Exists(mine)).exclude(state__in=[ClaimState.DECLINED, ClaimState.MERGED])
    ).order_by(F("due_at").asc(nulls_last=True), "pk")


def waiting_for_review_by(user: User) -> ClaimQuerySet:
    """Claims in review that are assigned to the person, or to nobody and the person had no hand in the revision."""
    asked = Assignment.objects.filter(claim=OuterRef("pk"), role=AssignmentRole.REVIEWER, ended_at__isnull=True)
    newest = Verdict.objects.revisions().filter(claim=OuterRef(OuterRef("pk"))).order_by("-number").values("pk")[:1]
    hand = VerdictContributor.objects.filter(verdict_id=newest, user=user)
    return _listed(
        Claim.objects.filter(state=ClaimState.IN_REVIEW).filter(
            Exists(asked.filter(user=user)) | (~Exists(asked) & ~Exists(hand))
        )
    ).order_by("changed_at", "pk")


def inbox() -> ClaimQuerySet:
    """Claims nobody has decided on: most worth checking first, then most asked for, then oldest."""
    return _listed(Claim.objects.filter(state=ClaimState.INBOX)).order_by(
        F("check_worthiness").desc(nulls_last=True), "created_at", "pk"
    )


def overdue(*, at: datetime) -> ClaimQuerySet:
    """Claims past their date that are neither published, declined nor merged."""
    done = [ClaimState.PUBLISHED, ClaimState.DECLINED, ClaimState.MERGED]
    return _listed(Claim.objects.filter(due_at__lt=at).exclude(state__in=done)).order_by("due_at", "pk")


def look_again() -> Iterable[ReviewItem]:
    """Open look-again items, oldest first."""
    return ReviewItem.objects.open().select_related("claim").order_by("opened_at", "pk")


def overridden() -> Iterable[Verdict]:
    """Revisions approved against the four eyes, newest first; shown to everyone."""
    return (
        Verdict.objects.filter(approvals__override_reason__isnull=False)
        .filter(Q(approvals__decision="approved"))
        .select_related("claim")
        .distinct()
        .order_by("-pk")
    )
