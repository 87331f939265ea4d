"""Who had a hand in a revision."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Max

from claims.choices import OPEN_REVISION_STATES, EventKind
from claims.models import Claim, Event, Verdict, VerdictContributor

_SOURCES = (EventKind.EVIDENCE_ADDED, EventKind.EVIDENCE_EDITED, EventKind.EVIDENCE_WITHDRAWN)
_WORDING = (EventKind.CLAIM_EDITED, EventKind.APPEARANCE_ADDED, EventKind.APPEARANCE_REMOVED)


def open_revision(claim: Claim) -> Verdict | None:
    """The revision that work on the claim goes into now: the newest, while the claim is researched or reviewed."""
    if claim.state not in OPEN_REVISION_STATES:
        return None
    return Verdict.objects.revisions().filter(claim=claim).order_by("-number").first()


def hands_in_rows(claim: Claim) -> set[int]:
    """Ids of those who changed what the claim's next revision will publish, while there was no such revision.

    Sources and the claim's own words belong to the claim: what was done to them in the inbox, or in a revision that was
    given up, goes out with the next one. Before anything was public, wording the claim is intake, and only work on
    sources counts.
    """
    history = Event.objects.filter(claim=claim)
    last = history.filter(kind=EventKind.VERDICT_PUBLISHED).aggregate(last=Max("pk"))["last"]
    kinds = _SOURCES if last is None else _SOURCES + _WORDING
    found = history.filter(kind__in=kinds, pk__gt=last or 0, actor__isnull=False)
    return set(found.values_list("actor_id", flat=True))


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
