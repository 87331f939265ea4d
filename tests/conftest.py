"""What every test may use: a clock that stands still, and a database whose guards stay on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

ROLES = ["contributor", "fact_checker", "reviewer", "publisher", "administrator"]
GUARDED = """
    SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE NOT tgisinternal AND proname LIKE 'claims\\_refuse%'
"""


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_guards() -> Iterator[None]:
    """Lets Django empty the tables between tests, as their owner, and puts back the rows that exist exactly once.

    Nothing else switches the append-only triggers off but a lawful erasure (claims/redaction/guards.py), for what it
    erases; the rest of the product has no way to.
    """
    original = DatabaseOperations.execute_sql_flush

    def flush(self: DatabaseOperations, sql_list: Any) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(GUARDED)
            tables = [row[0] for row in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            original(self, sql_list)
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        apps.get_model("claims", "Organisation").objects.get_or_create(pk=1)
        apps.get_model("claims", "FeedHead").objects.get_or_create(pk=1)
        for role in ROLES:
            apps.get_model("auth", "Group").objects.get_or_create(name=role)

    DatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign,assignment]
    yield
    DatabaseOperations.execute_sql_flush = original  # type: ignore[method-assign]


@pytest.fixture
def noon() -> datetime:
    """An instant in the past that tests pass as `at`."""
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def raw(db: None) -> Any:
    """Runs raw SQL as the application's own database user, and returns the rows there are."""

    def run(sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall()) if cursor.description else []

    return run
