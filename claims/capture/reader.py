"""The child process that parses hostile bytes: no Django, no secrets, no network, hard limits on memory and time.

Run as `python -m claims.capture.reader LIFELINE`. Requests and answers are frames: four bytes of length, big-endian. A
request is a frame of JSON and a frame of bytes; an answer is one frame of JSON with the request's number. It ends when
its input does, when nobody asks for a while, and at once when the process that holds the other end of LIFELINE is gone.
"""

import fcntl
import gc
import json
import os
import resource
import select
import struct
import sys
from typing import Any, BinaryIO

from claims.capture.feed_reader import read_feed
from claims.capture.listing_reader import read_json_feed, read_sitemap
from claims.capture.page_reader import read_page
from claims.capture.pdf_reader import read_pdf

MEMORY_LIMIT = 1024**3
SWOLLEN = 300 * 1024**2  # bytes in memory after a page, from which on the child is not kept
ANSWER_LIMIT = 4_000_000
IDLE_SECONDS = 300.0
READERS = {
    "page": read_page,
    "pdf": read_pdf,
    "feed": read_feed,
    "json_feed": read_json_feed,
    "sitemap": read_sitemap,
}
_PAGE_SIZE = resource.getpagesize()


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends or rests for IDLE_SECONDS."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What is loaded stays for good; a page's trees are freed as they are let go of, so cycles are looked for rarely.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    while select.select([source], [], [], IDLE_SECONDS)[0]:
        head = _frame(source)
        if head is None:
            return
        request: dict[str, Any] = json.loads(head)
        body = _frame(source) or b""
        _allow_cpu(int(request["cpu_seconds"]))
        said = _answer(request, body)
        said["number"] = request["number"]
        if _memory() > SWOLLEN:
            said["spent"] = True
        # In UTF-8, not in escapes: a letter beyond ASCII would take three times its room. Surrogates pass as they are.
        answer = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
        if len(answer) > ANSWER_LIMIT:
            short = {"error": "What was read is too large to keep.", "number": request["number"]}
            answer = json.dumps(short).encode()
        sink.write(struct.pack(">I", len(answer)) + answer)
        sink.flush()


def end_with(lifeline: int) -> None:
    """Have the kernel end this process when nobody holds the other end of the pipe any more, whatever we are at."""
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)
    gone = select.poll()  # select() takes no number from 1024 on, and ours is as high as its holder's
    gone.register(lifeline, select.POLLIN)
    if gone.poll(0):  # it was gone before we listened
        sys.exit(1)


def _answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        return READERS[request["kind"]](body, request)
    except MemoryError:
        return {"error": "Reading it takes more memory than is allowed.", "spent": True}
    except RecursionError:
        return {"error": "It is nested too deeply to be read.", "spent": True}
    # The edge: third-party parsers fail on hostile input in ways that they do not document.
    except Exception as error:  # noqa: BLE001
        return {"error": f"It cannot be read ({type(error).__name__}).", "spent": True}


def _allow_cpu(seconds: int) -> None:
    """Processor time for this request alone: the limit counts from the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, hard))


def _memory() -> int:
    """Bytes of this process that are in memory now."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - pathlib costs as much again
        return int(file.read().split()[1]) * _PAGE_SIZE


def _frame(source: BinaryIO) -> bytes | None:
    size = _exactly(source, 4)
    return None if len(size) < 4 else _exactly(source, struct.unpack(">I", size)[0])


def _exactly(source: BinaryIO, size: int) -> bytes:
    """So many bytes, fewer only if the input ends. The source has no buffer, or select() would not see what waits."""
    data = bytearray()
    while len(data) < size:
        more = source.read(min(size - len(data), 1024 * 1024))
        if not more:
            break
        data += more
    return bytes(data)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    main(os.fdopen(0, "rb", buffering=0), sys.stdout.buffer)
