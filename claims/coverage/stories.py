"""Groups of pages that carry one story: how they are named, and what a person may say against the machine."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import connection, transaction

from claims.access.roles import Operation, require
from claims.audit.operations import record
from claims.choices import EventKind
from claims.errors import Conflict
from claims.models import Document

_NAMESPACE = UUID("5b0f3e1c-8a55-4f0e-9d53-7f1f6a4f9c1e")
_TURN = 0x73746F7279  # "story", the key of the advisory lock


@transaction.atomic
def split(*, document_id: int, actor: User, at: datetime) -> Document:
    """Say that a page is a story of its own. It leaves its group, and no machine puts it into one again.

    Splitting twice changes nothing. Raises NotAllowed, or Conflict for a page that is in no group.
    """
    require(actor, Operation.SPLIT_STORY)
    take_turns()
    document = Document.objects.select_for_update(no_key=True).get(pk=document_id)
    if document.split_at is not None:
        return document
    before = document.near_duplicate_group
    if before is None:
        raise Conflict("This page is in no group of pages with the same story.")
    document.near_duplicate_group = None
    document.split_at, document.split_by = at, actor
    document.save(update_fields=["near_duplicate_group", "split_at", "split_by"])
    rest = members_of([before])
    settle(rest)
    record(
        kind=EventKind.DOCUMENT_SPLIT,
        subject=document,
        actor=actor,
        at=at,
        data={"before": str(before), "rest": rest[:50]},
    )
    return document


@transaction.atomic
def rejoin(*, document_id: int, actor: User, at: datetime) -> Document:
    """Take a split back: a worker groups the page anew. Does nothing to a page never split. Raises NotAllowed."""
    require(actor, Operation.SPLIT_STORY)
    take_turns()
    document = Document.objects.select_for_update(no_key=True).get(pk=document_id)
    if document.split_at is None:
        return document
    document.split_at = document.split_by = None
    document.save(update_fields=["split_at", "split_by"])
    record(kind=EventKind.DOCUMENT_REJOINED, subject=document, actor=actor, at=at)
    return document


def take_turns() -> None:
    """Wait until nobody else changes groups; until the caller's transaction ends, nobody else does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])


def members_of(groups: Iterable[UUID | None]) -> list[int]:
    """Ids of the pages in the groups, the oldest first."""
    named = [group for group in groups if group is not None]
    return list(
        Document.objects.filter(near_duplicate_group__in=named).order_by("pk").values_list("pk", flat=True)
        if named
        else []
    )


def group_named(document_id: int) -> UUID:
    """The name of a group whose oldest page is this one."""
    return uuid5(_NAMESPACE, str(document_id))


def settle(document_ids: Iterable[int]) -> None:
    """Make one group of the pages, named after the oldest; one page alone is none. The caller has its turn."""
    ids = sorted(set(document_ids))
    group = group_named(ids[0]) if len(ids) > 1 else None
    # Locked in one order, as everybody who locks several pages does.
    pages = Document.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    changed = [row.pk for row in pages.only("near_duplicate_group") if row.near_duplicate_group != group]
    Document.objects.filter(pk__in=changed).update(near_duplicate_group=group)
