"""Statements of the hottest reads: planned once per connection, their results in PostgreSQL's binary form if wanted."""

from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


def prepared_cursor(*, binary: bool = False) -> CursorWrapper:
    """A cursor of Django's connection, counted and guarded like its own, whose parameters are bound by the server.

    A statement that comes again on the same connection is not planned again (DATABASE_PREPARE_AFTER), so its text must
    not change with its values. `binary` gives bytea as bytes, not hexadecimal digits.
    """
    connection.ensure_connection()
    raw: Any = psycopg.Cursor(connection.connection)
    if binary:
        raw.format = psycopg.pq.Format.BINARY
    return connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)
