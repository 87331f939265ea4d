"""What a watchdog is told: age counts, not length."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.workers.conftest import make_job
from workers.clock import database_now

pytestmark = pytest.mark.django_db


def test_work_that_is_not_late_is_shown_and_fine():
    make_job("match_document")
    make_job("match_document", run_at=database_now() + timedelta(days=1))
    out = StringIO()

    call_command("work_status", stdout=out)

    assert out.getvalue().startswith("match: 2 waiting, 0 running, 0 dead, oldest due")


def test_work_that_waits_too_long_is_an_error_that_names_the_queue():
    make_job("match_document", run_at=database_now() - timedelta(minutes=10))

    with pytest.raises(CommandError, match="waits too long in: match"):
        call_command("work_status", stdout=StringIO())


def test_nothing_to_do_is_fine():
    told = StringIO()

    call_command("work_status", stdout=told)

    assert told.getvalue() == ""
