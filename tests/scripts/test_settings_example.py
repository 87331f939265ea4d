""".env.example and the settings know the same variables."""

import re
from pathlib import Path

import pytest
import yaml

from scripts import check_compose, compose_env

ROOT = Path(__file__).resolve().parent.parent.parent
READS = re.compile(r'env\.(?:text|secret|flag|number|items|database)\(\s*"([A-Z_]+)"|environ(?:\.get\(|\[)"([A-Z_]+)"')
# Development and demo only.
NOT_FOR_CONTAINERS = {"DEBUG", "DEMO_PRESS_PORTS", "FETCH_LOOPBACK_ALLOWED"}
FOR_WEB_ONLY = {"DATABASE_POOL_SIZE", "WEB_THREADS"}
# Read by the compose file only.
FOR_COMPOSE = {"DATABASE_PASSWORD", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "PORT", "FACTCHECK_TAG"}


def settings_read() -> set[str]:
    text = (ROOT / "factcheck" / "settings.py").read_text()
    return {first or second for first, second in READS.findall(text)} | {"DATABASE_URL"}


def test_every_setting_is_explained():
    explained = check_compose.explained((ROOT / ".env.example").read_text())

    assert settings_read() - explained == set()
    assert explained - settings_read() - FOR_COMPOSE == set()


def test_every_setting_reaches_the_containers():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    image = set(re.findall(r"(?m)^ENV.*|^    ([A-Z_]+)=", (ROOT / "Dockerfile").read_text()))
    ours = {
        name: set(service["environment"])
        for name, service in services.items()
        if "SECRET_KEY" in service["environment"]
    }

    assert sorted(ours) == [
        "beat", "migrate", "web", "worker-default", "worker-deliver", "worker-fetch", "worker-parse",
        "worker-suspect",
    ]  # fmt: skip
    for name, given in ours.items():
        kept_out = NOT_FOR_CONTAINERS | (set() if name == "web" else FOR_WEB_ONLY)
        assert settings_read() - given - image - kept_out == set(), name
        assert given & image == set(), name  # what compose names and .env leaves out is taken from the image, too


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
