"""The API does what its description says, whatever it is sent; `python bench/contract.py` does the same at length."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from tests.contract import world
from tests.contract.fuzzing import described, fuzz


@pytest.fixture
def _connection_stays() -> Iterator[None]:
    """Requests share the test's transaction, as they do under Django's own client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.usefixtures("_connection_stays")
@pytest.mark.filterwarnings("ignore")
def test_answers_are_as_described_and_none_is_a_server_error(settings: Any):
    settings.LONG_POLL_WAITERS = 0
    settings.ALLOWED_HOSTS = ["*"]
    known = world.rows()

    report = fuzz(described(get_wsgi_application()), keys=world.keys, known=known, examples=1, run=1)

    assert report.failures == {}
    assert report.server_errors == 0
    assert report.cases > 150
