"""The nightly files: everything live, of one snapshot, with the checksum and the number from which changes go on."""

import contextlib
import gzip
import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction

from claims.models import Dump
from claims.publishing.changes import changes_after
from claims.publishing.export import FORMATS, batches

LEFT_ALONE = 24 * 3600  # seconds; a file that no row names may still be on its way to one


@dataclass(frozen=True, slots=True)
class Made:
    """One file as it lies in the folder, not yet written down."""

    name: str
    format: str
    feed_epoch: uuid.UUID
    head: int
    verdicts: int
    size: int
    sha256: str


class _Hashed:
    """A file that is counted and hashed as it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """As a file does."""
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)

    def flush(self) -> None:
        """As a file does."""
        self._file.flush()


def folder() -> Path:
    """Where they lie; made where it is missing."""
    place = Path(settings.EXPORT_DIR)
    place.mkdir(parents=True, exist_ok=True)
    return place


def make(*, at: datetime) -> list[Made]:
    """Write one file per format, gzipped, in the folder; the same snapshot gives the same bytes under the same names.

    Raises OSError where the folder cannot be written.
    """
    place, kinds = folder(), list(FORMATS.items())
    with _snapshot(), ExitStack() as stack:
        page = changes_after(after=0, limit=0)
        stem = f"verdicts-{at.astimezone(UTC):%Y-%m-%d}-{page.head}"
        names = [f"{stem}.{kind.suffix}.gz" for _, kind in kinds]
        # A run that died half way left its own file behind; the next sweep takes it.
        drafts = [place / f".{name}.{uuid.uuid4().hex}" for name in names]
        files = [_Hashed(stack.enter_context(draft.open("wb"))) for draft in drafts]
        # mtime=0 and no name inside: nothing of the clock gets into the bytes.
        packed: list[Any] = [
            stack.enter_context(gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0)) for file in files
        ]
        count = 0
        for (_, kind), out in zip(kinds, packed, strict=True):
            out.write(kind.opening)
        for batch in batches():
            for (_, kind), out in zip(kinds, packed, strict=True):
                out.write((kind.between if count else b"") + kind.between.join(kind.row(item) for item in batch))
            count += len(batch)
        for (_, kind), out in zip(kinds, packed, strict=True):
            out.write(kind.closing)
            out.close()
    made = []
    for (format_name, _), name, draft, file in zip(kinds, names, drafts, files, strict=True):
        draft.replace(place / name)
        epoch = uuid.UUID(page.epoch)
        made.append(Made(name, format_name, epoch, page.head, count, file.size, file.digest.hexdigest()))
    return made


def store(made: list[Made], *, at: datetime, before: datetime | None) -> None:
    """Write the files down, and forget those made before that instant (None: keep all); their files go with a sweep.

    A file that was made once more with the same bytes is the one of before.
    """
    for one in made:
        values = {name: getattr(one, name) for name in Made.__dataclass_fields__ if name != "name"}
        if not Dump.objects.filter(name=one.name, **values).exists():
            Dump.objects.update_or_create(name=one.name, defaults={**values, "made_at": at})
    if before is not None:
        Dump.objects.filter(made_at__lt=before).delete()


def sweep() -> list[str]:
    """Take away files that no row names, a day after they were written: the names of those gone."""
    known, gone = set(Dump.objects.values_list("name", flat=True)), []
    for file in folder().iterdir():
        if file.name not in known and time.time() - file.stat().st_mtime > LEFT_ALONE:
            file.unlink(missing_ok=True)
            gone.append(file.name)
    return gone


def opened(dump: Dump) -> IO[bytes] | None:
    """The file; None where it is not there."""
    with contextlib.suppress(FileNotFoundError):
        return (folder() / dump.name).open("rb")
    return None


@contextlib.contextmanager
def _snapshot() -> Iterator[None]:
    """One state of the database for all that is read inside, where the caller has no transaction of its own."""
    inside = connection.in_atomic_block
    with transaction.atomic():
        if not inside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield
