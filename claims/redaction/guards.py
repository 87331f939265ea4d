"""The append-only triggers, switched off by the owner of the tables inside one transaction.

But for a migration that fills a new column (claims 0030), nothing else does this.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# By table the one trigger that refuses UPDATE. Those that watch INSERT and TRUNCATE stay on.
TRIGGERS = {
    "claims_publication": "claims_publication_append_only",
    "claims_verdict": "claims_verdict_frozen",
    "claims_approval": "claims_approval_append_only",
    "claims_event": "claims_event_append_only",
    "claims_capture": "claims_capture_append_only",
}
LONGEST_WAIT = "10s"  # for others that write to these tables; then nothing is changed and it can be tried again


class NotOwner(Exception):
    """The database role may not switch the triggers. The message says which role may."""


def check_owner() -> None:
    """Passes for the role that owns the guarded tables, or is a member of it. Raises NotOwner."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, pg_get_userbyid(relowner) FROM pg_class "
            "WHERE oid = ANY(%s::regclass[]) AND NOT pg_has_role(current_user, relowner, 'USAGE') LIMIT 1",
            [list(TRIGGERS)],
        )
        row = cursor.fetchone()
    if row is not None:
        raise NotOwner(
            f"The database role {row[0]} does not own the tables, so it cannot switch their triggers. Nothing was "
            f"changed. Run this with a DATABASE_URL that logs in as {row[1]}, the role that made the migrations."
        )


@contextmanager
def switched_off() -> Iterator[None]:
    """Lets rows of the guarded tables be changed while the block runs, by this transaction and by no other.

    Takes a lock on the five tables that keeps other writers waiting (readers go on) until the transaction ends; a
    rollback puts everything back. Raises NotOwner; OperationalError if others hold the tables for LONGEST_WAIT.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("switched_off() belongs inside the transaction that erases.")
    check_owner()
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks that wait cannot be altered
        for table, trigger in TRIGGERS.items():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, trigger in TRIGGERS.items():
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled = 'O'", [list(TRIGGERS.values())]
        )
        assert cursor.fetchone() == (len(TRIGGERS),)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
