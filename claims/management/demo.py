"""The demo: people to log in as, the press site as sources, and the worked verdict, by the moves all people make."""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from django.contrib.auth.models import Group, User

from claims.choices import AssignmentRole, ClaimState, EventKind, Role
from claims.coverage.sources import save_source
from claims.editing.claims import assign
from claims.editing.evidence import EvidenceFields, add_evidence
from claims.errors import Conflict
from claims.management.seed_types import SeedOutlet, Seeds, SeedVerdict
from claims.management.seeds import Ledger, make_outlet
from claims.models import Claim, Event, Outlet, Publication, Rating, Source
from claims.review import operations as review
from claims.verdicts.operations import VerdictFields, save_draft, waive

PRESS_HOST = "127.0.0.1"
_ASSIGNED = frozenset({1, 2, 3})  # so that the demo's desk shows somebody's own work; the first gets its verdict
_POLL_MINUTES = 15
_TAKEN_ON = (EventKind.CLAIM_ACCEPTED, EventKind.CLAIM_DECLINED, EventKind.CLAIM_MERGED)
_PEOPLE = (
    ("ana", "Ana", "Demo", Role.FACT_CHECKER),
    ("ben", "Ben", "Demo", Role.REVIEWER),
    ("chioma", "Chioma", "Demo", Role.PUBLISHER),
    ("dev", "Dev", "Demo", Role.ADMINISTRATOR),
)


@dataclass(frozen=True, slots=True)
class Login:
    """A demo person's way in, known only to the run that made them."""

    username: str
    password: str
    role: str
    name: str


def load_demo(seeds: Seeds, *, ports: Sequence[int], ledger: Ledger, at: datetime) -> list[Login]:
    """People, press outlets with their feeds, accepted claims and worked verdicts, in the caller's transaction.

    Returns the logins of the people whom this run made. Raises Conflict if a name is taken by somebody who is no demo
    person, or if there is not one port for each press outlet.
    """
    if len(ports) != len(seeds.demo_outlets):
        raise Conflict(f"DEMO_PRESS_PORTS names {len(ports)} ports; the demo has {len(seeds.demo_outlets)} outlets.")
    logins = _people(ledger, at)
    for outlet, port in zip(seeds.demo_outlets, ports, strict=True):
        _press_outlet(outlet, port, ledger, at)
    _accept(seeds, ledger, at)
    for verdict in seeds.verdicts:
        _verdict(verdict, ledger, at)
    return logins


def keep_logins(logins: Sequence[Login], path: Path) -> None:
    """Puts logins into a file that only its owner can read, beside those of earlier runs. Raises OSError."""
    kept: dict[str, dict[str, str]] = {}
    if path.exists():
        kept = {entry["username"]: entry for entry in json.loads(path.read_text(encoding="utf-8"))}
    kept |= {login.username: asdict(login) for login in logins}
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(list(kept.values()), file, indent=2)
        file.write("\n")
    fresh.replace(path)


def _people(ledger: Ledger, at: datetime) -> list[Login]:
    made = []
    for username, first, last, role in _PEOPLE:
        key = f"people/{username}"
        standing = User.objects.filter(username=username).first()
        if standing is not None and ledger.row_id(key) != standing.pk:
            raise Conflict(
                f"There is a person called {username} who was not made for the demo. "
                "Load the demo into an installation of its own."
            )
        if ledger.row_id(key):
            ledger.keep(key)
            continue
        password = secrets.token_urlsafe(12)
        user = User.objects.create_user(username, password=password, first_name=first, last_name=last, is_staff=True)
        user.groups.set(Group.objects.filter(name=role))
        ledger.note(key, user, at=at)
        made.append(Login(username=username, password=password, role=role, name=f"{first} {last}"))
    return made


