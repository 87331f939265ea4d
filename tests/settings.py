"""What tests change in the settings; a test proves that every name here exists in the real ones."""

import atexit
import os
import shutil
import tempfile
from types import MappingProxyType

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DATABASE_URL", "postgresql:///factcheck")  # the runner names the real one; linters need any
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/0")
for name in ("CAPTURE_DIR", "EVIDENCE_DIR", "EXPORT_DIR", "STATIC_ROOT"):
    if name not in os.environ:  # and into it, so that worker processes started by a test write to the same place
        os.environ[name] = tempfile.mkdtemp(prefix="factcheck-test-")
        atexit.register(shutil.rmtree, os.environ[name], ignore_errors=True)

from factcheck.settings import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
FETCH_PACE_SECONDS = 0.0
# Off, unless a test asks; and read-only, since what one test changed in place every later one would see.
SEARCHES = MappingProxyType(  # type: ignore[assignment]
    {name: MappingProxyType({**service, "daily_requests": 0}) for name, service in SEARCHES.items()}  # noqa: F405
)
# Nobody is counted, unless a test asks; and tests write down themselves what keys did.
ANONYMOUS_PER_MINUTE = CONSUMER_PER_MINUTE = PERSON_PER_MINUTE = PAGES_PER_MINUTE = 0
KEY_USE_SECONDS = REACH_FLUSH_SECONDS = 86_400.0
