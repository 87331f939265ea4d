"""The body of an answer, read and unpacked within limits. We ask for gzip only and unpack it ourselves: libraries
unpack a whole chunk before anybody can say stop, and a chunk of 64 KB may hold 64 MB.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from claims.http.errors import NotMeasured, Refused

MOST_EXPANSION = 100  # times; no honest page comes near
EXPANSION_FLOOR = 1024 * 1024  # bytes unpacked below which the factor is not looked at
_SLICE = 64 * 1024
_MOST_MEMBERS = 100  # gzip streams one after the other; each costs a copy of what follows it
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Content:
    """A body: `wire` as received (packed, if it was), `plain` unpacked."""

    wire: bytes
    plain: bytes


def coding(values: Iterable[str]) -> str:
    """The content coding named by the Content-Encoding headers: "" or "gzip".

    Raises Refused (reason "content_coding") for any other, and for more than one on top of each other.
    """
    names = [name.strip().lower() for value in values for name in value.split(",") if name.strip()]
    if names in ([], ["identity"]):
        return ""
    if names in (["gzip"], ["x-gzip"]):
        return "gzip"
    raise Refused("The site sent the page packed in a way that we did not ask for.", reason="content_coding")


def announced(values: Iterable[str], *, limit: int, cut: bool) -> None:
    """Raises Refused (reason "too_large") if a Content-Length says so before anything is read, unless `cut`."""
    if not cut and any(value.strip().isdigit() and int(value[:20]) > limit for value in values):
        raise _too_large(limit)


def read(chunks: Iterable[bytes], *, packed: str, limit: int, cut: bool) -> Content:
    """Read a body of at most `limit` bytes, packed and unpacked alike. With `cut`, what is longer is cut there instead.

    Raises Refused (reason "too_large", "expands_too_far") or NotMeasured ("broken_answer", "cut_short").
    """
    reader = _Gunzip(limit=limit) if packed == "gzip" else None
    wire = bytearray()
    for chunk in chunks:
        wire += chunk
        if reader is not None:
            reader.feed(chunk, wire_size=len(wire))
        if len(wire) > limit or (reader is not None and reader.full):
            if not cut:
                raise _too_large(limit)
            break
    else:
        if reader is not None and wire:
            reader.end()
    plain = wire if reader is None else reader.plain
    return Content(wire=bytes(wire), plain=bytes(plain[:limit]))


class _Gunzip:
    """Unpacks gzip in small slices and stops one byte past the limit (`full`)."""

    def __init__(self, *, limit: int) -> None:
        self.plain = bytearray()
        self._limit = limit
        self._member = zlib.decompressobj(wbits=31)
        self._members = 1
        self._rest = b""  # after a member: maybe the first half of the next one's magic number
        self._over = False

    @property
    def full(self) -> bool:
        return len(self.plain) > self._limit

    def feed(self, chunk: bytes, *, wire_size: int) -> None:
        """Unpack one more chunk; `wire_size` is what has been received so far, this chunk included."""
        data = chunk
        while data and not self._over and not self.full:
            data = self._next_member(data) if self._member.eof else self._unpack(data, wire_size=wire_size)

    def end(self) -> None:
        """Raises NotMeasured (reason "cut_short") if the packed data has no end."""
        if not self._member.eof:
            raise NotMeasured("The connection ended before the page did.", reason="cut_short")

    def _unpack(self, data: bytes, *, wire_size: int) -> bytes:
        room = min(_SLICE, self._limit + 1 - len(self.plain))
        try:
            out = self._member.decompress(data, room)
            self.plain += out
            while len(out) == room and not self._member.eof and not self._member.unconsumed_tail and not self.full:
                room = min(_SLICE, self._limit + 1 - len(self.plain))  # it has read all of the input and holds output
                out = self._member.decompress(b"", room)
                self.plain += out
        except zlib.error as error:
            raise NotMeasured("The site sent a page that cannot be unpacked.", reason="broken_answer") from error
        if len(self.plain) > max(EXPANSION_FLOOR, MOST_EXPANSION * wire_size):
            raise Refused("The page unpacks to far more than was sent.", reason="expands_too_far")
        return self._member.unused_data if self._member.eof else self._member.unconsumed_tail

    def _next_member(self, data: bytes) -> bytes:
        data = self._rest + data
        self._rest = b""
        if len(data) < len(_GZIP_MAGIC):
            self._rest = data
            return b""
        if not data.startswith(_GZIP_MAGIC):  # padding after the last member, as some servers send
            self._over = True
            return b""
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise Refused("The page is packed in far too many pieces.", reason="expands_too_far")
        self._member = zlib.decompressobj(wbits=31)
        return data


def _too_large(limit: int) -> Refused:
    return Refused(f"The page is larger than {limit / 1_000_000:g} MB.", reason="too_large")