def _press_outlet(seed: SeedOutlet, port: int, ledger: Ledger, at: datetime) -> None:
    """The fictional outlet and its feed, at the port where the press site serves it now."""
    outlet = make_outlet(seed, ledger=ledger, at=at)
    if outlet is None:
        return
    host = f"{PRESS_HOST}:{port}"
    if outlet.domains != [host]:
        Outlet.objects.filter(domains=[host]).exclude(pk=outlet.pk).update(domains=[])  # it had this port before
        outlet.domains = [host]
        outlet.homepage = f"http://{host}/"
        outlet.save(update_fields=["domains", "homepage"])
    key, url = f"sources/{seed.slug}", f"http://{host}{seed.feed}"
    source = ledger.find(Source, key)
    if source is not None:
        save_source(
            source_id=source.pk,
            name=source.name,
            url=url,
            poll_minutes=source.poll_minutes,
            fixed_period=source.fixed_period,
            outlet=outlet,
            active=source.active,
            actor=None,
            at=at,
        )
        ledger.keep(key)
    elif ledger.row_id(key) is None:
        made = save_source(
            source_id=None,
            name=seed.name,
            url=url,
            poll_minutes=_POLL_MINUTES,
            fixed_period=True,
            outlet=outlet,
            active=True,
            actor=None,
            at=at,
        )
        ledger.note(key, made, at=at)


def _demo_person(username: str, ledger: Ledger) -> User:
    person = ledger.find(User, f"people/{username}")
    if person is None:
        raise Conflict(f"The demo person {username} was deleted, so the demo cannot go on.")
    return person


def _accept(seeds: Seeds, ledger: Ledger, at: datetime) -> None:
    """Takes on the claims that the demo watches, each once: a claim on which somebody decided is left alone."""
    for seed in seeds.claims:
        claim = ledger.find(Claim, f"claims/{seed.slug}")
        if not seed.accepted or claim is None or claim.state != ClaimState.INBOX:
            continue
        if Event.objects.filter(claim=claim, kind__in=_TAKEN_ON).exists():
            continue
        ana = _demo_person("ana", ledger)
        review.accept(claim_id=claim.pk, actor=ana, at=at)
        if ledger.made["accepted"] in _ASSIGNED:
            assign(claim_id=claim.pk, user=ana, role=AssignmentRole.WRITER, actor=ana, at=at)
        ledger.made["accepted"] += 1


def _verdict(seed: SeedVerdict, ledger: Ledger, at: datetime) -> None:
    """Drafts, submits, approves and publishes, unless the claim was worked on already."""
    key = f"verdicts/{seed.claim}"
    claim = ledger.find(Claim, f"claims/{seed.claim}")
    rating = Rating.objects.filter(scale__slug=seed.scale, slug=seed.rating).order_by("-scale__version").first()
    if claim is None or rating is None or not _untouched(claim) or ledger.row_id(key):
        ledger.keep(key)
        return
    writer, approver = _demo_person(seed.writer, ledger), _demo_person(seed.approver, ledger)
    for source in seed.evidence:
        add_evidence(
            claim_id=claim.pk,
            url=source.url,
            title=source.title,
            published_at=_midnight(source.published_on),
            given=EvidenceFields(
                stance=source.stance,
                note=source.note,
                is_primary=source.is_primary,
                archive_url=source.archive_url,
            ),
            actor=writer,
            at=at,
        )
    draft = save_draft(
        claim_id=claim.pk,
        given=VerdictFields(rating=rating, headline=seed.headline, summary=seed.summary, explanation=seed.explanation),
        lock_version=None,
        actor=writer,
        at=at,
    )
    for waiver in seed.waivers:
        waive(claim_id=claim.pk, line=waiver.line, reason=waiver.reason, public=waiver.public, actor=writer, at=at)
    review.submit(claim_id=claim.pk, actor=writer, at=at)
    review.approve(claim_id=claim.pk, actor=approver, at=at)
    review.publish(claim_id=claim.pk, actor=approver, at=at)
    ledger.note(key, draft, at=at)


def _untouched(claim: Claim) -> bool:
    """Whether the claim is researched, nothing of it was ever public, and nobody has begun to write or to cite."""
    return (
        claim.state == ClaimState.RESEARCHING
        and not Publication.objects.filter(claim=claim).exists()
        and not claim.evidence.exists()
        and not claim.verdicts.exclude(number=1, rating=None, headline="", summary="", explanation="").exists()
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=UTC) if day is not None else None
