"""What the rules need to know of a person: roles, and what they did to the revision in question."""

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef

from claims.access.roles import roles_of
from claims.choices import ApprovalDecision
from claims.models import Approval, Verdict, VerdictContributor
from claims.review.rules import Person


def person(user: User, revision: Verdict | None) -> Person:
    """The person as the rules see them, in relation to the revision (None: to nothing)."""
    contributor = approver = False
    if revision is not None:
        hand = VerdictContributor.objects.filter(verdict=OuterRef("pk"), user=user)
        approval = Approval.objects.filter(verdict=OuterRef("pk"), reviewer=user, decision=ApprovalDecision.APPROVED)
        asked = Verdict.objects.filter(pk=revision.pk).values_list(Exists(hand), Exists(approval))
        contributor, approver = asked.get()
    return Person(
        roles=roles_of(user), superuser=user.is_active and user.is_superuser, contributor=contributor, approver=approver
    )
