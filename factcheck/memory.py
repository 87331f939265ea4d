"""How the web process deals with the system's memory."""

import ctypes

# Parameters of glibc's mallopt(3), and what they are set to, in bytes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
KEPT, LARGEST = 64 * 1024 * 1024, 16 * 1024 * 1024


def keep_freed_memory() -> bool:
    """Let blocks of up to LARGEST be reused instead of given back to the system, which clears them page by page anew.

    Pages of the change feed are megabytes, and most of their cost was that. At most KEPT stays with each thread's heap.
    Gives False where the C library is not glibc; then nothing changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(
        mallopt(name, value) == 1 for name, value in ((_MMAP_THRESHOLD, LARGEST), (_TRIM_THRESHOLD, KEPT))
    )
