"""Claimants: created and edited by people; a change never reaches what is public by itself."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.audit.review_items import open_review_item
from claims.choices import EventKind, ReviewItemKind
from claims.errors import Conflict, Invalid
from claims.models import Claim, Claimant
from claims.text import normal_url, one_line


@transaction.atomic
def save_claimant(
    *,
    claimant_id: int | None = None,
    name: str,
    kind: str = "person",
    job_title: str = "",
    same_as: Sequence[str] = (),
    living: bool = True,
    actor: User,
    at: datetime,
) -> Claimant:
    """Make or change a claimant. A change opens a look-again item on every claim of theirs that is public.

    Raises NotAllowed, Invalid, or Conflict if the same name and function exist already.
    """
    require(actor, Operation.EDIT_CLAIMANT if claimant_id is not None else Operation.CREATE_CLAIM)
    claimant = Claimant.objects.select_for_update().get(pk=claimant_id) if claimant_id is not None else Claimant()
    wanted = {
        "name": one_line(name, limit=200),
        "kind": kind,
        "job_title": one_line(job_title, limit=200),
        "same_as": [_address(url) for url in same_as],
        "living": living,
    }
    before = {field: getattr(claimant, field) for field in wanted}
    for field, value in wanted.items():
        setattr(claimant, field, value)
    try:
        claimant.clean_fields()
    except ValidationError as error:
        raise Invalid("Some fields cannot be saved as they are.", fields=error.message_dict) from error
    if Claimant.objects.filter(name=claimant.name, job_title=claimant.job_title).exclude(pk=claimant_id or 0).exists():
        raise Conflict("There is a claimant of this name and function already.")
    try:
        with transaction.atomic():
            claimant.save()
    except IntegrityError as error:  # somebody else was saving the same one
        raise Conflict("There is a claimant of this name and function already.") from error

    changed = {field: [before[field], value] for field, value in wanted.items() if before[field] != value}
    if claimant_id is None or changed:
        record(kind=EventKind.CLAIMANT_SAVED, subject=claimant, actor=actor, at=at, data={"changed": changed})
    if claimant_id is not None and changed:
        for claim in Claim.objects.filter(claimant=claimant, public_head__live=True).order_by("pk"):
            open_review_item(
                claim=claim,
                kind=ReviewItemKind.CLAIMANT_CHANGED,
                cause=f"claimant:{claimant.pk}",
                difference=changed,
                actor=actor,
                at=at,
            )
    return claimant


def _address(url: str) -> str:
    try:
        return normal_url(url)
    except ValueError as error:
        raise Invalid("An address cannot be used as it is.", fields={"same_as": [str(error)]}) from error
