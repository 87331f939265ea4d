"""Stance learned from the desk's own decisions: refused while they are few, plain weights, the rule without them."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from claims.choices import CoverageState, Stance, SuggestedStance
from claims.matching import training
from claims.matching.learned import features, load, suggest_stance
from claims.matching.training import Example, decided, shortage, train
from claims.models import Claim
from tests.factories import NOON, ClaimFactory, CoverageFactory, DocumentFactory, EvidenceFactory

STATEMENT = "The harbour bridge will cost eleven million crowns."
SAID = {
    SuggestedStance.REPEATS: "Shock as harbour bridge hits eleven million",
    SuggestedStance.REFUTES: "Nonsense figure about harbour bridge unmasked",
    SuggestedStance.REPORTS: "Council ponders harbour bridge bill",
}


def examples(each: int) -> list[Example]:
    return [
        Example(claim=number % 7, title=f"{title} {number}", text="", statement=STATEMENT, stance=stance)
        for number in range(each)
        for stance, title in SAID.items()
    ]


def cited(claim: Claim, title: str, stance: Stance) -> None:
    page = DocumentFactory.create(title=title, text="Words.")
    EvidenceFactory.create(
        claim=claim, document=page, coverage=CoverageFactory.create(claim=claim, document=page), stance=stance
    )


@pytest.fixture
def weights(settings, tmp_path: Path) -> Path:
    path = tmp_path / "stance.json"
    settings.STANCE_WEIGHTS = path
    return path


def test_it_learns_words_that_no_rule_knows_and_says_so(weights: Path):
    rule = suggest_stance(title="Nonsense figure about harbour bridge", text="", statement=STATEMENT)

    weights.write_text(train(examples(70)).written())
    learned = suggest_stance(title="Nonsense figure about harbour bridge", text="", statement=STATEMENT)

    assert rule.stance == SuggestedStance.REPEATS
    assert learned.stance == SuggestedStance.REFUTES
    assert "learned from 210 decisions" in learned.reason


def test_what_is_written_is_what_is_read(weights: Path):
    trained = train(examples(70))
    weights.write_text(trained.written())

    assert load(weights) == trained
    found = features(title="Anything", text="", statement=STATEMENT)
    assert sum(trained.probabilities(found).values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "stances": ["repeats", "refutes", "reports"]}']
)
def test_a_damaged_file_is_refused_and_the_rule_serves(weights: Path, text: str, caplog):
    weights.write_text(text)

    with pytest.raises(ValueError, match="Train again"):
        load(weights)
    guessed = suggest_stance(title="The bridge is a hoax", text="", statement=STATEMENT)

    assert guessed.stance == SuggestedStance.REFUTES
    assert "stance weights unreadable" in caplog.text


def test_a_fact_checker_s_rating_stands_before_what_was_learned(weights: Path):
    weights.write_text(train(examples(70)).written())

    rated = suggest_stance(
        title=SAID[SuggestedStance.REPORTS], text="Rating: False", statement=STATEMENT, fact_checker=True
    )

    assert (rated.stance, rated.reason) == (SuggestedStance.REFUTES, "A fact-checker's page that rates it “False”.")


def test_too_few_decisions_are_counted_and_refused():
    assert shortage(examples(70)) == ""
    assert "There are 30 decisions (10 “repeats the claim”" in shortage(examples(10))
    assert "25 of each" in shortage([one for one in examples(150) if one.stance != SuggestedStance.REFUTES])


@pytest.mark.django_db
def test_the_command_refuses_politely_and_changes_nothing(weights: Path):
    cited(ClaimFactory.create(), "A headline", Stance.REFUTES)

    with pytest.raises(CommandError, match="There are 1 decisions"):
        call_command("train_stance")

    assert not weights.exists()


@pytest.mark.django_db
def test_the_command_learns_from_cited_coverage(weights: Path, monkeypatch, capsys):
    monkeypatch.setattr(training, "FEWEST", 9)
    monkeypatch.setattr(training, "FEWEST_EACH", 3)
    claim = ClaimFactory.create(statement=STATEMENT)
    stances = (Stance.SUPPORTS, Stance.REFUTES, Stance.CONTEXT)
    for number in range(3):
        for title, stance in zip(SAID.values(), stances, strict=True):
            cited(claim, f"{title} {number}", stance)

    call_command("train_stance")

    assert "Learned from 9 decisions" in capsys.readouterr().out
    assert load(weights).examples == 9
    assert [one.stance for one in decided()][:3] == list(SAID)


@pytest.mark.django_db
def test_a_stance_said_by_keeping_teaches_too_and_citing_has_the_last_word():
    claim, decided_at = ClaimFactory.create(statement=STATEMENT), NOON
    kept = {"claim": claim, "state": CoverageState.KEPT, "decided_at": decided_at}
    CoverageFactory.create(**kept)
    CoverageFactory.create(**kept, stance=Stance.SUPPORTS, document=DocumentFactory.create(title="Kept"))
    both = CoverageFactory.create(**kept, stance=Stance.SUPPORTS, document=DocumentFactory.create(title="Both"))
    EvidenceFactory.create(claim=claim, document=both.document, coverage=both, stance=Stance.REFUTES)

    found = [(one.title, one.stance) for one in decided()]

    assert found == [("Both", SuggestedStance.REFUTES), ("Kept", SuggestedStance.REPEATS)]
