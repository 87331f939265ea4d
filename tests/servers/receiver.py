"""Somebody's receiver of webhooks on loopback: it verifies as Standard Webhooks' own package does, then answers."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.servers.loopback import Request, Site, Wire

PATH = "/hooks"
Answer = Callable[[Request, Wire], None]


class Receiver:
    """Verifies each message with `secrets` (one or several); what passes is in `messages`, ids counted in `seen`."""

    def __init__(self, site: Site, *, path: str = PATH) -> None:
        self.site = site
        self.path = path
        self.secrets: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self.requests: list[Request] = []
        self.seen: Counter[str] = Counter()
        self.bad = 0
        self.answer: Answer = lambda _, wire: wire.answer(b"", status=204)
        self._lock = threading.Lock()
        site.handle(path, self._receive)

    @property
    def url(self) -> str:
        return self.site.url(self.path)

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer everything like this from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answer = lambda _, wire: wire.answer(body, status=status, headers=named)

    def _receive(self, request: Request, wire: Wire) -> None:
        with self._lock:
            self.requests.append(request)
            if self._verified(request):
                self.seen[request.headers["webhook-id"]] += 1
                self.messages.append(json.loads(request.body))
            else:
                self.bad += 1
        self.answer(request, wire)

    def _verified(self, request: Request) -> bool:
        for secret in self.secrets:
            with suppress(WebhookVerificationError):
                Webhook(secret).verify(request.body, dict(request.headers))
                return True
        return False
