"""A consumer's own endpoints by the API: what is refused, what is shown once, and that nobody sees another's."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from claims.access.keys import issue
from claims.choices import EventKind, Role, Scope
from claims.models import Consumer, Delivery, Event, Webhook, WebhookSecret
from claims.publishing import webhooks as operations
from claims.webhook_choices import WebhookEvent
from tests import factories
from tests.api.conftest import Api, expect
from tests.factories import NOON
from tests.http.hostile import urls
from tests.publishing.endpoints import work
from tests.servers.loopback import Canary, Site
from tests.servers.receiver import Receiver
from workers import hosts

TOUR = Path(__file__).parents[2] / "docs" / "api.md"
BOTH = [Scope.VERDICTS_READ.value, Scope.WEBHOOKS_MANAGE.value]


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    with Site() as site:
        settings.FETCH_LOOPBACK_ALLOWED = [site.host_port]
        hosts.web.cache_clear()
        yield site
    hosts.web.cache_clear()


@pytest.fixture
def receiver(site: Site) -> Receiver:
    return Receiver(site)


@pytest.fixture
def newsroom(db: None) -> Callable[[str], Api]:
    def make(name: str, scopes: list[str] | None = None) -> Api:
        owner = Consumer.objects.get_or_create(name=name)[0]
        return Api(key=issue(name="hooks", scopes=scopes or BOTH, consumer=owner, actor=None, at=NOON).clear)

    return make


@pytest.fixture
def api(newsroom: Callable[[str], Api]) -> Api:
    return newsroom("Another newsroom")


def registered(api: Api, receiver: Receiver, **more: Any) -> dict[str, Any]:
    made = expect(api.post("/webhooks", {"url": receiver.url, **more}), 201)
    receiver.secrets.append(made["secret"])
    return made


def test_a_secret_is_shown_once_and_never_stored_in_clear(api: Api, receiver: Receiver):
    made = registered(api, receiver, description="Corrects\u2028our pages")

    shown = expect(api.get(f"/webhooks/{made['id']}"), 200)
    listed = expect(api.get("/webhooks"), 200)["results"]
    assert made["secret"].startswith("whsec_")
    assert "secret" not in shown
    assert listed == [shown]
    assert made["secret"].removeprefix("whsec_") not in WebhookSecret.objects.get().sealed
    assert made["secret"] not in json.dumps(list(Event.objects.values_list("data", flat=True)))
    assert len(shown["events"]) == len(WebhookEvent)


@pytest.mark.django_db(transaction=True)
def test_a_ping_is_sent_verified_and_logged_with_its_answer(api: Api, receiver: Receiver):
    made = registered(api, receiver)
    receiver.says(200, b"hello\x00 <b>there</b>")

    sent = expect(api.post(f"/webhooks/{made['id']}/ping"), 202)
    work()

    assert receiver.messages[0]["type"] == "webhook.ping"
    assert dict(receiver.seen) == {sent["id"]: 1}
    found = expect(api.get(f"/webhooks/{made['id']}/deliveries/{sent['id']}"), 200)
    assert found["state"] == "delivered"
    assert json.loads(found["payload"])["data"]["webhook"] == made["id"]
    assert [(a["status"], a["answer"]) for a in found["attempts"]] == [(200, "hello <b>there</b>")]


@pytest.mark.django_db(transaction=True)
def test_a_message_is_sent_again_with_the_same_id(api: Api, receiver: Receiver):
    made = registered(api, receiver)
    factories.published_claim()
    work()
    [row] = expect(api.get(f"/webhooks/{made['id']}/deliveries"), 200)["results"]

    expect(api.post(f"/webhooks/{made['id']}/deliveries/{row['id']}/redeliver"), 202)
    work()

    assert dict(receiver.seen) == {row["id"]: 2}


@pytest.mark.django_db(transaction=True)
def test_what_was_given_up_can_be_asked_for(api: Api, receiver: Receiver):
    made = registered(api, receiver)
    factories.published_claim()
    receiver.says(410)
    work()
    expect(api.post(f"/webhooks/{made['id']}/redeliver", {}), 409, "conflict")
    assert expect(api.get(f"/webhooks/{made['id']}"), 200)["off"] == "gone"

    receiver.says(200)
    expect(api.post(f"/webhooks/{made['id']}/switch-on"), 200)
    assert expect(api.post(f"/webhooks/{made['id']}/redeliver", {}), 202) == {"count": 1}
    work()

    assert Delivery.objects.get().state == "delivered"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl program")
def test_the_tours_way_to_verify_by_hand_gives_the_signature(api: Api, receiver: Receiver, tmp_path: Path):
    made = registered(api, receiver)
    factories.published_claim(statement="Brötchen cost twice as much.")
    work()
    [request] = receiver.requests
    (tmp_path / "body.json").write_bytes(request.body)
    script = re.findall(r"^   (HEX=.*\n   \{ printf .*)$", TOUR.read_text(encoding="utf-8"), re.M)[0]
    names = {
        "SECRET": made["secret"], "ID": request.headers["webhook-id"], "TIMESTAMP": request.headers["webhook-timestamp"]
    }  # fmt: skip

    said = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env={**os.environ, **names}, capture_output=True, text=True
    )

    assert f"v1,{said.stdout.strip()}" == request.headers["webhook-signature"]


def test_rotating_gives_a_new_secret_and_keeps_the_old_one_for_a_while(api: Api, receiver: Receiver):
    made = registered(api, receiver)

    rotated = expect(api.post(f"/webhooks/{made['id']}/rotate-secret", {"overlap_hours": 2}), 200)

    assert rotated["secret"] not in {"", made["secret"]}
    assert WebhookSecret.objects.valid().count() == 2
    expect(api.post(f"/webhooks/{made['id']}/rotate-secret", {"overlap_hours": 200}), 400, "invalid")


def test_changing_and_removing(api: Api, receiver: Receiver):
    made = registered(api, receiver)
    address = f"/webhooks/{made['id']}"

    changed = expect(api.patch(address, {"events": ["verdict.retracted"], "description": "Only these"}), 200)
    expect(api.patch(address, {"events": []}), 400, "invalid")
    expect(api.patch(address, {"events": ["verdict.everything"]}), 400, "invalid")
    expect(api.patch(address, {"url": "http://10.0.0.1/"}), 400, "invalid")
    expect(api.call("DELETE", address), 204)

    assert (changed["events"], changed["description"]) == (["verdict.retracted"], "Only these")
    expect(api.get(address), 404, "not_found")
    assert expect(api.get("/webhooks"), 200)["results"] == []
    assert Webhook.objects.get().removed_at is not None
    kinds = Event.objects.filter(subject_kind="webhook").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [EventKind.WEBHOOK_SAVED, EventKind.WEBHOOK_SAVED, EventKind.WEBHOOK_REMOVED]


def test_what_the_desk_switched_off_its_owner_cannot_switch_on(api: Api, receiver: Receiver):
    made = registered(api, receiver)
    person = factories.person(Role.ADMINISTRATOR)
    hook = Webhook.objects.get()
    operations.switch_off(webhook_id=hook.pk, by=operations.By(user=person), at=NOON)

    expect(api.post(f"/webhooks/{made['id']}/switch-on"), 409, "conflict")
    expect(api.post(f"/webhooks/{made['id']}/ping"), 409, "conflict")


def test_nobody_sees_or_touches_anothers_endpoint(api: Api, newsroom: Callable[..., Api], receiver: Receiver):
    made = registered(api, receiver)
    sent = expect(api.post(f"/webhooks/{made['id']}/ping"), 202)
    other, address = newsroom("A third newsroom"), f"/webhooks/{made['id']}"

    for call in (
        lambda: other.get(address),
        lambda: other.patch(address, {"events": ["verdict.retracted"]}),
        lambda: other.call("DELETE", address),
        *(
            lambda part=part: other.post(f"{address}/{part}", {})
            for part in ("ping", "rotate-secret", "switch-off", "switch-on", "redeliver")
        ),
        lambda: other.get(f"{address}/deliveries"),
        lambda: other.get(f"{address}/deliveries/{sent['id']}"),
        lambda: other.post(f"{address}/deliveries/{sent['id']}/redeliver"),
    ):
        expect(call(), 404, "not_found")

    assert expect(other.get("/webhooks"), 200)["results"] == []
    assert Webhook.objects.get().off == ""


def test_who_may_manage_endpoints(newsroom: Callable[..., Api], checker: Api, anybody: Api, consumer: Api):
    expect(anybody.get("/webhooks"), 401, "not_authenticated")
    expect(checker.get("/webhooks"), 403, "not_allowed")
    expect(consumer.get("/webhooks"), 403, "insufficient_scope")
    expect(newsroom("Reads nothing", [Scope.WEBHOOKS_MANAGE.value]).get("/webhooks"), 200)


def test_hostile_addresses_are_refused_at_registration(api: Api, settings):
    with Canary() as canary:
        settings.FETCH_EXTRA_PORTS = [canary.port]
        for url in urls(canary.port):
            body = json.dumps({"url": url}, ensure_ascii=True).encode()
            expect(api.post("/webhooks", body), 400)

        assert canary.hits == 0
    assert not Webhook.objects.exists()


def test_plain_http_is_refused(api: Api, monkeypatch):
    monkeypatch.setattr("claims.http.client.look_up", lambda host, port: ["93.184.215.14"])

    refused = expect(api.post("/webhooks", {"url": "http://hooks.example/in"}), 400, "invalid")
    made = expect(api.post("/webhooks", {"url": "https://hooks.example/in"}), 201)

    assert refused["fields"] == {"url": ["Events are sent by https:// only."]}
    assert made["url"] == "https://hooks.example/in"
    expect(api.post("/webhooks", {"url": "https://hooks.example/in"}), 409, "conflict")


def test_a_consumer_has_so_many_endpoints_and_no_more(api: Api, monkeypatch):
    monkeypatch.setattr("claims.http.client.look_up", lambda host, port: ["93.184.215.14"])

    answers = [api.post("/webhooks", {"url": f"https://hooks.example/{n}"}).status_code for n in range(11)]

    assert answers == [201] * 10 + [409]
