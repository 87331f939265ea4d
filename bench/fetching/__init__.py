"""The measurements that bench/fetch.py runs. Importing this sets up Django, on the database that is being used."""

import os

import django
import environment  # noqa: F401 - for its effect
from django.conf import settings

NAME_VARIABLE = "FETCH_BENCH_DATABASE"  # tells worker processes which database was made for the measurement

if NAME_VARIABLE in os.environ:
    settings.DATABASES["default"]["NAME"] = os.environ[NAME_VARIABLE]
django.setup()
