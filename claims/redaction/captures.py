"""Erasing copies of pages: the file, the text that was read from it, and what was quoted when it was compared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from claims.choices import ArchiveState, CaptureKind, EventKind, FetchState
from claims.errors import Invalid
from claims.models import (
    ArchiveCopy,
    Capture,
    CaptureRemoval,
    Coverage,
    Document,
    DocumentChange,
    Event,
    Evidence,
    ReviewItem,
    TextSketch,
)
from claims.redaction.plan import Note, Plan, Removal, Rewrite, Step

_NOTE = "Our copy of this page was erased for legal reasons."


def captures_plan(*, names: Sequence[str], at: datetime) -> Plan:
    """What erasing these copies does; a name is an id or the SHA-256 of the page. Raises Invalid for an unknown one.

    Every copy with the same bytes goes too, of whichever page: it holds the same words.
    """
    digests = {digest for name in names for digest in _digests(name)}
    rows = list(Capture.objects.filter(sha256__in=digests).order_by("pk"))
    ids = [capture.pk for capture in rows]
    pages = sorted({capture.document_id for capture in rows})
    read = [pk for pk in pages if _newest(pk) in ids]  # the text that we have of these pages came from a copy that goes
    items = ReviewItem.objects.filter(
        Q(cause__in=[f"document:{pk}" for pk in pages]) | Q(difference__document_id__in=pages)
    )
    told = Event.objects.filter(
        subject_kind="reviewitem", subject_id__in=items.values("pk"), kind=EventKind.REVIEW_ITEM_OPENED
    )
    documents = Document.objects.filter(pk__in=read)
    unmarked = [capture for capture in rows if not _is_marked(capture)]
    return Plan(
        title=f"Copies {', '.join(f'{capture.pk} of {capture.document}' for capture in rows)}",
        steps=[
            Rewrite("copies, marked as erased; the file goes after that", unmarked, lambda: _mark(unmarked, at)),
            Step("headers of the answers", Capture.objects.filter(pk__in=ids), {"headers": []}),
            Step(
                "text that was read from them",
                documents,
                {"title": "", "byline": "", "text": "", "content_hash": ""},
                {"near_duplicate_group": None, "fetch_note": _NOTE},
            ),
            Step(
                "pages that count as read",
                documents.filter(fetch_state__in=[FetchState.READ, FetchState.FETCHED]),
                {"fetch_state": FetchState.FAILED},
            ),
            Removal("sketches of the text", TextSketch.objects.filter(document__in=read)),
            Step("reasons given for coverage", Coverage.objects.filter(document__in=pages), {"reasons": []}),
            Step(
                "second copies that archives were asked for and have not made yet",
                ArchiveCopy.objects.open().filter(document__in=pages),
                {"state": ArchiveState.FAILED},
                {"finished_at": at, "next_at": None, "note": _NOTE},
            ),
            Step(
                "differences between copies",
                DocumentChange.objects.filter(Q(before__in=ids) | Q(after__in=ids)),
                {"difference": {}},
            ),
            # The events first: some of these items are found by what they say.
            Step("events that asked the desk to look again", told, {"data": None}),
            Step("what they asked it to look at", items, {"difference": {}}),
        ],
        notes=[
            Note(
                EventKind.CAPTURE_REDACTED,
                capture,
                {"capture": capture.pk, "sha256": capture.sha256, "warc_sha256": capture.warc_sha256},
            )
            for capture in unmarked
        ],
        stays=_stays(rows, pages),
        captures=ids,
    )


def _digests(name: str) -> list[str]:
    wanted = Q(sha256=name.lower())
    if name.isascii() and name.isdigit() and len(name) < 19:
        wanted |= Q(pk=int(name))
    found = list(Capture.objects.filter(wanted).values_list("sha256", flat=True))
    if not found:
        raise Invalid(f"There is no copy {name}; give its id or the SHA-256 of the page.")
    return found


def _newest(document_id: int) -> int | None:
    copies = Capture.objects.filter(document=document_id, kind=CaptureKind.PAGE).order_by("-fetched_at", "-pk")
    return copies.values_list("pk", flat=True).first()


def _is_marked(capture: Capture) -> bool:
    return CaptureRemoval.objects.filter(capture=capture, lawful=True).exists()


def _mark(captures: Sequence[Capture], at: datetime) -> None:
    for capture in captures:
        CaptureRemoval.objects.update_or_create(
            capture=capture, defaults={"removed_at": at, "reason": "Lawfully erased.", "lawful": True}
        )


def _stays(rows: Sequence[Capture], pages: Sequence[int]) -> list[str]:
    ids = [capture.pk for capture in rows]
    others = Capture.objects.filter(document__in=pages).exclude(pk__in=ids).order_by("pk")
    quoted: Any = Evidence.objects.filter(document__in=pages).exclude(quote="", note="").order_by("pk")
    claims = sorted(set(quoted.values_list("claim__public_id", flat=True)))
    made = ArchiveCopy.objects.filter(document__in=pages).exclude(archive_url="")
    linked = Evidence.objects.filter(document__in=pages).exclude(archive_url="")
    elsewhere = {capture.archive_url for capture in rows} - {""}
    elsewhere |= {*made.values_list("archive_url", flat=True), *linked.values_list("archive_url", flat=True)}
    return [
        *(f"Copy {other.pk} of the same page has other bytes and stays." for other in others),
        *(f"Claim {name} quotes the page, or says what it shows: see `redact publication`." for name in claims),
        *(f"A copy stands at {url}; ask the archive to take it down." for url in sorted(elsewhere)),
        "The address of the page stays, in the row of the copy too.",
    ]
