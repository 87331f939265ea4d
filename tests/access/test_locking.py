"""What the lock on a claim stops, and what it lets pass."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from claims.access.locking import lock_claim
from claims.models import Claim
from tests.factories import ClaimFactory, CoverageFactory


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_adds_coverage_does_not_wait_for_an_editor_who_holds_the_claim():
    claim = ClaimFactory.create()
    outcomes: list[str] = []

    def elsewhere() -> None:
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '500ms'")
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what a commit would check
                CoverageFactory.create(claim=claim)
                outcomes.append("added")
                Claim.objects.select_for_update(no_key=True).get(pk=claim.pk)
        except OperationalError:
            outcomes.append("waits for the claim itself")
        finally:
            connection.close()

    with transaction.atomic():
        lock_claim(claim.pk)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(timeout=20)

    assert outcomes == ["added", "waits for the claim itself"]
