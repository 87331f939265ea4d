"""The desk's named lists: who can use each, what an empty one says, and the claims on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from claims.access.roles import holds
from claims.choices import ClaimState, Role
from claims.models import Claim, PublicationPlan, Submission
from claims.models.claim import ClaimQuerySet
from claims.review import queries

DUE_SOON = timedelta(days=3)
CONTEXT_LIMIT = 200  # how far a claim page counts its place in a list


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose list it is, and when it is read."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class NamedList:
    """One list of claims. `empty` says what there is to do when nothing is on it."""

    slug: str
    title: str
    role: Role
    empty: str
    build: Callable[[Reader], ClaimQuerySet]


def _mine(reader: Reader) -> ClaimQuerySet:
    return queries.assigned_to(reader.user)


def _review(reader: Reader) -> ClaimQuerySet:
    return queries.waiting_for_review_by(reader.user)


def _publish(_: Reader) -> ClaimQuerySet:
    plan = PublicationPlan.objects.waiting().filter(claim=OuterRef("pk"))
    return (
        Claim.objects.filter(state=ClaimState.APPROVED)
        .annotate(publish_at=Subquery(plan.values("publish_at")))
        .select_related("claimant", "public_head")
        .order_by("changed_at", "pk")
    )


def _inbox(_: Reader) -> ClaimQuerySet:
    asked = Submission.objects.filter(claim=OuterRef("pk")).order_by().values("claim").annotate(n=Count("pk"))
    demand = Coalesce(Subquery(asked.values("n"), output_field=IntegerField()), 0)
    return (
        queries.inbox()
        .annotate(demand=demand)
        .order_by(F("check_worthiness").desc(nulls_last=True), "-demand", "created_at", "pk")
    )


def _due(reader: Reader) -> ClaimQuerySet:
    return queries.overdue(at=reader.at + DUE_SOON)


LISTS: dict[str, NamedList] = {
    item.slug: item
    for item in (
        NamedList(
            "mine",
            "Assigned to me",
            Role.CONTRIBUTOR,
            "Nothing is assigned to you. Take a claim from the inbox, or ask a colleague to assign you one.",
            _mine,
        ),
        NamedList(
            "review",
            "Waiting for my review",
            Role.REVIEWER,
            "No revision waits for you. One shows here when a colleague sends it to review and you had no hand in it.",
            _review,
        ),
        NamedList(
            "publish",
            "Approved, ready to publish",
            Role.PUBLISHER,
            "Nothing approved waits to be published.",
            _publish,
        ),
        NamedList(
            "inbox",
            "Inbox",
            Role.CONTRIBUTOR,
            "The inbox is empty. Enter a claim that you heard or were asked about.",
            _inbox,
        ),
        NamedList(
            "due",
            "Late, or due within three days",
            Role.FACT_CHECKER,
            "Nothing is late. Give a claim a due date on its edit page.",
            _due,
        ),
    )
}


def open_to(user: User) -> list[NamedList]:
    """The lists that the person's role can use, in the desk's order."""
    return [item for item in LISTS.values() if holds(user, item.role)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands in a list: "3 of 12", and its neighbours' public ids."""

    slug: str
    title: str
    number: int
    total: int
    previous: str
    next: str


def place(*, slug: str, public_id: str, user: User, at: datetime) -> Place | None:
    """The claim's place in a named list that the person can use; None where it is not on it."""
    named = LISTS.get(slug)
    if named is None or not holds(user, named.role):
        return None
    ids = list(named.build(Reader(user, at)).values_list("public_id", flat=True)[:CONTEXT_LIMIT])
    if public_id not in ids:
        return None
    index = ids.index(public_id)
    return Place(
        slug=slug,
        title=named.title,
        number=index + 1,
        total=len(ids),
        previous=ids[index - 1] if index else "",
        next=ids[index + 1] if index + 1 < len(ids) else "",
    )
