"""Who had a hand in a revision."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User

from claims.choices import OPEN_REVISION_STATES
from claims.models import Claim, Verdict, VerdictContributor


def open_revision(claim: Claim) -> Verdict | None:
    """The revision that work on the claim goes into now: the newest, while the claim is researched or reviewed."""
    if claim.state not in OPEN_REVISION_STATES:
        return None
    return Verdict.objects.revisions().filter(claim=claim).order_by("-number").first()


def touch(*, claim: Claim, actor: User, at: datetime) -> None:
    """Notes that the actor had a hand in the claim's open revision, if there is one."""
    revision = open_revision(claim)
    if revision is not None:
        add_contributors(revision=revision, user_ids=[actor.pk], at=at)


def add_contributors(*, revision: Verdict, user_ids: Iterable[int], at: datetime) -> None:
    """Notes people as contributors of the revision; those noted already stay as they are."""
    known = set(VerdictContributor.objects.filter(verdict=revision).values_list("user_id", flat=True))
    for user_id in sorted(set(user_ids) - known):
        VerdictContributor.objects.create(verdict=revision, user_id=user_id, at=at)
