"""Which revisions hold the words of a published version: what led to it, and what was copied from it."""

from collections.abc import Iterable

from claims.choices import PublicationKind
from claims.models import Publication, Verdict


def publications_with(chosen: Iterable[Publication]) -> list[Publication]:
    """These versions with their tombstones: a retraction repeats what it takes back, word for word."""
    found = {one.pk: one for one in chosen}
    tombstones = list(
        Publication.objects.filter(claim__in={one.claim_id for one in found.values()}, kind=PublicationKind.TOMBSTONE)
        .select_related("verdict")
        .defer("body", "search")
    )
    for tombstone in tombstones:
        taken_back = (
            Publication.objects.defer("body", "search").filter(verdict=tombstone.verdict.copied_from_id).first()
        )
        if taken_back is not None and {tombstone.pk, taken_back.pk} & found.keys():
            found |= {tombstone.pk: tombstone, taken_back.pk: taken_back}
    return sorted(found.values(), key=lambda one: one.version)


def revisions_with(publications: Iterable[Publication]) -> tuple[list[Verdict], list[Verdict]]:
    """The revisions of these versions with every unpublished one that they were copied from or to, and, apart, the
    published ones that were begun as a copy: these stay, but the history of their writing quotes the words."""
    wanted = list(publications)
    rows = {
        row.pk: row
        for row in Verdict.objects.filter(claim__in={one.claim_id for one in wanted}).defer("candidate").order_by("pk")
    }
    published = set(Publication.objects.filter(verdict__in=rows).values_list("verdict", flat=True))
    found = {one.verdict_id for one in wanted}
    while True:
        copies = {pk for pk, row in rows.items() if row.copied_from_id in found}
        sources = {source for pk in found if (source := rows[pk].copied_from_id) is not None}
        more = {pk for pk in copies | sources if pk not in published} - found
        if not more:
            break
        found |= more
    begun = {pk for pk, row in rows.items() if row.copied_from_id in found} - found
    return [rows[pk] for pk in sorted(found)], [rows[pk] for pk in sorted(begun)]
