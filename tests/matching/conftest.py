"""No word frequencies of another test."""

from collections.abc import Iterator

import pytest

from claims.matching import lexical


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    lexical.forget_frequencies()
    yield
    lexical.forget_frequencies()
