"""Rows for tests, and claims carried to where a test needs them by the real moves of two people."""

import collections.abc
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User
from factory.declarations import LazyAttribute, LazyFunction, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from claims.choices import ChangeType, ClaimState, EvidenceKind, FoundBy, Role, Stance
from claims.editing.claims import ClaimFields, create_claim
from claims.editing.evidence import EvidenceFields, add_evidence
from claims.models import (
    Claim,
    Claimant,
    Coverage,
    Document,
    DocumentUrl,
    Evidence,
    Outlet,
    Publication,
    Rating,
    RatingScale,
    Topic,
)
from claims.review import operations as moves
from claims.text import sha256
from claims.verdicts.operations import VerdictFields, save_draft, waive

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_numbers = count(1)


class UserFactory(DjangoModelFactory[User]):
    """A person. `role="reviewer"` puts them into that role's group; `superuser=True` makes a superuser."""

    class Meta:
        model = User

    class Params:
        superuser = Trait(is_superuser=True, is_staff=True)

    username = Sequence(lambda n: f"person-{n}")
    is_staff = True

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, role: Role | str | None = None, **kwargs: Any) -> User:
        user: User = super()._create(model_class, *args, **kwargs)
        if role is not None:
            user.groups.add(Group.objects.get(name=Role(role).value))
        return user


class ClaimantFactory(DjangoModelFactory[Claimant]):
    class Meta:
        model = Claimant

    name = Sequence(lambda n: f"Ilse Brandt the {n}th")
    job_title = "Mayor"


class OutletFactory(DjangoModelFactory[Outlet]):
    class Meta:
        model = Outlet

    slug = Sequence(lambda n: f"outlet-{n}")
    name = Sequence(lambda n: f"Outlet {n}")
    domains = LazyAttribute(lambda o: [f"{o.slug}.example"])
    homepage = LazyAttribute(lambda o: f"https://{o.slug}.example/")


class TopicFactory(DjangoModelFactory[Topic]):
    class Meta:
        model = Topic
        django_get_or_create = ("slug",)

    slug = Sequence(lambda n: f"topic-{n}")
    labels = LazyAttribute(lambda o: {"en": {"name": o.slug.capitalize(), "definition": "What it is about."}})


class RatingScaleFactory(DjangoModelFactory[RatingScale]):
    class Meta:
        model = RatingScale
        django_get_or_create = ("slug", "version")

    slug = "factual"
    version = 1
    name = "Factual"
    claim_kinds = ("factual",)


class RatingFactory(DjangoModelFactory[Rating]):
    class Meta:
        model = Rating
        django_get_or_create = ("scale", "slug")

    scale = SubFactory(RatingScaleFactory)
    slug = "false"
    value = 0.0
    labels = LazyAttribute(
        lambda o: {"en": {"name": o.slug.capitalize(), "definition": "Every trustworthy source contradicts it."}}
    )


class ClaimFactory(DjangoModelFactory[Claim]):
    """A bare row in the inbox, as cheap as can be; for claims further on use the functions below."""

    class Meta:
        model = Claim

    statement = Sequence(lambda n: f"Unemployment in district {n} fell by half last year.")
    state = ClaimState.INBOX
    decline_reason = LazyAttribute(lambda claim: "opinion" if claim.state == ClaimState.DECLINED else "")
    created_at = NOON
    changed_at = NOON


class DocumentFactory(DjangoModelFactory[Document]):
    class Meta:
        model = Document

    outlet = SubFactory(OutletFactory)
    url = Sequence(lambda n: f"https://paper.example/story-{n}")
    title = Sequence(lambda n: f"Story {n}")
    found_at = NOON

    @classmethod
    def _create(cls, model_class: type[Document], *args: Any, **kwargs: Any) -> Document:
        document: Document = super()._create(model_class, *args, **kwargs)
        DocumentUrl.objects.create(
            document=document, url=document.url, url_hash=sha256(document.url.encode()), how="entered", seen_at=NOON
        )
        return document


class EvidenceFactory(DjangoModelFactory[Evidence]):
    class Meta:
        model = Evidence

    claim = SubFactory(ClaimFactory)
    document = SubFactory(DocumentFactory)
    kind = EvidenceKind.WEB
    stance = Stance.REFUTES
    note = "The table says otherwise."
    archive_url = "https://archive.example/copy"
    added_by = SubFactory(UserFactory)
    added_at = NOON
    accessed_at = NOON


class CoverageFactory(DjangoModelFactory[Coverage]):
    class Meta:
        model = Coverage

    claim = SubFactory(ClaimFactory)
    document = SubFactory(DocumentFactory)
    score = 0.5
    reasons = LazyFunction(lambda: ["Names the district and the year."])
    found_by = FoundBy.FEED
    found_at = NOON


def person(role: Role | str) -> User:
    """The one standing colleague of this role, made on first use."""
    name = Role(role).value
    found = User.objects.filter(username=f"standing-{name}").first()
    return found or UserFactory.create(username=f"standing-{name}", role=name)


