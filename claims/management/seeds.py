"""Makes what the seed files describe and is not there yet; what is there is never touched again.

Each row that is made leaves an event with the seed's key, so that a later run knows it even after an editor has
reworded or renamed it. Rows that somebody entered by hand are known by their natural key.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.models import Group, User
from django.db import connection, models

from claims.audit.operations import record
from claims.choices import EventKind, Role
from claims.editing.claims import ClaimFields, add_alias, add_appearance, create_claim
from claims.editing.people import save_claimant
from claims.errors import Conflict
from claims.management.seed_types import SeedClaim, SeedClaimant, SeedOutlet, Seeds, SeedScale, SeedTopic
from claims.models import Claim, Claimant, Event, Outlet, Rating, RatingScale, Topic

LOADER = "seed-loader"
_LOCK = 0x5EED
_Row = TypeVar("_Row", bound=models.Model)


@dataclass(slots=True)
class Ledger:
    """Which row each seed became, by `kind/slug`, and how many this run made or found."""

    rows: dict[str, tuple[str, int]]
    made: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)

    @classmethod
    def read(cls) -> "Ledger":
        """The ledger as earlier runs left it. Takes a lock, so that two loads at once do not make things twice."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        noted = Event.objects.filter(kind=EventKind.SEEDS_LOADED, data__has_key="seed").order_by("id")
        rows = noted.values_list("data__seed", "subject_kind", "subject_id")
        return cls({str(seed): (kind, pk) for seed, kind, pk in rows})

    def row_id(self, key: str) -> int | None:
        """The primary key of the row that the seed became; None if no run made it."""
        known = self.rows.get(key)
        return known[1] if known else None

    def find(self, model: type[_Row], key: str) -> _Row | None:
        """The row that the seed became, as it is now; None if no run made it, or it was taken away since."""
        pk = self.row_id(key)
        return model._default_manager.filter(pk=pk).first() if pk is not None else None  # noqa: SLF001 - documented

    def note(self, key: str, row: models.Model, *, at: datetime) -> None:
        """Puts down that this run made the row."""
        record(kind=EventKind.SEEDS_LOADED, subject=row, actor=None, at=at, data={"seed": key})
        self.rows[key] = (row._meta.model_name or "", row.pk)
        self.made[key.partition("/")[0]] += 1

    def keep(self, key: str) -> None:
        """Counts a seed that was there already."""
        self.kept[key.partition("/")[0]] += 1


@contextmanager
def loader(ledger: Ledger, *, at: datetime) -> Iterator[Callable[[], User]]:
    """Gives a function that returns the user in whose name claims are entered.

    Nobody can log in as this user: it has no password, and outside this block, which belongs inside one transaction,
    it is inactive and has no role. It is made and woken only if it is asked for.
    Raises Conflict if a person of that name exists.
    """
    woken: list[User] = []

    def wake() -> User:
        if not woken:
            user = User.objects.filter(username=LOADER).first()
            if user is not None and ledger.row_id(f"system/{LOADER}") != user.pk:
                raise Conflict(
                    f"There is a person called {LOADER}, the name that loading seeds needs. Rename them first."
                )
            if user is None:
                user = User(username=LOADER, first_name="Seed", last_name="loader")
                user.set_unusable_password()
                user.save()
                ledger.note(f"system/{LOADER}", user, at=at)
            user.is_active = True
            user.save(update_fields=["is_active"])
            user.groups.set(Group.objects.filter(name=Role.CONTRIBUTOR))
            woken.append(user)
        return woken[0]

    yield wake
    for user in woken:
        user.groups.clear()
        user.is_active = False
        user.save(update_fields=["is_active"])


def load(seeds: Seeds, *, ledger: Ledger, at: datetime) -> None:
    """Scales, outlets, topics, claimants and claims, in the caller's transaction. Makes no people and no verdicts."""
    for scale in seeds.scales:
        _scale(scale, ledger, at)
    for outlet in seeds.outlets:
        make_outlet(outlet, ledger=ledger, at=at)
    for topic in seeds.topics:
        _topic(topic, ledger, at)
    with loader(ledger, at=at) as wake:
        for claimant in seeds.claimants:
            _claimant(claimant, ledger, wake, at)
        for claim in seeds.claims:
            _claim(claim, ledger, wake, at)


