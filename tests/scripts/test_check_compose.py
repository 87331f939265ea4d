"""The check of the compose file finds each fault it promises to find, and the file of this project has none."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import check_compose

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


@pytest.fixture(scope="module")
def known() -> set[str]:
    return check_compose.explained((ROOT / ".env.example").read_text())


def test_this_projects_file_is_sound(sound, known):
    assert check_compose.problems(sound, root=ROOT, known_variables=known) == []


def test_the_demos_override_is_sound_and_opens_loopback_to_the_fetching_worker_alone(sound, known):
    override = yaml.safe_load((ROOT / "docker-compose.demo.yml").read_text())
    demo = check_compose.overridden(sound, override)

    assert check_compose.problems(demo, root=ROOT, known_variables=known, loopback=frozenset({"worker-fetch"})) == []
    assert check_compose.problems(demo, root=ROOT, known_variables=known) == [
        "worker-fetch: FETCH_LOOPBACK_ALLOWED is for the demo alone."
    ]
    assert (
        demo["services"]["worker-fetch"]["environment"]["SECRET_KEY"]
        == "${SECRET_KEY:?make compose-env writes it to .env}"
    )


def test_an_override_with_a_list_that_compose_would_append_is_refused(sound):
    with pytest.raises(ValueError, match="volumes is a list in both"):
        check_compose.overridden(sound, {"services": {"web": {"volumes": ["more:/more"]}}})


FAULTS = {
    "no health check": (lambda c: c["services"]["web"].pop("healthcheck"), "web: has no health check"),
    "no restart": (lambda c: c["services"]["redis"].pop("restart"), "redis: has no restart policy"),
    "moving tag": (lambda c: c["services"]["redis"].update(image="redis:latest"), "no fixed tag"),
    "no tag": (lambda c: c["services"]["redis"].update(image="registry.example:5000/redis"), "no fixed tag"),
    "literal secret": (lambda c: c["services"]["web"]["environment"].update(SECRET_KEY="abc"), "SECRET_KEY must be"),
    "default secret": (
        lambda c: c["services"]["postgres"]["environment"].update(POSTGRES_PASSWORD="${POSTGRES_PASSWORD:-postgres}"),
        "POSTGRES_PASSWORD must be",
    ),
    "password in an address": (
        lambda c: c["services"]["web"]["environment"].update(DATABASE_URL="postgresql://a:b@postgres/a"),
        "DATABASE_URL has a password in its address",
    ),
    "all networks": (lambda c: c["services"]["web"].update(ports=["8000:8000"]), "published to the whole network"),
    "unknown volume": (lambda c: c["services"]["redis"].update(volumes=["data:/data"]), "data is not declared"),
    "anonymous volume": (lambda c: c["services"]["redis"].update(volumes=["/data"]), "anonymous volume"),
    "folder that is not there": (
        lambda c: c["services"]["redis"].update(volumes=["./nowhere:/data:ro"]),
        "./nowhere is not in the project",
    ),
    "bare order": (lambda c: c["services"]["web"].update(depends_on=["redis"]), "names no conditions"),
    "waits for nobody": (
        lambda c: c["services"]["web"].update(depends_on={"cache": {"condition": "service_healthy"}}),
        "cache, which does not exist",
    ),
    "waits for ever": (
        lambda c: c["services"]["web"].update(depends_on={"redis": {"condition": "service_completed_successfully"}}),
        "redis to end, which restarts for ever",
    ),
    "two images": (lambda c: c["services"]["beat"].update(image="other:1", build="."), "several images"),
    "built twice": (lambda c: c["services"]["beat"].update(build="."), "is built 2 times over"),
    "loopback on a real desk": (
        lambda c: c["services"]["worker-fetch"]["environment"].update(FETCH_LOOPBACK_ALLOWED="127.0.0.1:8101"),
        "FETCH_LOOPBACK_ALLOWED is for the demo alone",
    ),
    "the whole machine": (lambda c: c["services"]["web"].update(privileged=True), "privileged gives it the machine"),
    "capabilities": (lambda c: c["services"]["web"].pop("cap_drop"), "capabilities"),
    "unexplained setting": (
        lambda c: c["services"]["web"]["environment"].update(COLOUR="${COLOUR}"),
        "COLOUR is used, but .env.example does not explain it",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault, sound, known):
    spoil, sentence = FAULTS[fault]
    # Through YAML once, so that what anchors share is separate in each service.
    compose = yaml.safe_load(yaml.dump(deepcopy(sound), Dumper=_NoAliases))

    spoil(compose)

    found = check_compose.problems(compose, root=ROOT, known_variables=known)
    assert any(sentence in line for line in found), found


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
