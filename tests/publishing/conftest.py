"""A receiver of webhooks on loopback, and a web client of workers that may reach it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers.loopback import Site
from tests.servers.receiver import Receiver
from workers import hosts


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    """A server whose address the settings name, so that events may be sent there."""
    with Site() as site:
        settings.FETCH_LOOPBACK_ALLOWED = [site.host_port]
        settings.WEBHOOK_TIMEOUT_SECONDS = 1.0
        hosts.web.cache_clear()
        yield site
    hosts.web.cache_clear()


@pytest.fixture
def receiver(site: Site) -> Receiver:
    return Receiver(site)
