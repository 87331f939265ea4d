"""What a page is thought to do with a claim, and the words that say why."""

import pytest

from claims.choices import SuggestedStance
from claims.matching.cues import cues_in, rating_in
from claims.matching.stance import guess

BRIDGE = "The harbour bridge will cost eleven million crowns."


@pytest.mark.parametrize(
    ("title", "text", "stance", "word"),
    [
        ("Claim that harbour bridge will cost eleven million is false", "", "refutes", "“false”"),
        ("No, the harbour bridge won't cost eleven million", "", "refutes", "“No”"),
        ("Engineers cast doubt on cost of harbour bridge", "", "refutes", "“cast doubt”"),
        ("A bogus bridge", "", "refutes", "“bogus”"),
        ("Harbour bridge to cost eleven million, mayor says", "", "reports", "“says”"),
        ("Mayor: harbour bridge at eleven million crowns", "", "reports", "“Mayor”"),
        ("Harbour bridge may cost eleven million crowns", "", "reports", "“may”"),
        ("Will the harbour bridge cost eleven million?", "", "reports", "a question"),
        ("Harbour bridge “will cost eleven million”", "", "reports", "quotation marks"),
        ("Harbour bridge costs eleven million crowns", "", "repeats", "without attribution"),
        ("Harbour bridge costs eleven million", "The mayor said the bridge will cost millions.", "reports", "“said”"),
        ("Harbour bridge costs eleven", "The cost of the harbour bridge is invented.", "refutes", "“invented”"),
        ("Sunday", "The harbour bridge will cost eleven million crowns.", "repeats", "one sentence"),
        ("Dahlias", "Lift the tubers. That is false thrift.", "unclear", "too few"),
        ("", "", "unclear", "too few"),
    ],
)
def test_the_words_around_the_claim_s_own_decide(title: str, text: str, stance: str, word: str):
    guessed = guess(title=title, text=text, statement=BRIDGE)

    assert guessed.stance == SuggestedStance(stance)
    assert word in guessed.reason
    assert guessed.reason.endswith(".")


@pytest.mark.parametrize(
    ("statement", "title", "stance"),
    [
        ("There is no evidence of fraud in the bridge tender.", "No evidence of fraud in bridge tender", "repeats"),
        ("The bridge tender was not rigged.", "The bridge tender was never rigged", "repeats"),
        ("The bridge tender was not rigged.", "The bridge tender was rigged", "unclear"),
        ("The bridge tender was not rigged.", "Bridge tender: the rigging hoax", "unclear"),
        ("The bridge photo is fake.", "Bridge photo is a fake", "repeats"),
    ],
)
def test_a_claim_that_denies_is_handled_with_care(statement: str, title: str, stance: str):
    assert guess(title=title, text="", statement=statement).stance == SuggestedStance(stance)


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("We rate this claim Mostly False.", "refutes"),
        ("Rating: True", "repeats"),
        ("Our ruling: Half True", "reports"),
    ],
)
def test_a_fact_checker_s_rating_comes_first_and_only_a_fact_checker_s(text: str, stance: str):
    title = "Will the harbour bridge cost eleven million?"

    rated = guess(title=title, text=text, statement=BRIDGE, fact_checker=True)

    assert rated.stance == SuggestedStance(stance)
    assert "rates it" in rated.reason
    assert guess(title=title, text=text, statement=BRIDGE).stance == SuggestedStance.REPORTS


def test_a_page_of_a_fact_checker_without_a_rating_is_read_like_any_other():
    assert guess(title="Harbour bridge costs eleven", text="", statement=BRIDGE, fact_checker=True).stance == "repeats"


@pytest.mark.parametrize("text", ["She had no idea what the bridge cost", "Not only the bridge costs eleven million"])
def test_idioms_deny_nothing(text: str):
    assert cues_in(text, statement=BRIDGE) == []


def test_ratings_between_true_and_false_are_neither():
    assert rating_in("We rate it as half-true.") == ("half-true", None)
    assert rating_in("They rated the statement pants on fire!") == ("pants on fire", False)
    assert rating_in("The rate of growth is false comfort") == ("", None)


def test_long_and_odd_texts_end():
    odd = "“" * 20_000 + "rate " * 20_000 + "' " * 20_000 + "a: " * 20_000

    assert guess(title=odd[:500], text=odd, statement=BRIDGE, fact_checker=True).reason
