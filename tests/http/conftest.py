"""A loopback site that may be fetched, and canaries that may not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from claims.http import NO_PACE, Web
from tests.servers.loopback import Canary, Site

MakeWeb = Callable[..., Web]


class Canaries:
    """One canary per loopback address, all on one port, so that only the address decides who is reached."""

    def __init__(self, canaries: Sequence[Canary]) -> None:
        self.all = canaries
        self.port = canaries[0].port

    @property
    def hits(self) -> int:
        return sum(canary.hits for canary in self.all)

    @property
    def addresses(self) -> list[str]:
        return [canary.address for canary in self.all]


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        yield site


@pytest.fixture
def make_web(site: Site) -> MakeWeb:
    """Makes a client that may reach the site and never waits for a turn."""

    def make(**given: Any) -> Web:
        return Web(**{"pace": NO_PACE, "loopback_allowed": [site.host_port], **given})

    return make


@pytest.fixture
def web(make_web: MakeWeb) -> Web:
    return make_web()


@pytest.fixture(scope="module")
def canaries() -> Iterator[Canaries]:
    for _ in range(20):
        with ExitStack() as stack:
            first = stack.enter_context(Canary(address="127.0.0.1"))
            found = [first]
            try:
                found.extend(
                    stack.enter_context(Canary(address=address, port=first.port))
                    for address in ("127.0.0.2", "127.1.2.3", "::1")
                )
            except OSError as error:
                if error.errno == 98:  # in use at one of the addresses: try another port for all
                    continue
            yield Canaries(found)
            return
    pytest.fail("No port is free on all loopback addresses.")
