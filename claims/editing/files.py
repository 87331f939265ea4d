"""Uploaded evidence: which kinds of file are taken, under which names they are shown, and where their bytes lie."""

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage

from claims.access.transfer import FILE_LIMIT
from claims.errors import Invalid
from claims.models import Evidence
from claims.text import plain

NAME_LENGTH = 120
_HEAD = 4096  # bytes in which a file shows what it is
_UNSAFE = re.compile(r'[<>:"/\\|?*%;]')
# Bytes that no text holds, apart from tab, line feed, form feed and carriage return.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_MEDIA_BOX = slice(4, 8)


def _starts(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"RIFF") and head[8:12] == kind


def _text(head: bytes) -> bool:
    return _BINARY.search(head) is None


def _media(head: bytes) -> bool:
    return head[_MEDIA_BOX] == b"ftyp"


_ZIP = _starts(b"PK\x03\x04")
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
# Suffix → media type, and whether the first bytes are of that kind. Nothing that a browser would run is among them.
KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _starts(b"%PDF-")),
    "png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "gif": ("image/gif", _starts(b"GIF87a", b"GIF89a")),
    "webp": ("image/webp", _riff(b"WEBP")),
    "mp3": ("audio/mpeg", _starts(b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "wav": ("audio/wav", _riff(b"WAVE")),
    "ogg": ("audio/ogg", _starts(b"OggS")),
    "m4a": ("audio/mp4", _media),
    "mp4": ("video/mp4", _media),
    "mov": ("video/quicktime", _media),
    "webm": ("video/webm", _starts(b"\x1aE\xdf\xa3")),
    "txt": ("text/plain", _text),
    "csv": ("text/csv", _text),
    "docx": (f"{_OFFICE}.wordprocessingml.document", _ZIP),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", _ZIP),
    "odt": (f"{_OPEN}.text", _ZIP),
    "ods": (f"{_OPEN}.spreadsheet", _ZIP),
}


@dataclass(frozen=True, slots=True)
class KnownFile:
    """An upload that may be kept. `name` is for people; the bytes lie under their hash."""

    name: str
    media_type: str
    size: int
    sha256: str

    @property
    def storage_key(self) -> str:
        """Where the bytes lie: the same bytes, the same place."""
        return f"evidence/{self.sha256}"


def examined(file: "File[bytes]") -> KnownFile:
    """What the upload is, read once from its beginning.

    Raises Invalid, at the field `file`, where it is empty or too large, of a kind that is not taken, or says by its
    name that it is something else than its bytes are.
    """
    size = file.size or 0
    if not size or size > FILE_LIMIT:
        raise _refused(f"The file is empty or larger than {FILE_LIMIT // 1024 // 1024} MB.")
    name = shown_name(file.name or "")
    suffix = PurePosixPath(name).suffix.lower().removeprefix(".")
    if suffix not in KINDS:
        raise _refused(f"Files of this kind are not taken. Taken are: {', '.join(KINDS)}.")
    media_type, fits = KINDS[suffix]
    digest = hashlib.sha256()
    file.seek(0)
    for number, chunk in enumerate(file.chunks()):
        if number == 0 and not fits(chunk[:_HEAD]):
            raise _refused(f"The file is called .{suffix}, but its bytes are not of that kind.")
        digest.update(chunk)
    return KnownFile(name=name, media_type=media_type, size=size, sha256=digest.hexdigest())


def shown_name(given: str) -> str:
    """A file name that is safe to show and to save under: no folders, no control or direction marks, of bounded length.

    Keeps the suffix.
    """
    base = re.split(r"[/\\]", plain(given))[-1]
    visible = "".join(" " if char.isspace() else char for char in base if unicodedata.category(char)[0] != "C")
    path = PurePosixPath(_UNSAFE.sub("_", visible).strip(" .") or "file")
    suffix = path.suffix[:10]
    return f"{path.stem[: NAME_LENGTH - len(suffix)].strip() or 'file'}{suffix}"


def keep(known: KnownFile, file: "File[bytes]") -> None:
    """Put the bytes where they belong. Safe to run twice; not in a transaction, for the place may be remote.

    What a process that died left there half written is written anew.
    """
    if default_storage.exists(known.storage_key):
        if default_storage.size(known.storage_key) == known.size:
            return
        default_storage.delete(known.storage_key)
    file.seek(0)
    default_storage.save(known.storage_key, file)


def opened(evidence: Evidence) -> "File[Any] | None":
    """The bytes of a source that is a file, open for reading; None where it is none, or its bytes are not there."""
    if not evidence.file:
        return None
    try:
        return evidence.file.open("rb")
    except FileNotFoundError:
        return None


def _refused(message: str) -> Invalid:
    return Invalid(message, fields={"file": [message]})
