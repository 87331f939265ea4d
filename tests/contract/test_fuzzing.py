"""The API does what its description says, whatever it is sent; `python bench/contract.py` does the same at length."""

from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application

from tests.contract import world
from tests.contract.fuzzing import described, fuzz


@pytest.mark.django_db
@pytest.mark.usefixtures("connection_stays")
@pytest.mark.filterwarnings("ignore")
def test_answers_are_as_described_and_none_is_a_server_error(settings: Any):
    settings.LONG_POLL_WAITERS = 0
    settings.ALLOWED_HOSTS = ["*"]
    known = world.rows()

    report = fuzz(described(get_wsgi_application()), keys=world.keys, known=known, examples=1, run=1)

    assert report.failures == {}
    assert report.server_errors == 0
    assert report.cases > 150
