"""The measurements that bench/fetch.py runs. Importing this sets up Django, on the database that is being used."""

import os
import sys
from pathlib import Path

import django
from django.conf import settings

NAME_VARIABLE = "FETCH_BENCH_DATABASE"  # tells worker processes which database was made for the measurement

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
if NAME_VARIABLE in os.environ:
    settings.DATABASES["default"]["NAME"] = os.environ[NAME_VARIABLE]
django.setup()
