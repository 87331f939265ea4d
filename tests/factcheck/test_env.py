"""Settings refuse nonsense at start, in words."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from factcheck import env


@pytest.mark.parametrize(("word", "meaning"), [("1", True), ("yes", True), ("ON", True), ("0", False), ("", False)])
def test_a_flag_is_a_known_word(monkeypatch: pytest.MonkeyPatch, word: str, meaning: bool):
    monkeypatch.setenv("SOME_FLAG", word)

    assert env.flag("SOME_FLAG", default=not meaning) is meaning


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (env.flag, "perhaps"),
        (lambda name: env.number(name, 1), "many"),
        (lambda name: env.number(name, 1, least=1), "0"),
    ],
)
def test_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, reader, value: str):
    monkeypatch.setenv("SOME_SETTING", value)

    with pytest.raises(ImproperlyConfigured, match="SOME_SETTING"):
        reader("SOME_SETTING")


def test_a_secret_may_lie_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "key").write_text("hidden\n")
    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "key"))

    assert env.secret("SOME_KEY") == "hidden"

    monkeypatch.setenv("SOME_KEY_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="absent"):
        env.secret("SOME_KEY")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://ann:s%40f@db.example:5433/desk", ("desk", "ann", "s@f", "db.example", "5433")),
        ("postgresql:///desk?host=/run/pg&user=ann", ("desk", "ann", "", "/run/pg", "")),
        ("dbname=desk host=db.example", ("desk", "", "", "db.example", "")),
    ],
)
def test_a_database_is_any_address_that_libpq_reads(monkeypatch: pytest.MonkeyPatch, address: str, expected):
    monkeypatch.setenv("DATABASE_URL", address)

    found = env.database()

    assert tuple(found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == expected


@pytest.mark.parametrize("address", ["mysql://x", "postgresql://", "not an address"])
def test_another_kind_of_database_is_refused(monkeypatch: pytest.MonkeyPatch, address: str):
    monkeypatch.setenv("DATABASE_URL", address)

    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL"):
        env.database()
