"""Erasing published versions of a claim, and every copy of their words that the database keeps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from claims.access.locking import lock_claim
from claims.audit.contributions import open_revision
from claims.choices import EventKind
from claims.errors import Conflict, Invalid
from claims.models import (
    Approval,
    ChecklistWaiver,
    Claim,
    Delivery,
    DeliveryTry,
    Dump,
    Event,
    Publication,
    PublicationPlan,
    PublicHead,
    ReviewItem,
    Verdict,
)
from claims.publishing.changes import changes_after
from claims.publishing.erasures import tell_erased
from claims.publishing.payloads import publication_data, publication_payload
from claims.publishing.reach import holders
from claims.redaction.claims import claim_files, claim_stays, claim_steps
from claims.redaction.plan import ERASED, Note, Plan, Removal, Rewrite, Step
from claims.redaction.revisions import publications_with, revisions_with
from claims.webhook_choices import WebhookEvent

# What these events say of a revision are numbers, digests and instants. Every other kind may hold words, new ones too.
WORDLESS = (
    EventKind.REVISION_OPENED,
    EventKind.CHECK_UNWAIVED,
    EventKind.VERDICT_SUBMITTED,
    EventKind.VERDICT_WITHDRAWN,
    EventKind.VERDICT_PUBLISHED,
    EventKind.VERDICT_SCHEDULED,
)
# The reason of a retraction is its public note.
NOTES = (EventKind.RETRACTION_PROPOSED, EventKind.VERDICT_RETRACTED)


@dataclass(frozen=True, slots=True)
class Scope:
    """How far an erasure goes beyond the versions: their public notes, and the claim's own rows."""

    notes: bool = False
    claim_text: bool = False


def publication_plan(*, public_id: str, versions: Sequence[int], scope: Scope, at: datetime) -> Plan:
    """What erasing these versions does, all of the claim's where none is named. Locks the claim inside a transaction.

    Raises Invalid for what was never published, Conflict for what is live (retract or replace it first, which tells
    everybody) or while a revision is open that was begun as its copy.
    """
    head = PublicHead.objects.filter(public_id=public_id).first()
    if head is None:
        raise Invalid(f"Nothing was published under {public_id}.")
    if connection.in_atomic_block:
        lock_claim(head.claim_id)
        head.refresh_from_db()
    claim = Claim.objects.get(pk=head.claim_id)
    chosen = publications_with(_named(claim, versions))
    revisions, begun = revisions_with(chosen)
    _check(claim, head, chosen, revisions, whole=not versions, scope=scope)
    ids = [one.pk for one in chosen]
    texts = {"headline": "", "summary": "", "explanation": "", "byline": "", "candidate": None}
    columns: dict[str, Any] = {"body": None, "statement": "", "claimant": ""}
    if scope.notes:
        texts["public_note"] = columns["public_note"] = ""
    told = _messages(ids)
    unwritten = ~Q(payload__contains='"statement":""')
    if scope.notes:
        unwritten |= ~Q(payload__contains='"note":""')
    steps: list[Step | Removal | Rewrite] = [
        Step("published versions", Publication.objects.filter(pk__in=ids), columns),
        Step("where the claim appeared", PublicHead.objects.filter(publication__in=ids), {"outlets": []}),
        Step("revisions", _of(Verdict, revisions), texts, {"erased_at": at}),
        *_of_revisions(revisions, begun, scope),
        *_look_again(claim, chosen),
        Rewrite("messages to endpoints", list(told.filter(unwritten).defer("payload")), lambda: _rewrite(ids)),
        Step("answers of endpoints", DeliveryTry.objects.filter(delivery__in=told), {"answer": ""}),
        Removal("nightly files", Dump.objects.filter(_made_with(chosen))),
    ]
    if scope.claim_text:
        steps += claim_steps(claim, at=at)
    shown = ", ".join(str(one.version) for one in chosen)
    data = {
        "what": f"version {shown}{', public notes' * scope.notes}{', the claim’s own rows' * scope.claim_text}",
        "versions": {str(one.version): one.body_hash for one in chosen},
        "revisions": {str(one.number): one.candidate_hash for one in revisions},
    }
    return Plan(
        title=f"Claim {public_id}, version {shown}",
        steps=steps,
        notes=[Note(EventKind.PUBLICATION_REDACTED, claim, data)],
        stays=_stays(claim, chosen, begun, scope),
        dumps=list(Dump.objects.filter(_made_with(chosen)).values_list("name", flat=True)),
        tell=lambda event: tell_erased(publications=chosen, public_id=public_id, event=event),
        files=claim_files(claim) if scope.claim_text else (),
    )


def _named(claim: Claim, versions: Sequence[int]) -> list[Publication]:
    rows = (
        Publication.objects.filter(claim=claim).select_related("verdict").defer("body", "search", "verdict__candidate")
    )
    found = list(rows.filter(version__in=versions) if versions else rows)
    unknown = sorted(set(versions) - {one.version for one in found})
    if unknown:
        raise Invalid(f"There is no version {unknown[0]}.")
    return found


