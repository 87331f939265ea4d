"""Groups of pages with one story: the same whatever the order, one independent voice, and a person's word stands."""

import itertools
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from claims.choices import ClaimState, CoverageState, EventKind, FetchState, Role
from claims.coverage.near_duplicates import group_document
from claims.coverage.queries import stories_of, voices_in
from claims.coverage.stories import rejoin, split
from claims.errors import Conflict, NotAllowed
from claims.models import Document, Event, TextSketch
from claims.text import content_hash
from tests.coverage.stories import story
from tests.factories import NOON, ClaimFactory, CoverageFactory, DocumentFactory, UserFactory

pytestmark = pytest.mark.django_db
SHORT = "The harbour bridge is closed until Thursday because of ice on the stairs."


def page(text: str, **changes) -> Document:
    return DocumentFactory.create(
        **{"text": text, "content_hash": content_hash(text), "fetch_state": FetchState.READ, **changes}
    )


def grouped(*pages: Document) -> list[UUID | None]:
    for one in pages:
        group_document(document_id=one.pk, at=NOON)
    return [Document.objects.get(pk=one.pk).near_duplicate_group for one in pages]


def test_copies_share_a_group_and_others_stand_alone():
    wire, copy, other = page(story(1)), page(f"By Ada Brunner. {story(1)}"), page(story(2))

    first, second, third = grouped(wire, copy, other)

    assert first is not None
    assert (first, third) == (second, None)
    event = Event.objects.get(kind=EventKind.DOCUMENT_GROUPED)
    assert (event.subject_id, (event.data or {})["alike"]) == (copy.pk, [wire.pk])


def test_the_order_of_arrival_changes_nothing():
    whole = story(1).split(". ")
    texts = [". ".join(part) for part in (whole, whole[:7], whole[2:])]
    seen: set[object] = set()
    for order in itertools.permutations(range(3)):
        pages = [page(text) for text in texts]
        for place in order:
            group_document(document_id=pages[place].pk, at=NOON)
        groups = {Document.objects.get(pk=one.pk).near_duplicate_group for one in pages}
        assert len(groups) == 1
        seen.add(next(iter(groups)))
        Document.objects.filter(near_duplicate_group__in=groups).update(text="", near_duplicate_group=None)
        TextSketch.objects.all().delete()

    assert None not in seen


def test_a_page_that_resembles_two_groups_joins_them():
    left, right = story(1), story(2)
    apart = grouped(page(left), page(left), page(right), page(right))
    both = page(f"{left} {right}")

    (group,) = grouped(both)

    assert apart[0] == apart[1] != apart[2] == apart[3]
    assert Document.objects.filter(near_duplicate_group=group).count() == 5
    assert group == apart[0]


def test_running_twice_writes_once():
    pages = page(story(1)), page(story(1))

    assert grouped(*pages) == grouped(*pages)
    assert Event.objects.filter(kind=EventKind.DOCUMENT_GROUPED).count() == 1


def test_short_pages_are_grouped_only_if_they_say_the_same():
    groups = grouped(page(SHORT), page(SHORT.upper()), page(f"{SHORT} Again."), page("Read on."), page("Read on."))

    assert groups[0] is not None
    assert groups == [groups[0], groups[0], None, None, None]


def test_a_page_whose_text_changed_leaves_and_the_rest_stays_together():
    pages = [page(story(1)) for _ in range(3)]
    grouped(*pages)
    Document.objects.filter(pk=pages[0].pk).update(text=story(2), content_hash=content_hash(story(2)))

    groups = grouped(pages[0], pages[1], pages[2])

    assert groups[0] is None
    assert groups[1] == groups[2] is not None


def test_a_merged_page_and_one_without_text_are_in_no_group():
    kept = page(story(1))

    assert grouped(kept, page(story(1), merged_into=kept), page("")) == [None, None, None]


def test_a_person_s_split_is_remembered_and_the_rest_stays():
    pages = [page(story(1)) for _ in range(3)]
    grouped(*pages)

    split(document_id=pages[0].pk, actor=UserFactory.create(role="fact_checker"), at=NOON)
    again = grouped(*pages, page(story(1)))

    assert again[0] is None
    assert again[1] == again[2] == again[3] is not None
    event = Event.objects.get(kind=EventKind.DOCUMENT_SPLIT)
    assert (event.data or {})["rest"] == [pages[1].pk, pages[2].pk]


def test_a_group_of_one_is_none_and_splitting_needs_a_group():
    pages, checker = [page(story(1)), page(story(1))], UserFactory.create(role="fact_checker")
    grouped(*pages)

    split(document_id=pages[1].pk, actor=checker, at=NOON)
    split(document_id=pages[1].pk, actor=checker, at=NOON + timedelta(hours=1))

    assert not Document.objects.filter(near_duplicate_group__isnull=False).exists()
    assert Document.objects.get(pk=pages[1].pk).split_at == NOON
    with pytest.raises(Conflict):
        split(document_id=pages[0].pk, actor=checker, at=NOON)


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.ADMINISTRATOR])
def test_only_those_who_check_facts_may_split(role: Role):
    pages, person = [page(story(1)), page(story(1))], UserFactory.create(role=role)
    grouped(*pages)

    for operation in (split, rejoin):
        with pytest.raises(NotAllowed):
            operation(document_id=pages[0].pk, actor=person, at=NOON)

    assert Document.objects.filter(near_duplicate_group__isnull=False).count() == 2


def test_a_split_taken_back_lets_the_page_be_grouped_again():
    pages, checker = [page(story(1)) for _ in range(3)], UserFactory.create(role="fact_checker")
    before = grouped(*pages)
    split(document_id=pages[0].pk, actor=checker, at=NOON)

    rejoin(document_id=pages[0].pk, actor=checker, at=NOON)

    assert Event.objects.filter(kind=EventKind.DOCUMENT_REJOINED).count() == 1
    assert grouped(*pages) == before


def test_coverage_shows_one_row_per_story_with_the_others_below_it():
    claim = ClaimFactory.create(state=ClaimState.RESEARCHING)
    pages = [page(story(1)) for _ in range(3)] + [page(story(2))]
    grouped(*pages)
    rows = [
        CoverageFactory.create(claim=claim, document=one, score=score)
        for one, score in zip(pages, (0.5, 0.9, 0.7, 0.6), strict=True)
    ]
    CoverageFactory.create(claim=ClaimFactory.create(), document=pages[0], score=1)

    found: list[Any] = list(stories_of(claim.pk, CoverageState.SUGGESTED))

    assert [(row.pk, row.others_count) for row in found] == [(rows[1].pk, 2), (rows[3].pk, 0)]
    assert [other["id"] for other in found[0].others] == [rows[2].pk, rows[0].pk]
    assert found[0].others[0]["url"] == pages[2].url
    assert voices_in(claim.pk, CoverageState.SUGGESTED) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_group():
    for number in range(6):
        pages = [page(story(number)), page(f"By Ada Brunner. {story(number)}")]
        start = threading.Barrier(2)

        def work(document: Document, start: threading.Barrier = start) -> None:
            start.wait()
            group_document(document_id=document.pk, at=NOON)
            connection.close()

        workers = [threading.Thread(target=work, args=(one,)) for one in pages]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        groups = [Document.objects.get(pk=one.pk).near_duplicate_group for one in pages]
        assert groups[0] == groups[1] is not None
