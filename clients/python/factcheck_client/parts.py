"""Parts of an answer, looked at before they are believed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from factcheck_client.errors import UnexpectedAnswer


@dataclass(frozen=True, slots=True)
class Part:
    """A JSON object and where it stands. Every method raises UnexpectedAnswer where a value is of another kind.

    Fields are added over time and unknown ones passed over; so what is missing is empty or None, unless a method says
    that it is needed.
    """

    raw: Mapping[str, Any]
    where: str = "answer"

    @classmethod
    def of(cls, value: object, where: str = "answer") -> "Part":
        """The value as an object."""
        if not isinstance(value, dict):
            raise UnexpectedAnswer(f"{where} is no object.")
        return cls(raw=value, where=where)

    def text(self, name: str) -> str:
        """Text; empty where there is none."""
        return self.text_or_none(name) or ""

    def text_or_none(self, name: str) -> str | None:
        """Text or null."""
        value = self.raw.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, "text")
        return value

    def needed(self, name: str) -> str:
        """Text that must be there."""
        value = self.text(name)
        if not value:
            raise self._wrong(name, "text")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        values = self._list(name)
        if not all(isinstance(value, str) for value in values):
            raise self._wrong(name, "a list of texts")
        return tuple(values)

    def integer(self, name: str) -> int:
        """A whole number from 0 that must be there."""
        value = self.integer_or_none(name)
        if value is None:
            raise self._wrong(name, "a whole number")
        return value

    def integer_or_none(self, name: str) -> int | None:
        """A whole number from 0, or null."""
        value = self.raw.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
            raise self._wrong(name, "a whole number")
        return value

    def number_or_none(self, name: str) -> float | None:
        """A finite number or null."""
        value = self.raw.get(name)
        if value is None:
            return None
        try:
            if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
                raise self._wrong(name, "a number")
            return float(value)
        except OverflowError as error:
            raise self._wrong(name, "a number") from error

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        value = self.raw.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def instant(self, name: str) -> datetime:
        """An instant with its offset that must be there."""
        value = self.instant_or_none(name)
        if value is None:
            raise self._wrong(name, "an instant")
        return value

    def instant_or_none(self, name: str) -> datetime | None:
        """An instant with its offset, or null (RFC 3339)."""
        value = self.text_or_none(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError as error:
            raise self._wrong(name, "an instant") from error
        if found.tzinfo is None:
            raise self._wrong(name, "an instant with its offset")
        return found

    def day_or_none(self, name: str) -> date | None:
        """A day or null."""
        value = self.text_or_none(name)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise self._wrong(name, "a day") from error

    def part(self, name: str) -> "Part":
        """An object that must be there."""
        return Part.of(self.raw.get(name), f"{self.where}.{name}")

    def part_or_none(self, name: str) -> "Part | None":
        """An object or null."""
        return None if self.raw.get(name) is None else self.part(name)

    def parts(self, name: str) -> "list[Part]":
        """A list of objects; empty where it is missing."""
        return [Part.of(value, f"{self.where}.{name}[{n}]") for n, value in enumerate(self._list(name))]

    def _list(self, name: str) -> Sequence[Any]:
        value = self.raw.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def _wrong(self, name: str, wanted: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"{self.where}.{name} should be {wanted}.")
