""".env.example and the settings know the same variables."""

import re
from pathlib import Path

import pytest

from scripts import check_compose, compose_env

ROOT = Path(__file__).resolve().parent.parent.parent
READS = re.compile(r'env\.(?:text|secret|flag|number|items|database)\(\s*"([A-Z_]+)"|environ(?:\.get\(|\[)"([A-Z_]+)"')
# Read by the compose file only.
FOR_COMPOSE = {"DATABASE_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "PORT", "FACTCHECK_TAG"}


def settings_read() -> set[str]:
    text = (ROOT / "factcheck" / "settings.py").read_text()
    return {first or second for first, second in READS.findall(text)} | {"DATABASE_URL"}


def test_every_setting_is_explained():
    explained = check_compose.explained((ROOT / ".env.example").read_text())

    assert settings_read() - explained == set()
    assert explained - settings_read() - FOR_COMPOSE == set()


def test_secrets_are_filled_each_time_anew():
    example = (ROOT / ".env.example").read_text()

    first, second = compose_env.filled(example), compose_env.filled(example)

    for name in compose_env.LENGTHS:
        values = [re.search(rf"(?m)^{name}=([0-9a-f]{{48,}})$", text) for text in (first, second)]
        assert values[0] is not None
        assert values[1] is not None
        assert values[0][1] != values[1][1]


def test_an_example_without_a_secret_is_refused():
    with pytest.raises(ValueError, match="SECRET_KEY"):
        compose_env.filled("DATABASE_PASSWORD=\n")
