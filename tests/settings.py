"""What tests change in the settings; a test proves that every name here exists in the real ones."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DEBUG", "1")
os.environ.setdefault("DATABASE_URL", "postgresql:///factcheck")  # replaced by the runner; named for the type checker
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/0")

from factcheck.settings import *  # noqa: E402, F403

DEBUG = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CAPTURE_DIR = Path(tempfile.gettempdir()) / f"factcheck-test-{os.getpid()}"
FETCH_PACE_SECONDS = 0.0
HTTPS = False
