"""Results in PostgreSQL's binary form, for what is served as it is stored: bytea as bytes, not hexadecimal digits."""

from typing import Any

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper


def binary_cursor() -> CursorWrapper:
    """A cursor of Django's connection, counted and guarded like its own. Parameters are bound by the server."""
    connection.ensure_connection()
    raw: Any = psycopg.Cursor(connection.connection)
    raw.format = psycopg.pq.Format.BINARY
    return connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)
