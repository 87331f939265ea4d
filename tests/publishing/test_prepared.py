"""The hottest reads keep their plan on a connection, and give the same with it as without."""

import pytest
from django.db import connection

from claims.publishing.queries import newest_version
from tests import factories

KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%claims_publichead%%'"


def kept() -> int:
    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_read_that_comes_again_is_planned_once() -> None:
    claim = factories.published_claim()
    other = factories.published_claim()
    assert connection.connection is not None
    connection.connection.prepare_threshold = 2
    connection.connection.cursor().execute("DEALLOCATE ALL")
    before = kept()

    found = [newest_version(claim.public_id) for _ in range(6)]
    another = newest_version(other.public_id)

    assert kept() == before + 1
    assert all(version == found[0] for version in found)
    assert found[0] is not None
    assert found[0].body is not None
    assert claim.public_id.encode() in found[0].body
    assert another is not None
    assert another.public_id == other.public_id


@pytest.mark.django_db
def test_nothing_is_kept_where_a_pooler_stands_between() -> None:
    claim = factories.published_claim()
    assert connection.connection is not None
    usual = connection.connection.prepare_threshold
    connection.connection.prepare_threshold = None
    connection.connection.cursor().execute("DEALLOCATE ALL")
    try:
        for _ in range(6):
            assert newest_version(claim.public_id) is not None
        assert kept() == 0
    finally:
        connection.connection.prepare_threshold = usual
