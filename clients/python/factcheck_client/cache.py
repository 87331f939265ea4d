"""Answers kept with their ETags, so that an unchanged one costs a 304 and no body (RFC 9110, 13.1.2)."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer and its validator."""

    etag: str
    body: bytes


class Cache(Protocol):
    """Where answers are kept, by their address. Called by several threads at once where a client is shared.

    Nothing is used without asking the desk if it still holds, so entries may vanish at any time and need no expiry.
    """

    def get(self, address: str) -> Kept | None:
        """What was kept, if it is still there."""

    def put(self, address: str, kept: Kept) -> None:
        """Keep it in place of what was there."""

    def drop(self, address: str) -> None:
        """Forget it: the desk took it back."""


class MemoryCache:
    """The last used answers of this process, up to so many bytes in all."""

    def __init__(self, *, most_bytes: int = 32 * 1024 * 1024) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, address: str) -> Kept | None:
        """What was kept, if it is still there."""
        with self._lock:
            kept = self._kept.get(address)
            if kept is not None:
                self._kept.move_to_end(address)
            return kept

    def put(self, address: str, kept: Kept) -> None:
        """Keep it, and forget what was not used for longest."""
        with self._lock:
            self._forget(address)
            self._kept[address] = kept
            self._size += len(kept.body)
            while self._size > self._most:
                self._forget(next(iter(self._kept)))

    def drop(self, address: str) -> None:
        """Forget it."""
        with self._lock:
            self._forget(address)

    def _forget(self, address: str) -> None:
        gone = self._kept.pop(address, None)
        self._size -= len(gone.body) if gone is not None else 0
