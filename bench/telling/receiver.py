"""Somebody's receiver, in a process of its own: verifies with Standard Webhooks' package, and fails as it is told to.

    python -m bench.telling.receiver --secrets FILE --seed 1 --fails 0.3 --hang 2.0

Prints its port. `/flaky/…` fails, hangs or resets for its share of the tries, decided by seed, id and try; half of the
hung and reset ones were taken first, so the sender must try again and the receiver must know it. `/dead/…` never
answers, all else answers 204. `GET /report` gives all that came as JSON: per id its path, when it came first, how
often, what it said, and how often it took effect. FILE maps paths to secrets and is read again for a path that is not
known.
"""

import argparse
import hashlib
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Book:
    """What came, by message id."""

    def __init__(self, secrets: Path) -> None:
        self._file = secrets
        self._secrets: dict[str, str] = {}
        self._lock = threading.Lock()
        self.messages: dict[str, dict[str, object]] = {}
        self.requests = self.bad = 0

    def secret(self, path: str) -> str:
        """The secret of the endpoint at the path."""
        if path not in self._secrets:
            self._secrets = json.loads(self._file.read_text(encoding="utf-8"))
        return self._secrets[path]

    def note(self, path: str, message_id: str, body: dict[str, object], at: float) -> int:
        """Count a verified message; gives how often it came."""
        with self._lock:
            seen = self.messages.setdefault(
                message_id, {"path": path, "first": at, "times": 0, "effects": 0, "said": body}
            )
            seen["times"] = int(str(seen["times"])) + 1
            return int(str(seen["times"]))

    def take(self, message_id: str) -> None:
        """Let the message take effect, if it has not."""
        with self._lock:
            if self.messages[message_id]["effects"] == 0:
                self.messages[message_id]["effects"] = 1


def fate(seed: int, message_id: str, times: int) -> tuple[float, bool]:
    """Where in 0 to 1 this try falls, and whether a broken one was taken all the same."""
    digest = hashlib.sha256(f"{seed}/{message_id}/{times}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64, digest[8] % 2 == 0


def serve(book: Book, *, seed: int, fails: float, hang: float) -> None:
    """Listen on loopback until killed."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            report = json.dumps({"requests": book.requests, "bad": book.bad, "messages": book.messages}).encode()
            self._answer(200, report)

        def do_POST(self) -> None:
            at = time.time()
            book.requests += 1
            if self.path.startswith("/dead/"):
                time.sleep(hang)
                self._cut()
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                said = Webhook(book.secret(self.path)).verify(body, dict(self.headers.items()))
            except WebhookVerificationError:
                book.bad += 1
                self._answer(401)
                return
            message_id = self.headers["webhook-id"]
            times = book.note(self.path, message_id, said, at)
            place, taken = fate(seed, message_id, times)
            if not self.path.startswith("/flaky/") or place >= fails:
                book.take(message_id)
                self._answer(204)
            elif place < fails / 3:
                self._answer(500, b"<h1>Sorry</h1>")
            else:
                if taken:
                    book.take(message_id)
                if place < 2 * fails / 3:
                    time.sleep(hang)
                self._cut()

        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _cut(self) -> None:
            """A reset, not an end."""
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def log_message(self, *_: object) -> None:
            return

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (OSError, ValueError):
                self.close_connection = True  # cut, by us or by them

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def shutdown_request(self, request: object) -> None:
            try:
                super().shutdown_request(request)  # type: ignore[arg-type]
            except OSError:
                return

    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--secrets", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fails", type=float, default=0.3)
    parser.add_argument("--hang", type=float, default=2.0)
    asked = parser.parse_args()
    serve(Book(asked.secrets), seed=asked.seed, fails=asked.fails, hang=asked.hang)
