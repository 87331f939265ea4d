"""A receiver of webhooks on loopback, a site with pages, and triggers to ask after."""

from collections.abc import Callable

import pytest
from django.db import connection

from claims.redaction.guards import TRIGGERS
from tests.publishing.conftest import receiver, site  # noqa: F401


@pytest.fixture
def guards_on(db: None) -> Callable[[], bool]:
    """Whether every guard is switched on."""

    def on() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, tgenabled FROM pg_trigger WHERE tgname = ANY(%s)",
                [list(TRIGGERS.values())],
            )
            return sorted(cursor.fetchall()) == [(table, "O") for table in sorted(TRIGGERS)]

    return on
