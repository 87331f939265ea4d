"""Second copies of cited pages at archives: asked for once a day, followed up later, never waited for."""

from datetime import UTC, datetime

from django.db import transaction

from claims.audit.operations import record
from claims.capture.archive import Said, enabled
from claims.choices import OPEN_ARCHIVE_STATES, EventKind
from claims.models import ArchiveCopy, Evidence


@transaction.atomic
def request_copies(*, evidence_id: int, at: datetime) -> list[ArchiveCopy]:
    """Note that each archive with a key is to be asked for a copy of the page that the evidence cites.

    Only for evidence that has our own copy, and once per archive, page and day, whoever cites it. Returns the new rows.
    """
    evidence = Evidence.objects.live().filter(pk=evidence_id, capture__isnull=False, document__isnull=False).first()
    if evidence is None or evidence.document_id is None or evidence.capture_id is None:
        return []
    day = at.astimezone(UTC).date()
    made = []
    for service in enabled():
        copy, created = ArchiveCopy.objects.get_or_create(
            service=service,
            document_id=evidence.document_id,
            day=day,
            defaults={"capture_id": evidence.capture_id, "requested_at": at, "next_at": at},
        )
        if created:
            made.append(copy)
    return made


def sent(copy: ArchiveCopy, *, at: datetime) -> bool:
    """Note that the archive is about to be asked; whether it was before. An answer may be lost, a question must not be.

    Committed at once; belongs outside of any transaction.
    """
    first = ArchiveCopy.objects.filter(pk=copy.pk, sent_at__isnull=True).update(sent_at=at)
    copy.refresh_from_db(fields=["sent_at"])
    return not first


@transaction.atomic
def store_said(*, copy_id: int, tries: int, said: Said, at: datetime) -> ArchiveCopy:
    """Write down what an archive said to the question that was put after so many `tries`.

    Safe to run twice: a question has one answer, and an outcome that is known stays as it is.
    """
    copy = ArchiveCopy.objects.select_for_update().get(pk=copy_id)
    if copy.state not in OPEN_ARCHIVE_STATES or copy.tries != tries:
        return copy
    over = said.state not in OPEN_ARCHIVE_STATES
    if said.job_id and said.job_id != copy.job_id:
        copy.sent_at = at  # how long the archive remembers its job counts from here
    copy.state, copy.note, copy.tries, copy.job_id = said.state, said.note, copy.tries + 1, said.job_id
    copy.archive_url = said.archive_url
    copy.next_at = None if over or said.again_in is None else at + said.again_in
    copy.finished_at = at if over else None
    copy.save()
    if over:
        data = {"service": copy.service, "state": copy.state, "archive_url": copy.archive_url, "note": copy.note}
        record(kind=EventKind.DOCUMENT_ARCHIVED, subject=copy.document, actor=None, at=at, data=data)
    return copy
