"""The one clock that decides: the database's. Machines disagree about the time; rows must not."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database's wall clock, which moves on inside a transaction too (UTC, aware)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    assert row is not None
    now: datetime = row[0]
    return now