def _check(
    claim: Claim,
    head: PublicHead,
    chosen: Sequence[Publication],
    revisions: Sequence[Verdict],
    *,
    whole: bool,
    scope: Scope,
) -> None:
    if head.live and any(one.pk == head.publication_id for one in chosen):
        raise Conflict(
            "The newest of these versions is live. Retract it first, or publish a correction without the words: either "
            "tells every consumer and reader to give it up. Then erase it."
        )
    if scope.claim_text and (head.live or not whole):
        raise Conflict("The claim's own rows go only with all of its versions, once it is retracted.")
    current = open_revision(claim)
    if current is not None and (scope.claim_text or any(one.pk == current.pk for one in revisions)):
        raise Conflict(
            f"Revision {current.number} is open and holds the same words. Abandon it on the claim's page, then erase."
        )


def _of_revisions(revisions: Sequence[Verdict], begun: Sequence[Verdict], scope: Scope) -> list[Step]:
    ids, begun_ids = [one.pk for one in revisions], [one.pk for one in begun]
    kept = WORDLESS if scope.notes else WORDLESS + NOTES
    told = Q(subject_id__in=ids) & ~Q(kind__in=kept)
    quoted = Q(subject_id__in=begun_ids, kind=EventKind.REVISION_SAVED)
    steps = [
        Step("reasons of waivers", ChecklistWaiver.objects.filter(verdict__in=ids), {"reason": ERASED}),
        Step(
            "comments of reviewers",
            Approval.objects.filter(verdict__in=ids).exclude(comment=""),
            {"comment": ERASED},
        ),
        Step("notes on times to publish", PublicationPlan.objects.filter(verdict__in=ids), {"note": ""}),
        Step("events of these revisions", Event.objects.filter(told | quoted, subject_kind="verdict"), {"data": None}),
    ]
    if scope.notes:
        overridden = Approval.objects.filter(verdict__in=ids, override_reason__isnull=False)
        steps.append(Step("reasons of overrides", overridden, {"override_reason": ERASED}))
    return steps


def _look_again(claim: Claim, chosen: Sequence[Publication]) -> list[Step]:
    """What asked the desk to look again while these versions stood: it quotes them."""
    stood = Q()
    for one in chosen:
        after = Publication.objects.filter(supersedes=one).values_list("valid_from", flat=True).first()
        stood |= Q(opened_at__gte=one.valid_from) & (Q(opened_at__lt=after) if after is not None else Q())
    items = ReviewItem.objects.filter(stood, claim=claim)
    told = Event.objects.filter(subject_kind="reviewitem", subject_id__in=items.values("pk"))
    return [
        Step("what asked the desk to look again", items, {"difference": {}, "closing_note": ""}),
        Step("events that told of it", told, {"data": None}),
    ]


def _made_with(chosen: Sequence[Publication]) -> Q:
    """Nightly files of nights on which one of these versions was live."""
    held = Q(pk__in=[])
    for one in chosen:
        after = Publication.objects.filter(supersedes=one).values_list("sequence", flat=True).first()
        held |= Q(head__gte=one.sequence) & (Q(head__lt=after) if after is not None else Q())
    return held


def _messages(publication_ids: Sequence[int]) -> QuerySet[Delivery]:
    """Messages that hold words of these versions; what told of an earlier erasure holds none."""
    return Delivery.objects.filter(publication__in=publication_ids).exclude(event=WebhookEvent.ERASED)


def _rewrite(publication_ids: Sequence[int]) -> None:
    """Messages as they would be made of what is left: a receiver still learns id, version, number and what happened."""
    told = _messages(publication_ids).order_by("pk")
    epoch = changes_after(after=0, limit=0).epoch
    for publication in Publication.objects.filter(pk__in=publication_ids).select_related("claim"):
        data = publication_data(publication, public_id=publication.claim.public_id, feed_epoch=epoch)
        for delivery in told.filter(publication=publication):
            delivery.payload = publication_payload(publication, data, held_version=delivery.held_version)
            delivery.save(update_fields=["payload"])


def _of(model: type[Verdict], rows: Sequence[Verdict]) -> QuerySet[Verdict]:
    return model.objects.filter(pk__in=[row.pk for row in rows])


def _stays(claim: Claim, chosen: Sequence[Publication], begun: Sequence[Verdict], scope: Scope) -> list[str]:
    ids = [one.pk for one in chosen]
    stays = []
    if not scope.notes:
        notes = [f"version {one.version}: “{one.public_note}”" for one in chosen if one.public_note]
        stays += [f"The public note of {note} Erase it with --notes." for note in notes]
    for other in Publication.objects.filter(claim=claim, body__isnull=False).exclude(pk__in=ids).order_by("version"):
        stays.append(
            f"Version {other.version} stays as it was approved, with notes of earlier versions. Read it through."
        )
    for revision in begun:
        stays.append(f"Revision {revision.number} was begun as a copy and stays, since what it became was published.")
    stays += claim_stays(claim, erased=scope.claim_text)
    for holder in holders(claim_id=claim.pk):
        reached = f" ({holder.contact})" if holder.contact else ""
        stays.append(f"{holder.name}{reached} holds version {holder.version}, or held an earlier one. Tell them.")
    return stays
