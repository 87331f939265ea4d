"""What two texts share, and the bands by which one finds the other, without a database."""

import random

import pytest

from claims.coverage.shingles import BANDS, bands, overlap, shingles, words_in
from tests.coverage.stories import story

PINNED = [-6640798625428175640, 3845228560561728599]


def compare(one: str, other: str):
    return overlap(shingles(words_in(one)), shingles(words_in(other)))


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: f"By Ada Brunner\nHAFENSTADT (Agency) — {text}",
        lambda text: text[: int(0.8 * len(text))],
        lambda text: ". ".join(reversed(text.split(". "))),
        lambda text: text.upper().replace(" ", "\n "),
    ],
)
def test_copies_are_the_same_story(changed):
    text = story(1)

    found = compare(text, changed(text))

    assert found.same_story
    assert set(bands(shingles(words_in(text)))) & set(bands(shingles(words_in(changed(text)))))


def test_another_story_is_not_the_same():
    found = compare("A regatta was rowed on Sunday. " * 3 + story(1)[:300], story(2))

    assert not found.same_story


def test_a_story_inside_a_long_roundup_is_not_the_same():
    roundup = " ".join(f"On day {day} the weather at station {day * 7} was {day * 3} degrees." for day in range(200))
    found = compare(story(1), story(1) + roundup)

    assert found.containment == 1
    assert not found.same_story


def test_a_shared_paragraph_alone_is_not_enough():
    long = " ".join(f"word{number}" for number in range(60))
    found = compare(f"{long} {story(1)}", f"{long} " + " ".join(f"other{number}" for number in range(150)))

    assert found.shared >= 40
    assert not found.same_story


def test_words_are_counted_in_scripts_without_spaces():
    assert words_in("港口大桥 costs 11") == ["港", "口", "大", "桥", "costs", "11"]


def test_nothing_in_common_with_an_empty_text():
    assert compare("", story(1)) == overlap(frozenset(), frozenset())
    assert bands(frozenset()) == []


def test_the_stored_numbers_stay_what_they_are():
    words = [f"word{number}" for number in range(60)]

    found = bands(shingles(words))

    assert len(found) == BANDS
    # A new library that changes these would find no page that was stored before.
    assert found[:2] == PINNED


def test_pairs_at_the_threshold_share_a_band_almost_always():
    chance, met = random.Random(7), 0
    for _ in range(60):
        common = [chance.randbytes(8) for _ in range(80)]
        one, other = (frozenset([*common, *(chance.randbytes(8) for _ in range(60))]) for _ in range(2))
        assert 0.39 < overlap(one, other).jaccard < 0.41
        met += bool(set(bands(one)) & set(bands(other)))

    assert met >= 55
