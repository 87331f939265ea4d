"""What the settings ask of the environment, for measurements that bring no stage of their own. Imported for its effect.

What is set already stays. DATABASE_URL has no default: `python3 scripts/dev.py services` starts servers and prints it.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEFAULTS = {
    "DJANGO_SETTINGS_MODULE": "factcheck.settings",
    "SECRET_KEY": "only for measurements, on a scratch database that is dropped afterwards",
    "SITE_URL": "http://127.0.0.1",
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS": "0",
    "LOG_LEVEL": "ERROR",
}

sys.path.insert(0, str(ROOT))
for name, value in DEFAULTS.items():
    os.environ.setdefault(name, value)
