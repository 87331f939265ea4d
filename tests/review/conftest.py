"""A small desk: people of every role, and claims carried by the real moves to where a test needs them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from django.contrib.auth.models import Group, User

from claims.choices import ChangeType, ClaimState, Role, Stance
from claims.editing.claims import ClaimFields, create_claim
from claims.editing.evidence import EvidenceFields, add_evidence
from claims.models import Claim, Claimant, Publication, Rating, RatingScale
from claims.review import operations as moves
from claims.verdicts.operations import VerdictFields, save_draft, waive

_numbers = count(1)


@dataclass
class Desk:
    """`at()` ticks one second per call, so that the history has an order of its own."""

    now: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    people: dict[str, User] = field(default_factory=dict)
    rating: Rating = field(init=False)

    def at(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def person(self, name: str, role: Role | None = None, *, superuser: bool = False) -> User:
        if name not in self.people:
            user = User.objects.create(username=name, is_superuser=superuser)
            if role is not None:
                user.groups.add(Group.objects.get(name=role))
            self.people[name] = user
        return self.people[name]

    @property
    def writer(self) -> User:
        return self.person("writer", Role.FACT_CHECKER)

    @property
    def reviewer(self) -> User:
        return self.person("reviewer", Role.REVIEWER)

    @property
    def publisher(self) -> User:
        return self.person("publisher", Role.PUBLISHER)

    def inbox(self) -> Claim:
        number = next(_numbers)
        claimant, _ = Claimant.objects.get_or_create(name="Mayor Ilse Brandt", job_title="Mayor")
        given = ClaimFields(
            statement=f"Unemployment in the district fell by {number} per cent last year.",
            claimant=claimant,
            claimed_on=date(2026, 2, 14),
        )
        return create_claim(given=given, actor=self.writer, at=self.at())

    def researching(self) -> Claim:
        return moves.accept(claim_id=self.inbox().pk, actor=self.writer, at=self.at())

    def written(self) -> Claim:
        """Researching, with a checklist that is complete."""
        claim = self.researching()
        self.source(claim, "https://statistics.example/table-7")
        self.source(claim, "https://paper.example/story")
        self.draft(claim, "The figure covers one month.")
        waive(claim_id=claim.pk, line="reply", reason="The office is closed.", actor=self.writer, at=self.at())
        return claim

    def source(self, claim: Claim, url: str, *, actor: User | None = None) -> None:
        add_evidence(
            claim_id=claim.pk,
            url=f"{url}?claim={claim.pk}",
            given=EvidenceFields(
                stance=Stance.REFUTES, note="Shows 3.1.", archive_url=f"https://archive.example/{url}"
            ),
            actor=actor or self.writer,
            at=self.at(),
        )

    def draft(self, claim: Claim, explanation: str, *, actor: User | None = None) -> None:
        given = VerdictFields(rating=self.rating, headline="Not so", summary="It fell less.", explanation=explanation)
        save_draft(claim_id=claim.pk, given=given, lock_version=None, actor=actor or self.writer, at=self.at())

    def in_review(self) -> Claim:
        claim = self.written()
        moves.submit(claim_id=claim.pk, actor=self.writer, at=self.at())
        return Claim.objects.get(pk=claim.pk)

    def approved(self) -> Claim:
        claim = self.in_review()
        moves.approve(claim_id=claim.pk, comment="Fine.", actor=self.reviewer, at=self.at())
        return Claim.objects.get(pk=claim.pk)

    def published(self) -> Claim:
        claim = self.approved()
        self.publish(claim)
        return Claim.objects.get(pk=claim.pk)

    def declined(self) -> Claim:
        claim = self.inbox()
        moves.decline(claim_id=claim.pk, reason="opinion", actor=self.writer, at=self.at())
        return Claim.objects.get(pk=claim.pk)

    def merged(self) -> Claim:
        claim, into = self.inbox(), self.inbox()
        moves.merge(claim_id=claim.pk, into_id=into.pk, actor=self.writer, at=self.at())
        return Claim.objects.get(pk=claim.pk)

    def publish(self, claim: Claim) -> Publication:
        return moves.publish(claim_id=claim.pk, actor=self.publisher, at=self.at())

    def revise(self, claim: Claim, change: ChangeType = ChangeType.CORRECTION) -> None:
        moves.revise(
            claim_id=claim.pk, change_type=change, public_note="The month was wrong.", actor=self.writer, at=self.at()
        )

    def claim_in(self, state: ClaimState) -> Claim:
        return {
            ClaimState.INBOX: self.inbox,
            ClaimState.RESEARCHING: self.written,
            ClaimState.IN_REVIEW: self.in_review,
            ClaimState.APPROVED: self.approved,
            ClaimState.PUBLISHED: self.published,
            ClaimState.DECLINED: self.declined,
            ClaimState.MERGED: self.merged,
        }[state]()


def stored(value: bytes | memoryview | None) -> bytes:
    """The bytes of a binary column that must be there."""
    assert value is not None
    return bytes(value)


def _desk() -> Desk:
    desk = Desk()
    scale = RatingScale.objects.create(slug="factual", name="Factual", claim_kinds=["factual"])
    desk.rating = Rating.objects.create(
        scale=scale, slug="false", value=0, labels={"en": {"name": "False", "definition": "It is not so."}}
    )
    return desk


@pytest.fixture
def desk(db: None) -> Desk:
    return _desk()


@pytest.fixture
def committed_desk(transactional_db: None) -> Desk:
    """The same on real commits, for tests with more than one connection."""
    return _desk()
