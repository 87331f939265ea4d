"""The score and its reasons, without a database."""

from datetime import date

import pytest

from claims.matching.rank import ClaimView, PageHits, PageView, Rarity, Term, Wording, fit, numbers_of, words_of

RARITY = Rarity(size=0, counts={}, common=frozenset({"said", "cost"}), everywhere=frozenset({"us"}))


def term(word: str, *, is_name: bool = False) -> Term:
    return Term(word, frozenset({word.lower()}), RARITY.of(word.lower()), is_name)


def claim(*words: str, numbers: frozenset[float] = frozenset(), **changes) -> ClaimView:
    return ClaimView(wordings=(Wording(tuple(map(term, words)), numbers),), **changes)


def page(text: str = "", title: str = "", **changes) -> PageView:
    def positions(words: str) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for place, word in enumerate(words.lower().split()):
            found.setdefault(word, []).append(place)
        return found

    return PageView(PageHits(length=250, title=positions(title), text=positions(text)), **changes)


def score(view: ClaimView, seen: PageView) -> float:
    return fit(view, seen).score


def test_rare_words_weigh_more_than_common_ones():
    view = claim("harbour", "bridge", "said", "cost")

    assert RARITY.of("harbour") > 3 * RARITY.of("us") / 2 > RARITY.of("said")
    assert score(view, page("harbour bridge")) > 2 * score(view, page("said cost"))


def test_words_that_stand_together_fit_better_than_scattered_ones():
    view = claim("harbour", "bridge", "crown")
    gap = " x" * 100

    assert score(view, page(f"harbour bridge crown{gap}{gap}")) > score(view, page(f"harbour{gap} bridge{gap} crown"))


def test_the_headline_counts():
    view = claim("harbour", "bridge", "crown")

    assert score(view, page("harbour bridge crown", "Harbour bridge")) > score(view, page("harbour bridge crown"))


def test_the_same_numbers_fit_better_than_none_or_others_and_it_says_so():
    view = claim("harbour", "bridge", numbers=frozenset({11e6}))
    same = fit(view, page("harbour bridge", numbers=frozenset({11e6})))
    other = fit(view, page("harbour bridge", numbers=frozenset({12e6})))

    assert same.score > other.score
    assert "Has the claim's numbers: 11,000,000." in same.reasons
    assert "Does not have the claim's numbers: 11,000,000." in other.reasons


def test_claimant_and_place_support_a_match_and_cannot_make_one():
    view = claim("harbour", "bridge", around=(term("Brandt", is_name=True),))

    assert score(view, page("harbour bridge brandt")) > score(view, page("harbour bridge"))
    assert score(view, page("brandt brandt brandt")) < 0.1


def test_one_generic_wording_is_not_enough():
    assert score(claim("said", "us", "cost"), page("said us cost", "said us cost")) < 0.4


def test_dates_far_apart_count_against_a_page():
    view = claim("harbour", "bridge", claimed_on=date(2026, 3, 1))
    near = fit(view, page("harbour bridge", published_on=date(2026, 3, 4)))
    far = fit(view, page("harbour bridge", published_on=date(2019, 3, 4)))

    assert near.score > far.score
    assert "Published 3 days after the claim." in near.reasons


def test_the_score_stays_between_nothing_and_one():
    words = ("harbour", "bridge", "crown", "steel", "council")
    view = claim(*words, numbers=frozenset({5.0}), around=(term("Brandt"),), claimed_on=date(2026, 3, 1))
    text = " ".join([*words, "brandt"]) + " "
    full = page(text * 50, text, numbers=frozenset({5.0}), published_on=date(2026, 3, 1))

    assert 0.9 < score(view, full) <= 1
    assert score(view, page("other words")) == 0
    assert score(ClaimView(wordings=()), full) == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Prices rose in Hafenstadt, NATO said.", ["Hafenstadt", "NATO"]),
        ("US officials met. They left.", ["US"]),
        ("Mayor Brandt Opens New Harbour Bridge", []),
    ],
)
def test_names_are_capitals_inside_sentences_and_acronyms(text: str, names: list[str]):
    assert [word.text for word in words_of(text) if word.is_name] == names


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,500 or 1.5 thousand or 1500", {1500.0}),
        ("19 million, 2.5bn, 7%", {19e6, 2.5e9, 7.0}),
        ("On 13 October 2016 and March 3", set()),
    ],
)
def test_numbers_are_compared_by_value_and_dates_are_none(text: str, numbers: set[float]):
    assert numbers_of(text) == numbers
