"""Writing a verdict: opening a revision, saving its draft, waiving checklist lines. A frozen one is never touched."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from claims.access.locking import expect, lock_claim
from claims.access.roles import Operation, require
from claims.audit.contributions import add_contributors, hands_in_rows, open_revision, touch
from claims.audit.operations import record
from claims.choices import ChangeType, ChecklistLine, EventKind, MediaAuthenticity
from claims.errors import Conflict, IllegalMove, Invalid
from claims.models import ChecklistWaiver, Claim, Rating, Verdict, VerdictContributor
from claims.text import one_line, plain, sha256
from claims.verdicts.candidate import build
from claims.verdicts.checklist import WAIVABLE

TEXTS = ("rating_id", "headline", "summary", "explanation", "byline", "media_authenticity")


@dataclass(frozen=True, slots=True)
class VerdictFields:
    """What a writer gives of a revision. `change_type` and `public_note` are left as they are when None."""

    rating: Rating | None = None
    headline: str = ""
    summary: str = ""
    explanation: str = ""
    byline: str = ""
    media_authenticity: str = ""
    change_type: str | None = None
    public_note: str | None = None

    def columns(self) -> dict[str, Any]:
        """The columns by name, cleaned."""
        if self.media_authenticity and self.media_authenticity not in MediaAuthenticity.values:
            raise Invalid("Say what kind of content it is.", fields={"media_authenticity": ["Not a known kind."]})
        values: dict[str, Any] = {
            "rating_id": self.rating.pk if self.rating is not None else None,
            "headline": one_line(self.headline, limit=200),
            "summary": plain(self.summary).strip(),
            "explanation": plain(self.explanation).strip(),
            "byline": one_line(self.byline, limit=200),
            "media_authenticity": self.media_authenticity,
        }
        if self.change_type is not None:
            if self.change_type not in ChangeType.values or self.change_type == ChangeType.RETRACTION:
                raise Invalid("Say what kind of change this is.", fields={"change_type": ["Not a kind of revision."]})
            values["change_type"] = self.change_type
        if self.public_note is not None:
            values["public_note"] = plain(self.public_note).strip()
        return values


def start_revision(
    *,
    claim: Claim,
    change_type: ChangeType,
    public_note: str = "",
    base: Verdict | None,
    carry_contributors: bool,
    actor: User,
    at: datetime,
) -> Verdict:
    """Open the claim's next revision as a copy of `base`, in the caller's transaction with the claim locked.

    `carry_contributors` keeps everyone who wrote `base` a contributor: right for text that nobody approved yet.
    Text that four eyes have passed before starts afresh, so that a desk of two can correct itself.
    """
    newest = Verdict.objects.filter(claim=claim).order_by("-number").first()
    revision = Verdict.objects.create(
        claim=claim,
        number=newest.number + 1 if newest else 1,
        change_type=change_type,
        public_note=public_note,
        copied_from=base,
        opened_at=at,
        saved_at=at,
        **({name: getattr(base, name) for name in TEXTS} if base is not None else {}),
    )
    if base is not None:
        ChecklistWaiver.objects.bulk_create(
            ChecklistWaiver(verdict=revision, line=w.line, reason=w.reason, public=w.public, by=w.by, at=w.at)
            for w in ChecklistWaiver.objects.filter(verdict=base)
        )
    # A retraction says what was published, so it does not matter who worked on what is there now.
    hands = set() if change_type == ChangeType.RETRACTION else hands_in_rows(claim)
    if base is not None and carry_contributors:
        hands |= set(VerdictContributor.objects.filter(verdict=base).values_list("user_id", flat=True))
    add_contributors(revision=revision, user_ids=hands, at=at)
    record(
        kind=EventKind.REVISION_OPENED,
        subject=revision,
        actor=actor,
        at=at,
        data={"number": revision.number, "change_type": change_type, "copied_from": base.number if base else None},
    )
    return revision


@transaction.atomic
def save_draft(*, claim_id: int, given: VerdictFields, lock_version: int | None, actor: User, at: datetime) -> Verdict:
    """Save the open revision's text. Raises NotAllowed, IllegalMove, StaleWrite or Invalid; then nothing is saved."""
    claim = lock_claim(claim_id)
    require(actor, Operation.WRITE_VERDICT, claim)
    revision = _draft(claim)
    wanted = given.columns()
    expect(revision, lock_version, wanted)
    changed = {n: [getattr(revision, n), v] for n, v in wanted.items() if getattr(revision, n) != v}
    if not changed:
        return revision
    for name, value in wanted.items():
        setattr(revision, name, value)
    revision.lock_version += 1
    revision.saved_at = at
    revision.save()
    touch(claim=claim, actor=actor, at=at)
    record(
        kind=EventKind.REVISION_SAVED,
        subject=revision,
        actor=actor,
        at=at,
        data={"number": revision.number, "changed": changed},
    )
    return Verdict.objects.select_related("rating__scale").get(pk=revision.pk)


@transaction.atomic
def waive(*, claim_id: int, line: str, reason: str, public: bool = False, actor: User, at: datetime) -> ChecklistWaiver:
    """Let a checklist line stand unmet, with the reason in writing. Waiving again replaces the reason.

    Raises NotAllowed, IllegalMove, or Invalid if the line cannot be waived or the reason is missing.
    """
    claim = lock_claim(claim_id)
    require(actor, Operation.WAIVE_CHECK, claim)
    revision = _draft(claim)
    if line not in WAIVABLE:
        raise Invalid(
            "This line cannot be waived; meet it.", fields={"line": [f"One of {', '.join(sorted(WAIVABLE))}."]}
        )
    words = plain(reason).strip()
    if not words:
        raise Invalid("A waiver needs a written reason.", fields={"reason": ["Write it down."]})
    waiver, _ = ChecklistWaiver.objects.update_or_create(
        verdict=revision, line=line, defaults={"reason": words, "public": public, "by": actor, "at": at}
    )
    touch(claim=claim, actor=actor, at=at)
    record(
        kind=EventKind.CHECK_WAIVED,
        subject=revision,
        actor=actor,
        at=at,
        data={"line": ChecklistLine(line).value, "reason": words, "public": public},
    )
    return waiver


@transaction.atomic
def unwaive(*, claim_id: int, line: str, actor: User, at: datetime) -> None:
    """Take a waiver back; none there is no error. Raises NotAllowed or IllegalMove."""
    claim = lock_claim(claim_id)
    require(actor, Operation.WAIVE_CHECK, claim)
    revision = _draft(claim)
    gone, _ = ChecklistWaiver.objects.filter(verdict=revision, line=line).delete()
    if gone:
        touch(claim=claim, actor=actor, at=at)
        record(kind=EventKind.CHECK_UNWAIVED, subject=revision, actor=actor, at=at, data={"line": line})


def freeze(*, claim: Claim, revision: Verdict, at: datetime) -> Verdict:
    """Build the candidate and freeze the revision with it, in the caller's transaction with the claim locked."""
    if revision.submitted_at is not None:
        raise Conflict("This revision is frozen already.")
    candidate = build(claim=claim, verdict=revision)
    revision.candidate = candidate
    revision.candidate_hash = sha256(candidate)
    revision.submitted_at = at
    revision.save(update_fields=["candidate", "candidate_hash", "submitted_at"])
    return revision


def _draft(claim: Claim) -> Verdict:
    revision = open_revision(claim)
    if revision is None or revision.submitted_at is not None:
        raise IllegalMove("There is no open draft to write in. Accept the claim, or start a revision.")
    return revision
