"""Independent voices: no two of one publisher, no two with one story, in whatever order they come."""

import itertools

import pytest

from claims.capture.voices import independent_voices, voice_of
from claims.models import Document


@pytest.mark.parametrize(
    ("pages", "voices"),
    [
        ([], 0),
        ([("A", 1), ("A", 2)], 1),
        ([("A", "wire"), ("B", "wire"), ("C", "wire")], 1),
        ([("A", "wire"), ("B", "wire"), ("A", 1)], 2),
        ([("A", "wire"), ("B", "wire"), ("A", 1), ("B", 2)], 2),
        ([("A", "x"), ("B", "x"), ("B", "y"), ("C", "y"), ("C", "z")], 3),
        ([("A", 1), ("B", 2), ("C", 3)], 3),
    ],
)
def test_the_count_does_not_depend_on_the_order(pages, voices):
    for order in itertools.permutations(pages):
        assert independent_voices(order) == voices


def test_a_page_speaks_for_its_outlet_or_its_host_and_carries_its_group_s_story():
    alone = Document(pk=7, url="https://www.paper.example/a")
    of_outlet = Document(pk=8, url="https://paper.example/b", outlet_id=3, near_duplicate_group="g")

    assert voice_of(alone) == ("paper.example", 7)
    assert voice_of(of_outlet) == (3, "g")
