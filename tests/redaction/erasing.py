"""The command as an operator runs it, and a look for words in every column of the database."""

import io
from typing import Any

from django.core.management import call_command
from django.db import connection

from claims.choices import Role
from tests.factories import person

REASON = "Order of the district court, file 12 of 2026."
_COLUMNS = """
    SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
    JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema = current_schema()
        AND (c.table_name LIKE 'claims\\_%%' OR c.table_name LIKE 'workers\\_%%' OR c.table_name LIKE 'django\\_%%')
"""


def erase(*what: Any, **options: Any) -> str:
    """Run `redact` by an administrator with a publisher, and give what it printed."""
    out = io.StringIO()
    given = {
        "by": person(Role.ADMINISTRATOR).get_username(),
        "agreed": person(Role.PUBLISHER).get_username(),
        "reason": REASON,
        "yes": True,
        **options,
    }
    flags = [
        f"--{name.replace('agreed', 'with').replace('_', '-')}" + ("" if value is True else f"={value}")
        for name, value in given.items()
        if value is not False
    ]
    call_command("redact", *map(str, what), *flags, stdout=out, stderr=out)
    return out.getvalue()


def columns_with(word: str) -> set[str]:
    """Every column of ours that holds the word, as table.column; bytes, JSON, arrays and search vectors too."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        for table, column, kind in cursor.fetchall():
            if kind == "bytea":
                test = f"position(convert_to(%s, 'UTF8') IN \"{column}\") > 0"
            else:
                test = f'position(%s IN lower("{column}"::text)) > 0'
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {test}", [word])
            if cursor.fetchone() != (0,):
                found.add(f"{table}.{column}")
    return found
