"""Creating and editing claims, their other wordings, where they were made, and who works on them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from claims.access.locking import expect, lock_claim
from claims.access.roles import Operation, require
from claims.audit.contributions import touch
from claims.audit.operations import record
from claims.capture.documents import document_for
from claims.choices import AssignmentRole, EventKind, UrlOrigin
from claims.errors import Conflict, Invalid
from claims.models import Appearance, Assignment, Claim, ClaimAlias, Claimant, Outlet, Topic
from claims.text import one_line, plain


@dataclass(frozen=True, slots=True)
class ClaimFields:
    """What an editor gives of a claim. Text is plain; `topics` replaces the list when it is given."""

    statement: str
    original_text: str = ""
    language: str = "en"
    kind: str = "factual"
    claimant: Claimant | None = None
    claimed_on: date | None = None
    location: str = ""
    context: str = ""
    selection_reason: str = ""
    priority: str = "normal"
    due_at: datetime | None = None
    translation_of: Claim | None = None
    topics: Sequence[Topic] | None = field(default=None)

    def columns(self) -> dict[str, Any]:
        """The plain columns by name, text stripped of controls."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "topics"}
        return {name: plain(value).strip() if isinstance(value, str) else value for name, value in values.items()}


@transaction.atomic
def create_claim(*, given: ClaimFields, actor: User, at: datetime) -> Claim:
    """Put a claim into the inbox. Raises NotAllowed, or Invalid with the fields at fault."""
    require(actor, Operation.CREATE_CLAIM)
    claim = Claim(**given.columns(), created_by=actor, created_at=at, changed_at=at)
    _check(claim)
    claim.save(force_insert=True)
    claim.topics.set(given.topics or [])
    record(kind=EventKind.CLAIM_CREATED, subject=claim, actor=actor, at=at, data={"statement": claim.statement})
    return claim


@transaction.atomic
def edit_claim(*, claim_id: int, given: ClaimFields, lock_version: int | None, actor: User, at: datetime) -> Claim:
    """Save a claim's fields. Raises NotAllowed, IllegalMove, StaleWrite or Invalid; then nothing is saved."""
    claim = lock_claim(claim_id)
    require(actor, Operation.EDIT_CLAIM, claim)
    wanted = given.columns()
    expect(claim, lock_version, wanted)
    changed = {
        name: [_shown(getattr(claim, name)), _shown(value)]
        for name, value in wanted.items()
        if getattr(claim, name) != value
    }
    topics_before = set(claim.topics.all())
    topics_change = given.topics is not None and set(given.topics) != topics_before
    if not changed and not topics_change:
        return claim

    for name, value in wanted.items():
        setattr(claim, name, value)
    _check(claim)
    claim.lock_version += 1
    claim.changed_at = at
    claim.save()
    if given.topics is not None and topics_change:
        changed["topics"] = [sorted(t.slug for t in topics_before), sorted(t.slug for t in given.topics)]
        claim.topics.set(given.topics)
    touch(claim=claim, actor=actor, at=at)
    record(kind=EventKind.CLAIM_EDITED, subject=claim, actor=actor, at=at, data={"changed": changed})
    return claim


@transaction.atomic
def add_alias(*, claim_id: int, text: str, language: str = "en", actor: User, at: datetime) -> ClaimAlias:
    """Note another wording of the claim, for matching. Raises NotAllowed, IllegalMove, Invalid or Conflict."""
    claim = lock_claim(claim_id)
    require(actor, Operation.EDIT_CLAIM, claim)
    words = one_line(text, limit=500)
    if not words:
        raise Invalid("Give the other wording.", fields={"text": ["This field may not be empty."]})
    if ClaimAlias.objects.filter(claim=claim, text=words).exists():
        raise Conflict("This wording is noted already.")
    alias = ClaimAlias(claim=claim, text=words, language=plain(language).strip(), added_at=at)
    try:
        alias.clean_fields()
    except ValidationError as error:
        raise Invalid("The other wording cannot be saved as it is.", fields=error.message_dict) from error
    alias.save(force_insert=True)
    record(kind=EventKind.ALIAS_ADDED, subject=alias, actor=actor, at=at, data={"text": words})
    return alias