def inbox_claim(*, statement: str = "", topics: collections.abc.Sequence[Topic] = (), **fields: Any) -> Claim:
    """A claim that the standing fact-checker put into the inbox through the real operation."""
    number = next(_numbers)
    given = {
        "claimant": fields.pop("claimant", None) or ClaimantFactory.create(),
        "claimed_on": date(2026, 2, 14),
        "statement": statement or f"Unemployment in the district fell by {number} per cent last year.",
        "topics": list(topics),
        **fields,
    }
    return create_claim(given=ClaimFields(**given), actor=person(Role.FACT_CHECKER), at=NOON)


def researching_claim(*, statement: str = "", topics: collections.abc.Sequence[Topic] = (), **fields: Any) -> Claim:
    """An accepted claim whose first revision is open and empty."""
    claim = inbox_claim(statement=statement, topics=topics, **fields)
    moves.accept(claim_id=claim.pk, actor=person(Role.FACT_CHECKER), at=NOON)
    return Claim.objects.get(pk=claim.pk)


def written_claim(*, rating: Rating | None = None, headline: str = "It fell by far less", **fields: Any) -> Claim:
    """Researched and written, with a checklist that is complete: two sources with copies, a waiver for the reply."""
    claim = researching_claim(**fields)
    writer = person(Role.FACT_CHECKER)
    for place in ("statistics.example/table-7", "paper.example/story"):
        add_evidence(
            claim_id=claim.pk,
            url=f"https://{place}?claim={claim.public_id}",
            title=f"What {place.partition('.')[0]} says",
            given=EvidenceFields(
                stance=Stance.REFUTES, note="Shows 3.1.", archive_url=f"https://archive.example/{place}"
            ),
            actor=writer,
            at=NOON,
        )
    save_draft(
        claim_id=claim.pk,
        given=VerdictFields(
            rating=rating or RatingFactory.create(),
            headline=headline,
            summary="The figure covers one month, not the year.",
            explanation="The *yearly* table shows 3.1 per cent.",
            byline="The desk",
        ),
        lock_version=None,
        actor=writer,
        at=NOON,
    )
    waive(claim_id=claim.pk, line="reply", reason="The office is closed.", public=True, actor=writer, at=NOON)
    return Claim.objects.get(pk=claim.pk)


def claim_in_review(**fields: Any) -> Claim:
    """Written and submitted by the standing fact-checker."""
    claim = written_claim(**fields)
    moves.submit(claim_id=claim.pk, actor=person(Role.FACT_CHECKER), at=NOON + timedelta(minutes=1))
    return Claim.objects.get(pk=claim.pk)


def approved_claim(**fields: Any) -> Claim:
    """Submitted, and approved by the standing publisher."""
    claim = claim_in_review(**fields)
    moves.approve(claim_id=claim.pk, comment="Sound.", actor=person(Role.PUBLISHER), at=NOON + timedelta(minutes=2))
    return Claim.objects.get(pk=claim.pk)


def published_claim(**fields: Any) -> Claim:
    """Carried to a live verdict by two people: the fact-checker writes, the publisher approves and publishes.

    Takes what `written_claim` takes: `statement`, `topics`, `rating`, `headline`, `language`, `claimant` and so on.
    """
    claim = approved_claim(**fields)
    moves.publish(claim_id=claim.pk, actor=person(Role.PUBLISHER), at=NOON + timedelta(minutes=3))
    return Claim.objects.get(pk=claim.pk)


def corrected(
    claim: Claim,
    *,
    summary: str = "It fell by 3.1 per cent.",
    note: str = "A figure was wrong.",
    change_type: ChangeType = ChangeType.CORRECTION,
) -> Claim:
    """Publishes a correction, or another change, of a live claim by the same two people."""
    writer, publisher, at = person(Role.FACT_CHECKER), person(Role.PUBLISHER), NOON + timedelta(hours=1)
    revision = moves.revise(claim_id=claim.pk, change_type=change_type, public_note=note, actor=writer, at=at)
    given = VerdictFields(
        rating=revision.rating,
        headline=revision.headline,
        summary=summary,
        explanation=revision.explanation,
        byline=revision.byline,
    )
    save_draft(claim_id=claim.pk, given=given, lock_version=None, actor=writer, at=at)
    moves.submit(claim_id=claim.pk, actor=writer, at=at)
    moves.approve(claim_id=claim.pk, actor=publisher, at=at)
    moves.publish(claim_id=claim.pk, actor=publisher, at=at)
    return Claim.objects.get(pk=claim.pk)


def retracted(claim: Claim, *, note: str = "The table itself was withdrawn by its office.") -> Publication:
    """Retracts a live claim: the fact-checker proposes, the publisher decides. Returns the tombstone."""
    at = NOON + timedelta(hours=2)
    moves.propose_retraction(claim_id=claim.pk, public_note=note, actor=person(Role.FACT_CHECKER), at=at)
    return moves.retract(claim_id=claim.pk, actor=person(Role.PUBLISHER), at=at)