def make_outlet(seed: SeedOutlet, *, ledger: Ledger, at: datetime) -> Outlet | None:
    """The seed's outlet, made if no run made it and none has its slug; None if somebody took it away since."""
    key = f"outlets/{seed.slug}"
    known = ledger.row_id(key) is not None
    outlet = ledger.find(Outlet, key) if known else Outlet.objects.filter(slug=seed.slug).first()
    if known or outlet is not None:
        ledger.keep(key)
        return outlet
    outlet = Outlet.objects.create(
        slug=seed.slug,
        name=seed.name,
        domains=list(seed.domains),
        homepage=seed.homepage,
        country=seed.country,
        language=seed.language,
        kind=seed.kind,
    )
    ledger.note(key, outlet, at=at)
    return outlet


def _scale(seed: SeedScale, ledger: Ledger, at: datetime) -> None:
    key = f"scales/{seed.slug}@{seed.version}"
    if ledger.row_id(key) or RatingScale.objects.filter(slug=seed.slug, version=seed.version).exists():
        ledger.keep(key)
        return
    scale = RatingScale.objects.create(
        slug=seed.slug,
        version=seed.version,
        name=seed.name,
        description=seed.description,
        claim_kinds=list(seed.claim_kinds),
        minimum_evidence=seed.minimum_evidence,
        minimum_outlets=seed.minimum_outlets,
    )
    for position, rating in enumerate(seed.ratings, start=1):
        Rating.objects.create(
            scale=scale,
            slug=rating.slug,
            value=rating.value,
            labels=rating.labels,
            colour=rating.colour,
            position=position,
        )
    ledger.note(key, scale, at=at)


def _topic(seed: SeedTopic, ledger: Ledger, at: datetime) -> None:
    key = f"topics/{seed.slug}"
    if ledger.row_id(key) or Topic.objects.filter(slug=seed.slug).exists():
        ledger.keep(key)
        return
    ledger.note(key, Topic.objects.create(slug=seed.slug, labels=seed.labels), at=at)


def _claimant(seed: SeedClaimant, ledger: Ledger, wake: Callable[[], User], at: datetime) -> None:
    key = f"claimants/{seed.slug}"
    standing = Claimant.objects.filter(name=seed.name, job_title=seed.job_title).first()
    if ledger.row_id(key) or standing is not None:
        if standing is not None:
            ledger.rows.setdefault(key, ("claimant", standing.pk))
        ledger.keep(key)
        return
    claimant = save_claimant(
        name=seed.name, kind=seed.kind, job_title=seed.job_title, same_as=seed.same_as, actor=wake(), at=at
    )
    ledger.note(key, claimant, at=at)


def _claim(seed: SeedClaim, ledger: Ledger, wake: Callable[[], User], at: datetime) -> None:
    key = f"claims/{seed.slug}"
    claimant = ledger.find(Claimant, f"claimants/{seed.claimant}")
    standing = Claim.objects.filter(statement=seed.statement, claimant=claimant, claimed_on=seed.claimed_on).first()
    if ledger.row_id(key) or standing is not None:
        if standing is not None:
            ledger.rows.setdefault(key, ("claim", standing.pk))
        ledger.keep(key)
        return
    actor = wake()
    claim = create_claim(
        given=ClaimFields(
            statement=seed.statement,
            language=seed.language,
            kind=seed.kind,
            claimant=claimant,
            claimed_on=seed.claimed_on,
            location=seed.location,
            context=seed.context,
            selection_reason=seed.selection_reason,
            priority=seed.priority,
            topics=list(Topic.objects.filter(slug__in=seed.topics)),
        ),
        actor=actor,
        at=at,
    )
    for alias in seed.aliases:
        add_alias(claim_id=claim.pk, text=alias, language=seed.language, actor=actor, at=at)
    for appearance in seed.appearances:
        outlet = ledger.find(Outlet, f"outlets/{appearance.outlet}")
        add_appearance(
            claim_id=claim.pk,
            url=appearance.url,
            outlet=outlet or Outlet.objects.filter(slug=appearance.outlet).first(),
            description=appearance.description,
            is_first=appearance.first,
            actor=actor,
            at=at,
        )
    ledger.note(key, claim, at=at)
