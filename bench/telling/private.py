"""Does anything reach a private network, when an endpoint is registered or when a message is sent to it?"""

import re
from collections import Counter
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.utils import timezone
from fetching.hostile import (
    LOOPBACK,
    PUBLIC,
    added_addresses,
    answers_of,
    counts_a_visit,
    listening_on,
    location_to,
)

from claims.errors import Invalid
from claims.http import NO_PACE, Web
from claims.http.addresses import is_loopback
from claims.models import Consumer, Webhook
from claims.publishing import deliveries, webhooks
from claims.publishing.webhooks import By
from tests.http.hostile import ADDRESSES, host_of, urls
from tests.servers.loopback import Site

WALL = 5.0
_HOST = re.compile(r"\S+ (?=leads into|is to be asked|is not the full name)")


def measure(*, addresses: bool) -> dict[str, Any]:
    """Every hostile address, resolver and redirect, by registration and by delivery; canaries count who comes."""
    settings.WEBHOOK_TIMEOUT_SECONDS = WALL
    with ExitStack() as stack:
        added = stack.enter_context(added_addresses()) if addresses else ()
        canaries = listening_on(stack, (*LOOPBACK, *added))
        settings.FETCH_EXTRA_PORTS = [canaries[0].port]  # the address alone must stop us, not the port
        site = stack.enter_context(Site())
        tries = _Tries(site=site, port=canaries[0].port, added=added)
        tries.run()
        reached = sum(canary.hits for canary in canaries)
        controls = sum(counts_a_visit(canary) for canary in canaries)
    return {
        "attempts": sum(tries.by_path.values()),
        "by_path": dict(tries.by_path),
        "reached": reached,
        "canaries": [canary.address for canary in canaries],
        "canaries_that_count_when_asked_directly": controls,
        "reasons": dict(tries.reasons.most_common(12)),
        "unclear": tries.unclear[:20],
    }


class _Tries:
    """Every attempt, and what was said of it."""

    def __init__(self, *, site: Site, port: int, added: tuple[str, ...]) -> None:
        self.site, self.port = site, port
        self.addresses = [*ADDRESSES, *added]
        self.urls = [*urls(port), *(f"http://{host_of(address)}:{port}/" for address in added)]
        self.by_path: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.unclear: list[str] = []
        self._settled = settings.FETCH_LOOPBACK_ALLOWED
        settings.FETCH_LOOPBACK_ALLOWED = [site.host_port]
        owner = Consumer.objects.create(name="Hostile")
        made = webhooks.register(
            consumer=owner,
            url=site.url("/hook"),
            events=["verdict.retracted"],
            description="",
            by=By(consumer=owner),
            at=timezone.now(),
        )
        self.hook = made.webhook
        self.message = webhooks.ping(webhook_id=self.hook.pk, by=By(consumer=owner), at=timezone.now())

    def run(self) -> None:
        """All of it."""
        for url in self.urls:
            self._note("registration", url, self._registered(url, Web(pace=NO_PACE)))
            self._note("delivery", url, self._delivered(url, Web(pace=NO_PACE)))
            self.site.raw("/hook", location_to(url))
            self._note("delivery by redirect", url, self._delivered(self.site.url("/hook"), Web(pace=NO_PACE)))
        for address in self.addresses:
            for answers in answers_of(address):
                self._note("registration of a hostile name", address, self._by_name(answers, register=True))
                self._note("delivery to a hostile name", address, self._by_name(answers, register=False))
            if not is_loopback(address):
                self._note("name that changes after registration", address, self._rebound(address))
        settings.FETCH_LOOPBACK_ALLOWED = self._settled

    def _note(self, path: str, what: str, said: str) -> None:
        self.by_path[path] += 1
        if said:
            self.reasons[_HOST.sub("HOST ", said)] += 1
        else:
            self.unclear.append(f"{path}: {what!r}")

    def _registered(self, url: str, web: Web) -> str:
        """Why it was refused; empty if it was not."""
        try:
            webhooks.check_address(url, web=web)
        except Invalid as error:
            return error.fields["url"][0]
        return ""

    def _delivered(self, url: str, web: Web) -> str:
        """What was noted of the try; empty if it was taken for a success or left unsaid."""
        if "\x00" in url or "\ud800" in url or len(url) > 2_000:
            return "not stored: no text for a database, or too long"
        Webhook.objects.filter(pk=self.hook.pk).update(url=url)
        message = deliveries.Message(delivery_id=self.message.pk, at=timezone.now())
        said = deliveries.send(message=message, web=web)
        return "" if said.ok else said.note

    def _by_name(self, answers: list[list[str]], *, register: bool) -> str:
        asked: list[str] = []

        def resolve(host: str, _: int) -> list[str]:
            asked.append(host)
            return answers[min(len(asked), len(answers)) - 1]

        url, web = f"http://hooks.example:{self.port}/", Web(pace=NO_PACE, resolver=resolve)
        return self._registered(url, web) if register else self._delivered(url, web)

    def _rebound(self, address: str) -> str:
        """Public when it is registered, elsewhere when the message is sent."""
        answers = iter([[PUBLIC], [address]])
        web = Web(pace=NO_PACE, resolver=lambda _host, _port: next(answers))
        url = f"https://hooks.example:{self.port}/"
        if self._registered(url, web):
            return ""
        return self._delivered(url, web)
