"""A database of our own, made for one measurement and dropped afterwards."""

import os
from contextlib import contextmanager

from django.db import connection


@contextmanager
def own_database():
    """Make one with all tables, drop it afterwards; gives its name."""
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_fetch_{os.getpid()}"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield name
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)
