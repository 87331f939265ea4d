"""A service of somebody else's that counts how often it was called, by the key that the caller gave."""

import http.client
import os
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SINK_SECONDS = 2.0  # how long a call may take


def call_sink(key: str) -> None:
    """One call, as a worker makes it to another service."""
    sink = http.client.HTTPConnection("127.0.0.1", int(os.environ["BENCH_SINK_PORT"]), timeout=SINK_SECONDS)
    try:
        sink.request("POST", "/", body=b"", headers={"Idempotency-Key": key})
        sink.getresponse().read()
    finally:
        sink.close()


class Sink:
    """Answers every POST after a moment with 204, and remembers its Idempotency-Key."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with sink._lock:
                    sink.calls[self.headers["Idempotency-Key"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        return self._server.server_address[1]

    @property
    def extra(self) -> int:
        """Calls beyond the first of each key."""
        return sum(number - 1 for number in self.calls.values())

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
