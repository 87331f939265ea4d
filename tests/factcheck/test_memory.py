"""The web process keeps freed memory for the next page, where the C library knows how."""

import platform
import subprocess
import sys

# How often the system had to give memory anew, for blocks as large as a page of the change feed.
FAULTS = """
import resource
from factcheck.memory import keep_freed_memory
{keep}
def page():
    return b"x" * 1_400_000
for _ in range(5):
    page()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    a, b = page(), page()
    del a, b
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(keep=keep)], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


def test_memory_that_was_freed_is_reused():
    if platform.libc_ver()[0] != "glibc":
        assert faults("assert keep_freed_memory() is False") >= 0
        return
    assert faults("assert keep_freed_memory() is True") < 1_000
