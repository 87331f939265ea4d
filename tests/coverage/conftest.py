"""The capture tests' site, client and storage serve here too."""

import pytest

from claims.coverage import sources
from claims.models import Outlet, Source
from tests.capture.conftest import captures, site, web  # noqa: F401
from tests.factories import NOON, OutletFactory
from tests.servers.loopback import Site


@pytest.fixture
def outlet(db: None, site: Site) -> Outlet:  # noqa: F811
    """The outlet whose site it is."""
    return OutletFactory.create(domains=[site.host_port])


@pytest.fixture
def source(outlet: Outlet, site: Site) -> Source:  # noqa: F811
    """A feed on the site, made by nobody in particular, due now."""
    return sources.save_source(
        source_id=None,
        name="Hafenstadt Courier",
        url=site.url("/feed.xml"),
        poll_minutes=30,
        outlet=outlet,
        active=True,
        actor=None,
        at=NOON,
    )
