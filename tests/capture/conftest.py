"""A web site, the guarded client that may reach it, and a storage that is thrown away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claims.capture import child
from claims.http import NO_PACE, Web
from tests.servers.loopback import Site


@pytest.fixture
def site() -> Iterator[Site]:
    """A site on loopback."""
    with Site() as running:
        yield running


@pytest.fixture
def web(site: Site) -> Web:
    """The product's client, allowed to reach the site and nothing else on loopback."""
    return Web(pace=NO_PACE, loopback_allowed=[site.host_port])


@pytest.fixture(autouse=True)
def captures(settings: Any, tmp_path: Path) -> Path:
    """Where copies go in this test."""
    storages: dict[str, Any] = {name: dict(value) for name, value in settings.STORAGES.items()}
    storages["captures"]["OPTIONS"] = {**storages["captures"]["OPTIONS"], "location": tmp_path / "captures"}
    settings.STORAGES = storages
    return tmp_path / "captures"


@pytest.fixture(scope="session", autouse=True)
def _end_the_reader() -> Iterator[None]:
    yield
    child.close()
