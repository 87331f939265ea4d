"""What one erasure does, drawn up before anything is done, so that it can be shown first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet

from claims.choices import EventKind
from claims.models import Event

ERASED = "[erased for legal reasons]"  # where a column may not be empty


@dataclass(frozen=True, slots=True)
class Step:
    """Columns of some rows that are emptied; None is NULL. `also` is written with them and says nothing of the words.

    `words` names the rows for a person, such as "published versions".
    """

    words: str
    rows: QuerySet[Any]
    blank: Mapping[str, Any]
    also: Mapping[str, Any] = field(default_factory=dict)

    def left(self) -> QuerySet[Any]:
        """The rows that still hold something in these columns."""
        empty = Q()
        for name, value in self.blank.items():
            empty &= Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})
        return self.rows.exclude(empty)

    def count(self) -> int:
        """How many rows still hold something."""
        return int(self.left().count())

    def shown(self) -> str:
        """The step as a line of the plan."""
        return f"{self.words}: {self.count()} row(s), {', '.join(self.blank)}"

    def run(self) -> None:
        """Empty them."""
        self.left().update(**self.blank, **self.also)


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows that go whole, because they hold nothing but the words, or would be wrong without them."""

    words: str
    rows: QuerySet[Any]

    def count(self) -> int:
        """How many there are."""
        return int(self.rows.count())

    def shown(self) -> str:
        """The step as a line of the plan."""
        return f"{self.words}: {self.count()} row(s), whole"

    def run(self) -> None:
        """Remove them."""
        self.rows.delete()


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Rows that are written anew one by one, from what is left. `rows` are those that it concerns."""

    words: str
    rows: Sequence[Any]
    write: Callable[[], None]

    def count(self) -> int:
        """How many there are."""
        return len(self.rows)

    def shown(self) -> str:
        """The step as a line of the plan."""
        return f"{self.words}: {self.count()} row(s), written anew"

    def run(self) -> None:
        """Write them."""
        self.write()


@dataclass(frozen=True, slots=True)
class Note:
    """One event that the erasure leaves in the history: digests and numbers only."""

    kind: EventKind
    subject: models.Model
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """An erasure: what is emptied, what is noted, which files go after the commit, and what still holds words.

    `dumps` are names in the folder of nightly files, `captures` ids of copies whose file is taken out of storage, and
    `files` uploaded evidence by its place in storage. `tell` makes the messages to endpoints, given the event noted.
    """

    title: str
    steps: Sequence[Step | Removal | Rewrite]
    notes: Sequence[Note]
    stays: Sequence[str]
    dumps: Sequence[str] = ()
    captures: Sequence[int] = ()
    files: Sequence[str] = ()
    tell: Callable[[Event], None] | None = None

    def todo(self) -> list[Step | Removal | Rewrite]:
        """The steps that change something."""
        return [step for step in self.steps if step.count()]
