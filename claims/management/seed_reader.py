"""Reads YAML field by field and keeps every complaint with its file, item and field; nothing is guessed."""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from claims.text import normal_url, plain

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class SeedFileError(Exception):
    """Seed files that cannot be loaded. `problems` names file, item and field of each; nothing was written."""

    def __init__(self, problems: Sequence["Problem"]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file. `item` and `field` are empty where the whole file or item is at fault."""

    file: str
    item: str
    field: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.item, self.field, self.reason) if part)


@dataclass(slots=True)
class Item:
    """One mapping of a file. Each reader takes and checks a field, and notes what is wrong with it."""

    file: str
    name: str
    values: Mapping[str, Any]
    problems: list[Problem]
    taken: set[str] = field(default_factory=set)

    def complain(self, name: str, reason: str) -> None:
        """Notes that the field cannot be used."""
        self.problems.append(Problem(self.file, self.name, name, reason))

    def text(self, name: str, *, limit: int = 20_000, needed: bool = True) -> str:
        """Plain text of at most `limit` characters, ends stripped; "" if it is not needed and not there."""
        value = self._take(name, needed=needed)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.complain(name, f"must be text, and YAML reads {value!r} here; put it in quotes")
            return ""
        cleaned = plain(value).strip()
        if not cleaned and needed:
            self.complain(name, "is empty")
        if len(cleaned) > limit:
            self.complain(name, f"has {len(cleaned)} characters; {limit} fit")
        return cleaned

    def slug(self, name: str = "slug", *, limit: int = 60, needed: bool = True) -> str:
        """Lower-case letters, digits and hyphens."""
        return self._matching(name, SLUG, "must be lower-case letters, digits and single hyphens", limit, needed=needed)

    def matching(self, name: str, pattern: str, reason: str, *, needed: bool = False) -> str:
        """Text of which the whole fits the pattern."""
        return self._matching(name, re.compile(pattern), reason, 200, needed=needed)

    def choice(self, name: str, values: Sequence[str], *, default: str | None = None) -> str:
        """One of the values; needed unless there is a default."""
        if default is not None and name not in self.values:
            return default
        value = self.text(name)
        if value and value not in values:
            self.complain(name, f"is {value!r}; one of {', '.join(values)} is meant")
        return value

    def address(self, name: str, *, needed: bool = False) -> str:
        """An address of a web page, as it is written in the file."""
        value = self.text(name, limit=2048, needed=needed)
        if value:
            try:
                normal_url(value)
            except ValueError as error:
                self.complain(name, str(error))
        return value

    def day(self, name: str) -> date | None:
        """A date, written 2016-10-13; None if it is not there."""
        value = self._take(name, needed=False)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.complain(name, f"is {value!r}; a date such as 2016-10-13 is meant")
        return None

    def number(self, name: str, *, least: int, most: int, default: int) -> int:
        """A whole number."""
        value = self._take(name, needed=False)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.complain(name, f"is {value!r}; a whole number from {least} to {most} is meant")
        return default

    def share(self, name: str) -> float | None:
        """A number from 0 to 1, or null. It must be there: to leave it out would not say which is meant."""
        if name not in self.values:
            self.complain(name, "is missing; give a number from 0 to 1, or null")
            return None
        value = self._take(name, needed=False)
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self.complain(name, f"is {value!r}; a number from 0 to 1, or null, is meant")
        return None

    def flag(self, name: str) -> bool:
        """Yes or no; no if it is not there."""
        value = self._take(name, needed=False)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.complain(name, f"is {value!r}; true or false is meant")
        return False

    def texts(self, name: str, *, limit: int = 500) -> tuple[str, ...]:
        """A list of texts, none twice; empty if it is not there."""
        value = self._take(name, needed=False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self.complain(name, "must be a list of texts")
            return ()
        cleaned = tuple(plain(one).strip() for one in value)
        if len(set(cleaned)) != len(cleaned):
            self.complain(name, "names something twice")
        if any(len(one) > limit for one in cleaned):
            self.complain(name, f"holds a text of more than {limit} characters")
        return cleaned

    def labels(self, name: str = "labels") -> dict[str, dict[str, str]]:
        """`{language: {name, definition}}`, in English at least."""
        value = self._take(name, needed=True)
        if not isinstance(value, dict) or "en" not in value:
            self.complain(name, "must hold at least English: en: {name, definition}")
            return {}
        for language, label in value.items():
            whole = isinstance(label, dict) and set(label) == {"name", "definition"}
            if not whole or not all(isinstance(text, str) and text.strip() for text in label.values()):
                self.complain(f"{name}.{language}", "must hold name and definition, both texts, and nothing else")
                return {}
        return {
            str(language): {key: plain(text).strip() for key, text in label.items()}
            for language, label in value.items()
        }

    def items(self, name: str, *, called: str = "", needed: bool = False) -> list["Item"]:
        """A list of mappings, each named by its field `called`, else by its place in the list."""
        value = self._take(name, needed=needed)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.complain(name, "must be a list of mappings")
            return []
        prefix = f"{self.name} " if self.name else ""
        return [
            Item(self.file, f"{prefix}{one.get(called) or f'{name}[{place}]'}", one, self.problems)
            for place, one in enumerate(value, start=1)
        ]

    def item(self, name: str) -> "Item":
        """A mapping in a field; an empty one if it is missing, which is noted."""
        value = self._take(name, needed=True)
        if not isinstance(value, dict):
            if value is not None:
                self.complain(name, "must be a mapping")
            return Item(self.file, f"{self.name} {name}", {}, [])
        return Item(self.file, f"{self.name} {name}", value, self.problems)

    def done(self) -> None:
        """Notes every field that no reader took: a misspelt name must not pass for a missing one."""
        for name in sorted(set(map(str, self.values)) - self.taken):
            self.complain(name, "is not a field that is known here")

    def _take(self, name: str, *, needed: bool) -> Any:
        self.taken.add(name)
        value = self.values.get(name)
        if value is None and needed:
            self.complain(name, "is missing")
        return value

    def _matching(self, name: str, pattern: re.Pattern[str], reason: str, limit: int, *, needed: bool) -> str:
        value = self.text(name, limit=limit, needed=needed)
        if value and not pattern.fullmatch(value):
            self.complain(name, f"is {value!r}; it {reason}")
        return value


class _Loader(yaml.SafeLoader):
    """Plain YAML in which a field may not be given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping. Raises ConstructorError, with the line, on a second field of one name."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def read_file(path: Path, *, root: Path, problems: list[Problem]) -> Item | None:
    """The file's mapping, or None, with the reason noted, if it holds no YAML mapping."""
    name = path.relative_to(root).as_posix()
    try:
        # The loader is a SafeLoader: it makes plain values only.
        value = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(name, "", "", f"cannot be read: {error}"))
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else ""
        problems.append(Problem(name, where, "", f"is not YAML: {getattr(error, 'problem', None) or error}"))
        return None
    if not isinstance(value, dict):
        problems.append(Problem(name, "", "", "must hold a mapping of fields"))
        return None
    label = value.get("slug") or value.get("claim") or ""
    return Item(name, str(label), value, problems)
