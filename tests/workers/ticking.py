"""A clock of its own process: takes the slots of a schedule that comes round every 0.2 s, for some seconds."""

import sys
import time
from datetime import timedelta

import django

django.setup()

from tests.workers import kinds  # noqa: E402, F401 - registers the kinds of job
from workers.dispatch import open_slots  # noqa: E402
from workers.kinds import Schedule  # noqa: E402

end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    open_slots([Schedule("test", timedelta(seconds=0.2), "test.quick")])
    time.sleep(0.01)
