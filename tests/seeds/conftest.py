"""The product's own seed files, and copies of them that a test may spoil."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

SEEDS = Path(__file__).resolve().parents[2] / "seeds"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the seed files."""
    return Path(shutil.copytree(SEEDS, tmp_path / "seeds", ignore=shutil.ignore_patterns("press", "__pycache__")))


@pytest.fixture
def spoil(folder: Path) -> Callable[[str, str, str], Path]:
    """Replaces a text in one file of the copy, which must hold it, and gives the folder."""

    def replace(file: str, old: str, new: str) -> Path:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return folder

    return replace
