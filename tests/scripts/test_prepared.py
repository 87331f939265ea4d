"""A start that finds its database prepared leaves it alone; any doubt, and it is prepared again."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.devenv.layout import Layout
from scripts.devenv.prepared import forget_prepared, is_prepared, note_prepared

PORTS = [8101, 8102, 8103, 8104]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    for name in ("claims/migrations/0001_initial.py", "workers/migrations/0001_initial.py", "seeds/claims/one.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("first", encoding="utf-8")
    found = Layout(root=tmp_path)
    found.prepare()
    return found


def test_nothing_is_prepared_that_was_not_noted(layout: Layout):
    assert not is_prepared(layout, cluster="a", ports=PORTS)


def test_what_was_noted_is_prepared_until_it_is_forgotten(layout: Layout):
    note_prepared(layout, cluster="a", ports=PORTS)
    noted = is_prepared(layout, cluster="a", ports=PORTS)

    forget_prepared(layout)

    assert noted
    assert not is_prepared(layout, cluster="a", ports=PORTS)


CHANGES: dict[str, Callable[[Layout], object]] = {
    "a migration is edited": lambda here: (here.root / "claims/migrations/0001_initial.py").write_text("other"),
    "a migration is new": lambda here: (here.root / "workers/migrations/0002_more.py").write_text("more"),
    "a seed file is gone": lambda here: (here.root / "seeds/claims/one.yaml").unlink(),
    "a seed file is renamed": lambda here: (here.root / "seeds/claims/one.yaml").rename(here.root / "seeds/two.yaml"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_what_decides_about_the_content_prepares_again(layout: Layout, change: str):
    note_prepared(layout, cluster="a", ports=PORTS)

    CHANGES[change](layout)

    assert not is_prepared(layout, cluster="a", ports=PORTS)


def test_another_database_or_other_ports_are_prepared_again(layout: Layout):
    note_prepared(layout, cluster="a", ports=PORTS)

    assert not is_prepared(layout, cluster="b", ports=PORTS)
    assert not is_prepared(layout, cluster="a", ports=[9101, 9102, 9103, 9104])


def test_a_server_that_is_not_ours_is_prepared_at_every_start(layout: Layout):
    note_prepared(layout, cluster=None, ports=PORTS)

    assert not is_prepared(layout, cluster=None, ports=PORTS)
