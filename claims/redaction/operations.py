"""Carrying an erasure out: two people, a written reason, one transaction, and the files after it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import connection, transaction

from claims.access.roles import Operation, may
from claims.audit.operations import record
from claims.capture import storage
from claims.errors import Conflict, Invalid, NotAllowed, Transient
from claims.models import Capture, CaptureRemoval, IdempotentCall
from claims.publishing import dumps
from claims.redaction.guards import switched_off
from claims.redaction.plan import Plan, Step
from claims.text import plain

_DESK = 5_841_190_024  # any number: one erasure at a time


@dataclass(frozen=True, slots=True)
class Warrant:
    """Who erases, who agreed, and why. The reason becomes part of the history, so it must not repeat the words."""

    by: User
    agreed: User
    reason: str

    def check(self) -> None:
        """Passes for two different, active people whose roles let them, and a written reason.

        Raises NotAllowed or Invalid.
        """
        if self.by.pk == self.agreed.pk:
            raise NotAllowed("An erasure takes two people: name somebody else who agrees to it.")
        for person in (self.by, self.agreed):
            if not person.is_active:
                raise NotAllowed(f"{person.get_username()} is not active any more; name somebody who is.")
        if not may(self.by, Operation.REDACT):
            raise NotAllowed(f"{self.by.get_username()} is no administrator, and only an administrator may erase.")
        if not may(self.agreed, Operation.AGREE_TO_REDACT):
            raise NotAllowed(f"{self.agreed.get_username()} is no publisher, and only a publisher may agree to it.")
        if not plain(self.reason).strip():
            raise Invalid("Give the reason in writing, without repeating the words that are erased.")


@dataclass(frozen=True, slots=True)
class Left:
    """A file that could not be taken away now, and what becomes of it."""

    name: str
    why: str


@transaction.atomic
def redact(*, draw: Callable[[], Plan], warrant: Warrant, at: datetime) -> Plan:
    """Erase what `draw` plans under the locks held here, and note who, with whom, why and which digests.

    Gives the plan as it was carried out; its files are taken away by remove_files() after the commit. Raises
    NotAllowed, Invalid, NotOwner, Conflict where nothing is left to erase, and what `draw` raises; nothing is changed.
    """
    warrant.check()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DESK])
    plan = draw()
    if not plan.todo():
        raise Conflict("Nothing is left to erase there.")
    with switched_off():
        for step in (*plan.steps, stored_answers()):
            step.run()
    told = {"with": warrant.agreed.get_username(), "reason": plain(warrant.reason).strip()}
    for note in plan.notes:
        event = record(kind=note.kind, subject=note.subject, actor=warrant.by, at=at, data={**note.data, **told})
        if plan.tell is not None:
            plan.tell(event)
    return plan


def stored_answers() -> Step:
    """Answers kept for calls that are repeated: any of them may hold the words, so every body goes.

    A repetition still gets the status and does nothing a second time.
    """
    return Step("answers kept for repeated calls (all of them)", IdempotentCall.objects.all(), {"body": b""})


def remove_files(plan: Plan, *, at: datetime) -> list[Left]:
    """Take the files of a committed erasure away; those that are left, with the reason. Outside of any transaction.

    A copy's file stays while another row names it. Where the store is away, the job that removes files tries again.
    """
    left = []
    for name in plan.dumps:
        try:
            with contextlib.suppress(FileNotFoundError):
                (dumps.folder() / name).unlink()
        except OSError as error:
            left.append(Left(name, f"cannot be removed: {type(error).__name__}. Remove it by hand."))
    for name in plan.files:
        try:
            default_storage.delete(name)
        except OSError as error:
            left.append(Left(name, f"cannot be removed: {type(error).__name__}. Remove it by hand."))
    for removal in CaptureRemoval.objects.filter(capture__in=list(plan.captures)).select_related("capture"):
        key = removal.capture.storage_key
        if Capture.objects.filter(storage_key=key, removal__isnull=True).exists():
            left.append(Left(key, "is named by another copy that was not erased, and stays."))
            continue
        try:
            storage.remove(key)
        except Transient as error:
            left.append(Left(key, f"{error} The job that removes copies tries again."))
            continue
        CaptureRemoval.objects.filter(pk=removal.pk).update(file_gone_at=at)
    return left
