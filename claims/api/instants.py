"""Instants as the query gives them: RFC 3339 with the offset, nothing looser."""

import re
from datetime import datetime

from django import forms
from django.core.exceptions import ValidationError

FORM = "Give an instant with its offset, such as 2026-03-02T12:00:00Z."
# An unencoded plus arrives as a space.
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+\- ]\d\d:\d\d)", re.ASCII)


def read_instant(raw: str) -> datetime:
    """The aware datetime, digits past the microsecond cut off. Raises ValueError for anything but an exact instant."""
    found = _INSTANT.fullmatch(raw)
    if found is None:
        raise ValueError(FORM)
    day, time, offset = found.groups()
    return datetime.fromisoformat(f"{day}T{time[:15]}{'+00:00' if offset in 'Zz' else offset.replace(' ', '+')}")


class InstantField(forms.CharField):
    """The same as a field of a filter."""

    def clean(self, value: object) -> datetime | None:
        """The instant; None for an empty value, which does not filter."""
        if not value:
            return None
        try:
            return read_instant(str(value))
        except ValueError as error:
            raise ValidationError(FORM) from error
