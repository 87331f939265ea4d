"""Grouping pages that carry one story, once a page was read. People's part is in stories.py."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from claims.audit.operations import record
from claims.choices import EventKind
from claims.coverage.shingles import FEWEST_WORDS, SHORT_WORDS, Shingles, bands, overlap, shingles, words_in
from claims.coverage.stories import members_of, settle, take_turns
from claims.models import Document, TextSketch

CANDIDATES = 300  # pages compared word by word; those that share most bands come first
_BATCH = 20
_SHARING = """
    SELECT s.document_id FROM claims_textsketch s JOIN claims_document d ON d.id = s.document_id
    WHERE s.bands && %(bands)s::bigint[] AND d.id <> %(self)s AND d.merged_into_id IS NULL AND d.split_at IS NULL
    ORDER BY cardinality(ARRAY(SELECT unnest(s.bands) INTERSECT SELECT unnest(%(bands)s::bigint[]))) DESC, d.id
    LIMIT %(limit)s
"""


@transaction.atomic
def group_document(*, document_id: int, at: datetime) -> UUID | None:
    """Put a page that was read among the pages that carry the same story; the group, or None if it stands alone.

    Groups that the page joins become one. A page whose text changed leaves a group in which nothing resembles it any
    more. A page that a person took out is left alone, and so is one that was merged into another. Safe to run twice,
    and with others at once: one grouping happens at a time, and a group is named by its oldest page whatever the order.
    """
    take_turns()
    document = Document.objects.filter(pk=document_id, merged_into__isnull=True, split_at__isnull=True).first()
    if document is None or not document.text:
        return None
    words = words_in(document.text)
    found = shingles(words) if len(words) >= SHORT_WORDS else frozenset()
    TextSketch.objects.update_or_create(document=document, defaults={"bands": bands(found)})
    alike = _alike(document, found) if found else _twins(document, len(words))
    before = document.near_duplicate_group
    joined = {page.near_duplicate_group for page in alike} - {None}
    if before is not None and before not in joined:
        document.near_duplicate_group = None
        document.save(update_fields=["near_duplicate_group"])
        settle(members_of([before]))
    if alike:
        settle({document.pk, *(page.pk for page in alike), *members_of(joined)})
    document.refresh_from_db(fields=["near_duplicate_group"])
    group = document.near_duplicate_group
    if group != before or len(joined) > 1:
        record(
            kind=EventKind.DOCUMENT_GROUPED,
            subject=document,
            actor=None,
            at=at,
            data={
                "before": str(before) if before else None,
                "group": str(group) if group else None,
                "alike": sorted(page.pk for page in alike)[:50],
            },
        )
    return group


def _alike(document: Document, found: Shingles) -> list[Document]:
    """Pages that carry the story; of a group that is joined already, no second member is compared."""
    alike: list[Document] = []
    joined: set[UUID] = set()
    for page in _pages(_sharing(document.pk, bands(found))):
        if page.near_duplicate_group in joined or not overlap(found, shingles(words_in(page.text))).same_story:
            continue
        alike.append(page)
        if page.near_duplicate_group is not None:
            joined.add(page.near_duplicate_group)
    return alike


def _sharing(document_id: int, wanted: list[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_SHARING, {"bands": wanted, "self": document_id, "limit": CANDIDATES})
        return [row[0] for row in cursor.fetchall()]


def _pages(ids: list[int]) -> Iterator[Document]:
    for start in range(0, len(ids), _BATCH):
        some = ids[start : start + _BATCH]
        texts = Document.objects.only("near_duplicate_group", "text").in_bulk(some)
        yield from (texts[pk] for pk in some)


def _twins(document: Document, words: int) -> Iterable[Document]:
    """Short pages that say the same and nothing else."""
    if words < FEWEST_WORDS:
        return []
    same = Document.objects.filter(
        content_hash=document.content_hash, merged_into__isnull=True, split_at__isnull=True
    ).exclude(pk=document.pk)
    return list(same.only("near_duplicate_group").order_by("pk")[:CANDIDATES])
