"""The database as a start needs it: schema and demo. Done once, and again only when something of it has changed."""

import hashlib
from pathlib import Path

from scripts.devenv.layout import Layout

# What decides about the database's content: a change in any of these files makes the next start prepare it again.
SOURCES = (
    "claims/migrations/*.py",
    "workers/migrations/*.py",
    "claims/management/**/*.py",
    "seeds/**/*.yaml",
    "requirements/base.txt",
)
# In one interpreter, for starting one and loading Django takes as long as the work itself.
PROGRAM = """
import pathlib
import sys
import django
from django.core.management import call_command
django.setup()
call_command("migrate", interactive=False)
call_command("load_seeds", demo=True, demo_credentials=pathlib.Path(sys.argv[1]))
"""


def is_prepared(layout: Layout, *, cluster: str | None, ports: list[int]) -> bool:
    """Whether this very database was prepared from these very files. `cluster` None is a server that we do not know.

    A mistake is noticed: /readyz counts migrations that wait.
    """
    stamp = _stamp(layout)
    return (
        cluster is not None
        and stamp.exists()
        and stamp.read_text(encoding="utf-8") == _fingerprint(layout, cluster, ports)
    )


def note_prepared(layout: Layout, *, cluster: str | None, ports: list[int]) -> None:
    """Note it for the next start."""
    if cluster is not None:
        _stamp(layout).write_text(_fingerprint(layout, cluster, ports), encoding="utf-8")


def forget_prepared(layout: Layout) -> None:
    """Before preparing, so that a start that is killed meanwhile is not taken for one that came through."""
    _stamp(layout).unlink(missing_ok=True)


def _stamp(layout: Layout) -> Path:
    return layout.local / "prepared"


def _fingerprint(layout: Layout, cluster: str, ports: list[int]) -> str:
    digest = hashlib.sha256(f"{cluster} {ports}".encode())
    for path in sorted(path for pattern in SOURCES for path in layout.root.glob(pattern)):
        digest.update(f"\0{path.relative_to(layout.root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
