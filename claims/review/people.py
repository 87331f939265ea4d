"""What the rules need to know of a person: roles, and what they did to the revision in question."""

from django.contrib.auth.models import User

from claims.access.roles import roles_of
from claims.choices import ApprovalDecision
from claims.models import Approval, Verdict, VerdictContributor
from claims.review.rules import Person


def person(user: User, revision: Verdict | None) -> Person:
    """The person as the rules see them, in relation to the revision (None: to nothing)."""
    contributor = approver = False
    if revision is not None:
        contributor = VerdictContributor.objects.filter(verdict=revision, user=user).exists()
        approver = Approval.objects.filter(verdict=revision, reviewer=user, decision=ApprovalDecision.APPROVED).exists()
    return Person(
        roles=roles_of(user), superuser=user.is_active and user.is_superuser, contributor=contributor, approver=approver
    )
