"""Endpoints in the admin: who sees what, what administrators do, and hostile answers shown as text."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from claims.choices import EventKind, Role
from claims.models import Consumer, Event, Webhook, WebhookSecret
from claims.publishing import signing, webhooks
from claims.webhook_choices import WebhookEvent, WebhookOff
from tests.admin.conftest import Editor
from tests.factories import NOON

HOSTILE = "</pre><script>alert(1)</script>&\u202e"
pytestmark = pytest.mark.django_db


@pytest.fixture
def hook() -> Webhook:
    owner = Consumer.objects.create(name="Agency <b>", contact="desk@agency.example")
    return Webhook.objects.create(
        consumer=owner,
        public_id="hook1",
        url="https://hooks.agency.example/in?token=very-private",
        events=sorted(WebhookEvent.values),
        created_at=NOON,
        description=HOSTILE,
    )


def change(hook: Webhook) -> str:
    return reverse("admin:claims_webhook_change", args=[hook.pk])


def post(who: Editor, name: str, *args: Any, **data: str) -> Any:
    return who.client.post(reverse(f"admin:{name}", args=args), data, follow=True)


def test_the_desk_sees_who_is_reached_and_not_the_addresses(writer: Editor, hook: Webhook):
    listed = writer.get(reverse("admin:claims_webhook_changelist")).content.decode()

    assert "hooks.agency.example" in listed
    assert "very-private" not in listed
    assert writer.get(change(hook)).status_code == 403
    message = hook.deliveries.create(cause="x", event="webhook.ping", payload="{}", created_at=NOON, next_at=NOON)
    assert writer.get(reverse("admin:webhook_message", args=[hook.pk, message.message_id])).status_code == 403


def test_only_administrators_act(writer: Editor, hook: Webhook):
    for name in ("webhook_ping", "webhook_switch_off", "webhook_switch_on"):
        post(writer, name, hook.pk)

    hook.refresh_from_db()
    assert hook.off == WebhookOff.NO
    assert not hook.deliveries.exists()
    assert writer.client.get(reverse("admin:webhook_ping", args=[hook.pk])).status_code == 405


def test_a_message_shows_payload_and_hostile_answers_as_text(administrator: Editor, hook: Webhook):
    message = hook.deliveries.create(
        cause="x", event="webhook.ping", payload='{"data":{"note":"</pre><script>"}}', created_at=NOON, next_at=NOON
    )
    message.attempts.create(number=1, at=NOON, milliseconds=3, status=500, note="Answered 500.", answer=HOSTILE)

    page = administrator.get(reverse("admin:webhook_message", args=[hook.pk, message.message_id])).content.decode()

    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("</pre>") == 2
    assert "very-private" in administrator.get(change(hook)).content.decode()


def test_testing_switching_and_sending_again(administrator: Editor, hook: Webhook):
    post(administrator, "webhook_ping", hook.pk)
    [ping] = hook.deliveries.all()
    post(administrator, "webhook_switch_off", hook.pk)
    hook.refresh_from_db()
    ping.refresh_from_db()
    assert (hook.off, ping.state) == (WebhookOff.DESK, "given_up")

    post(administrator, "webhook_switch_on", hook.pk)
    said = post(administrator, "webhook_redeliver", hook.pk, message=ping.message_id)
    unknown = post(administrator, "webhook_redeliver", hook.pk, message="msg_of_another")

    ping.refresh_from_db()
    assert ping.state == "waiting"
    assert "sent again" in said.content.decode()
    assert "no such message" in unknown.content.decode()


def test_an_administrator_registers_and_the_secret_is_in_that_answer_alone(
    administrator: Editor, hook: Webhook, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("claims.http.client.look_up", lambda host, port: ["93.184.215.14"])
    given = {"consumer": str(hook.consumer_id), "url": "https://new.example/in", "events": ["verdict.retracted"]}
    address = reverse("admin:webhook_register")

    refused = administrator.client.post(address, {**given, "url": "https://127.0.0.1/"})
    made = administrator.client.post(address, given)

    assert refused.status_code == 400
    assert "private or reserved network" in refused.content.decode()
    secret = made.content.decode().partition('value="whsec_')[2].partition('"')[0]
    assert len(secret) == 44
    assert "no-store" in made["Cache-Control"]
    assert secret not in WebhookSecret.objects.get().sealed
    assert secret not in administrator.get(change(Webhook.objects.get(url=given["url"]))).content.decode()


def shown(answer: Any) -> str:
    """The secret that a page shows."""
    return str(answer.content.decode().partition('value="whsec_')[2].partition('"')[0])


def test_an_administrator_replaces_the_secret_and_it_is_in_that_answer_alone(
    administrator: Editor, hook: Webhook, caplog: pytest.LogCaptureFixture
):
    old = WebhookSecret.objects.create(webhook=hook, sealed=signing.seal(signing.new_secret()), created_at=NOON)
    before = timezone.now()

    made = post(administrator, "webhook_rotate_secret", hook.pk, overlap_hours="48")

    old.refresh_from_db()
    current = hook.secrets.get(expires_at__isnull=True)
    assert signing.shown(signing.open_sealed(current.sealed).secret) == f"whsec_{shown(made)}"
    assert old.expires_at is not None
    assert timedelta(hours=48) <= old.expires_at - before < timedelta(hours=49)
    assert "no-store" in made["Cache-Control"]
    assert "for 48 hours by the old one" in made.content.decode()
    secret, page = shown(made), administrator.get(change(hook)).content.decode()
    assert "An older one signs beside it until" in page
    event = Event.objects.get(kind=EventKind.WEBHOOK_SECRET_ROTATED)
    assert event.data is not None
    assert (event.actor, event.data["overlap_hours"]) == (administrator.user, 48)
    for place in (current.sealed, page, json.dumps(event.data), caplog.text, str(dict(administrator.client.session))):
        assert secret not in place


def test_a_secret_that_leaked_ends_at_once(administrator: Editor, hook: Webhook):
    post(administrator, "webhook_rotate_secret", hook.pk, overlap_hours="24")

    made = post(administrator, "webhook_rotate_secret", hook.pk, overlap_hours="0")

    assert [secret.expires_at for secret in hook.secrets.valid()] == [None]
    assert "The old secret signs nothing any more" in made.content.decode()


@pytest.mark.parametrize("overlap", ["", "-1", "169", "soon"])
def test_an_overlap_that_cannot_be_leaves_the_secret(administrator: Editor, hook: Webhook, overlap: str):
    said = post(administrator, "webhook_rotate_secret", hook.pk, overlap_hours=overlap)

    assert "0 to 168 hours" in said.content.decode()
    assert not hook.secrets.exists()


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.FACT_CHECKER, Role.REVIEWER, Role.PUBLISHER])
def test_nobody_else_replaces_a_secret(at_desk: Callable[[Role | str], Editor], hook: Webhook, role: Role):
    said = post(at_desk(role), "webhook_rotate_secret", hook.pk, overlap_hours="24")

    assert said.status_code == 403
    assert not hook.secrets.exists()
    assert not Event.objects.filter(kind=EventKind.WEBHOOK_SECRET_ROTATED).exists()


def test_too_many_secrets_at_once_are_refused_in_words(administrator: Editor, hook: Webhook):
    for _ in range(webhooks.MOST_SECRETS):
        post(administrator, "webhook_rotate_secret", hook.pk, overlap_hours="24")

    said = post(administrator, "webhook_rotate_secret", hook.pk, overlap_hours="24")

    assert "Wait until the older ones have run out" in said.content.decode()
    assert len(hook.secrets.valid()) == webhooks.MOST_SECRETS


def test_the_list_offers_what_the_reader_may_do(writer: Editor, administrator: Editor, hook: Webhook):
    listed = reverse("admin:claims_webhook_changelist")
    doors = (change(hook), reverse("admin:webhook_register"))

    for_writer, for_administrator = (who.get(listed).content.decode() for who in (writer, administrator))

    assert [f'href="{door}' in for_writer for door in doors] == [False, False]
    assert [f'href="{door}' in for_administrator for door in doors] == [True, True]


def test_an_empty_list_says_what_that_means(writer: Editor, administrator: Editor):
    listed = reverse("admin:claims_webhook_changelist")

    assert "or you do it for them" in administrator.get(listed).content.decode()
    assert "Nobody is told at once" in writer.get(listed).content.decode()
    assert "No endpoint is like that" in writer.get(listed, q="Agency").content.decode()


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        ("lost", {"off": WebhookOff.GONE, "off_at": NOON}),
        ("lost", {"off": WebhookOff.FAILING, "off_at": NOON}),
        ("off", {"off": WebhookOff.DESK, "off_at": NOON}),
        ("failing", {"failures": 2, "failing_since": NOON}),
        ("well", {}),
    ],
)
def test_the_list_is_narrowed_by_standing(writer: Editor, hook: Webhook, standing: str, state: dict[str, Any]):
    Webhook.objects.update(**state)
    listed = reverse("admin:claims_webhook_changelist")

    found = {
        name
        for name in ("lost", "off", "failing", "well")
        if "hooks.agency.example" in writer.get(listed, standing=name).content.decode()
    }

    assert found == {standing}


def test_before_switching_off_the_page_says_what_is_lost(administrator: Editor, hook: Webhook):
    post(administrator, "webhook_ping", hook.pk)

    assert "1 message waits for it and will be given up" in administrator.get(change(hook)).content.decode()


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.FACT_CHECKER, Role.ADMINISTRATOR])
@pytest.mark.parametrize("why", [WebhookOff.GONE, WebhookOff.FAILING])
def test_the_desk_says_when_an_endpoint_was_switched_off(
    at_desk: Callable[[Role | str], Editor], hook: Webhook, role: Role, why: WebhookOff
):
    who = at_desk(role)
    assert "tell their owners" not in who.get(reverse("admin:index")).content.decode()

    Webhook.objects.update(off=why, off_at=NOON)

    page = who.get(reverse("admin:index")).content.decode()
    assert "1 switched off because nothing arrived" in page
    assert "Corrections do not reach them" in page


def test_the_desk_warns_before_an_endpoint_is_switched_off(writer: Editor, administrator: Editor, hook: Webhook):
    Webhook.objects.update(failures=3, failing_since=timezone.now() - timedelta(days=2))

    assert "1 failing for more than a day" in writer.get(reverse("admin:index")).content.decode()
    assert "desk@agency.example" in administrator.get(change(hook)).content.decode()
