"""What tests change in the settings; a test proves that every name here exists in the real ones."""

import os
import tempfile

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DATABASE_URL", "postgresql:///factcheck")  # the runner names the real one; linters need any
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/0")
# In the environment, so that worker processes started by a test write to the same place.
os.environ.setdefault("CAPTURE_DIR", tempfile.mkdtemp(prefix="factcheck-captures-"))
os.environ.setdefault("EVIDENCE_DIR", tempfile.mkdtemp(prefix="factcheck-evidence-"))
os.environ.setdefault("STATIC_ROOT", tempfile.mkdtemp(prefix="factcheck-static-"))

from factcheck.settings import *  # noqa: F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
FETCH_PACE_SECONDS = 0.0
