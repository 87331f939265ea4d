"""The child process that parses hostile bytes: no Django, no secrets, no network, hard limits on memory and time.

Run as `python -m claims.capture.reader`. Requests and answers are frames: four bytes of length, big-endian. A request
is a frame of JSON and a frame of bytes; an answer is one frame of JSON. It ends when its input does.
"""

import json
import resource
import struct
import sys
from typing import Any, BinaryIO

from claims.capture.feed_reader import read_feed
from claims.capture.listing_reader import read_json_feed, read_sitemap
from claims.capture.page_reader import read_page

MEMORY_LIMIT = 1024**3
ANSWER_LIMIT = 4_000_000
READERS = {"page": read_page, "feed": read_feed, "json_feed": read_json_feed, "sitemap": read_sitemap}


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        head = _frame(source)
        if head is None:
            return
        request: dict[str, Any] = json.loads(head)
        body = _frame(source) or b""
        _allow_cpu(int(request["cpu_seconds"]))
        answer = json.dumps(_answer(request, body)).encode()
        if len(answer) > ANSWER_LIMIT:
            answer = json.dumps({"error": "What was read is too large to keep."}).encode()
        sink.write(struct.pack(">I", len(answer)) + answer)
        sink.flush()


def _answer(request: dict[str, Any], body: bytes) -> dict[str, Any]:
    try:
        return READERS[request["kind"]](body, request)
    except MemoryError:
        return {"error": "Reading it takes more memory than is allowed.", "spent": True}
    except RecursionError:
        return {"error": "It is nested too deeply to be read.", "spent": True}
    # The edge: third-party parsers fail on hostile input in ways that they do not document.
    except Exception as error:  # noqa: BLE001
        return {"error": f"It cannot be read ({type(error).__name__})."}


def _allow_cpu(seconds: int) -> None:
    """Processor time for this request alone: the limit counts from the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, hard))


def _frame(source: BinaryIO) -> bytes | None:
    size = source.read(4)
    if len(size) < 4:
        return None
    return source.read(struct.unpack(">I", size)[0])


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