@transaction.atomic
def add_appearance(
    *,
    claim_id: int,
    url: str = "",
    outlet: Outlet | None = None,
    description: str = "",
    quote: str = "",
    is_first: bool = False,
    actor: User,
    at: datetime,
) -> Appearance:
    """Note where the claim was made: an address, or an outlet or words where there is none.

    Raises NotAllowed, IllegalMove, Invalid, or Conflict if it is noted already or another is the first one.
    """
    claim = lock_claim(claim_id)
    require(actor, Operation.EDIT_CLAIM, claim)
    if not url and outlet is None and not description.strip():
        raise Invalid("Say where: an address, an outlet, or in words.", fields={"url": ["Give one of the three."]})
    document = document_for(url=url, how=UrlOrigin.ENTERED, at=at, outlet=outlet)[0] if url else None
    if document is not None and Appearance.objects.filter(claim=claim, document=document).exists():
        raise Conflict("This address is noted as an appearance already.")
    if is_first and Appearance.objects.filter(claim=claim, is_first=True).exists():
        raise Conflict("Another appearance is marked as the first; unmark it before.")
    appearance = Appearance.objects.create(
        claim=claim,
        document=document,
        outlet=outlet,
        description=one_line(description, limit=300),
        quote=plain(quote).strip(),
        is_first=is_first,
        added_at=at,
    )
    touch(claim=claim, actor=actor, at=at)
    record(
        kind=EventKind.APPEARANCE_ADDED,
        subject=appearance,
        actor=actor,
        at=at,
        data={
            "document_id": document.pk if document else None,
            "url": document.url if document else "",
            "description": appearance.description,
            "first": is_first,
        },
    )
    return appearance


@transaction.atomic
def remove_appearance(*, appearance_id: int, actor: User, at: datetime) -> None:
    """Take a wrongly noted appearance away; the history keeps what it said. Raises NotAllowed or IllegalMove."""
    found = Appearance.objects.select_related("document").get(pk=appearance_id)
    claim = lock_claim(found.claim_id)
    require(actor, Operation.EDIT_CLAIM, claim)
    touch(claim=claim, actor=actor, at=at)
    record(
        kind=EventKind.APPEARANCE_REMOVED,
        subject=found,
        actor=actor,
        at=at,
        data={"url": found.document.url if found.document else "", "description": found.description},
    )
    found.delete()


@transaction.atomic
def assign(*, claim_id: int, user: User, role: AssignmentRole, actor: User, at: datetime) -> Assignment:
    """Ask somebody to write or to review. Asking twice changes nothing. Raises NotAllowed or IllegalMove."""
    claim = lock_claim(claim_id)
    require(actor, Operation.ASSIGN, claim)
    standing = Assignment.objects.filter(claim=claim, user=user, role=role, ended_at__isnull=True).first()
    if standing is not None:
        return standing
    assignment = Assignment.objects.create(claim=claim, user=user, role=role, by=actor, at=at)
    record(
        kind=EventKind.CLAIM_ASSIGNED,
        subject=assignment,
        actor=actor,
        at=at,
        data={"user": user.get_username(), "role": role, "ended": False},
    )
    return assignment


@transaction.atomic
def unassign(*, claim_id: int, user: User, role: AssignmentRole, actor: User, at: datetime) -> None:
    """End an assignment; one that does not stand is no error. Raises NotAllowed or IllegalMove."""
    claim = lock_claim(claim_id)
    require(actor, Operation.ASSIGN, claim)
    for assignment in Assignment.objects.filter(claim=claim, user=user, role=role, ended_at__isnull=True):
        assignment.ended_at = at
        assignment.save(update_fields=["ended_at"])
        record(
            kind=EventKind.CLAIM_ASSIGNED,
            subject=assignment,
            actor=actor,
            at=at,
            data={"user": user.get_username(), "role": role, "ended": True},
        )


def _check(claim: Claim) -> None:
    try:
        claim.clean_fields(exclude=["search", "created_by"])
    except ValidationError as error:
        raise Invalid("Some fields cannot be saved as they are.", fields=error.message_dict) from error
    if len(claim.statement.split()) < 2:
        raise Invalid("State the claim in words.", fields={"statement": ["Give the whole statement."]})
    original = claim.translation_of
    if original is not None and _chained(claim, original):
        message = "Name the claim that all of them translate."
        raise Invalid("A translation of a translation has no place.", fields={"translation_of": [message]})


def _chained(claim: Claim, original: Claim) -> bool:
    """Whether a translation would name itself or another translation, or an original become one."""
    translated = claim.pk is not None and Claim.objects.filter(translation_of=claim).exists()
    return original.pk == claim.pk or original.translation_of_id is not None or translated


def _shown(value: Any) -> Any:
    if isinstance(value, Claimant | Claim):
        return str(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
