"""The pages of endpoints in a real browser: read at every width, and each of their forms used."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from claims.models import Consumer, Delivery, Organisation, Webhook
from claims.publishing import webhooks
from claims.publishing.webhooks import By
from claims.webhook_choices import PING, DeliveryState, WebhookEvent, WebhookOff
from tests.browser import newsroom

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>" + "ö" * 90
LIST, REGISTER = "/admin/claims/webhook/", "/admin/claims/webhook/register/"
_UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true; })"


def _endpoint(owner: Consumer, path: str, **state: Any) -> Webhook:
    made = webhooks.register(
        consumer=owner,
        url=f"https://hooks.{owner.pk}.a-very-long-name-of-a-receiver.example/{path}",
        events=list(WebhookEvent.values),
        description=HOSTILE,
        by=By(consumer=owner),
        at=timezone.now() - timedelta(days=9),
    ).webhook
    Webhook.objects.filter(pk=made.pk).update(**state)
    made.refresh_from_db()
    return made


def _message(hook: Webhook, cause: str, state: DeliveryState, **more: Any) -> Delivery:
    at = timezone.now() - timedelta(hours=2)
    waits = state == DeliveryState.WAITING
    return hook.deliveries.create(
        cause=cause,
        event=PING if cause == "ping" else WebhookEvent.CORRECTED,
        payload='{"type": "verdict.corrected", "data": {"note": "' + "long" * 80 + ' </pre><script>x</script>"}}',
        created_at=at,
        state=state,
        next_at=at + timedelta(days=1) if waits else None,
        finished_at=None if waits else at,
        **more,
    )


@pytest.fixture
def hooks() -> dict[str, Webhook]:
    """One that works, one that fails with messages of every kind, one that is off, and one that was never used."""
    now = timezone.now()
    newsroom.people()
    Organisation.objects.update(name="The Estuary Desk", time_zone="Europe/Lisbon")
    agency = Consumer.objects.create(name="Agency <b>", contact="desk@agency.example")
    quiet = Consumer.objects.create(name="A consumer without a contact, and with a name that goes on for a while")
    found = {
        "well": _endpoint(agency, "well", last_success_at=now - timedelta(minutes=3)),
        "failing": _endpoint(
            agency,
            "in?token=" + "very-private" * 12,
            failures=5,
            failing_since=now - timedelta(days=2),
            resting_until=now + timedelta(minutes=4),
            last_failure_at=now - timedelta(minutes=1),
            last_failure="It took too long to answer, " + "x" * 200,
        ),
        "off": _endpoint(quiet, "off", off=WebhookOff.GONE, off_at=now - timedelta(hours=30)),
        "unused": _endpoint(quiet, "unused"),
    }
    _message(found["off"], "lost", DeliveryState.GIVEN_UP, tries=10, last_note="It answered 410: gone.")
    _message(found["failing"], "ping", DeliveryState.DELIVERED, tries=1, last_status=204)
    waits = _message(found["failing"], "waits", DeliveryState.WAITING, tries=2, last_status=500, held_version=1)
    for number in (1, 2):
        waits.attempts.create(
            number=number, at=now, milliseconds=15_000, status=500, note="Answered 500.", answer=HOSTILE * 4
        )
    return found


def pages(hooks: dict[str, Webhook]) -> list[str]:
    messages = [f"{LIST}{row.webhook_id}/messages/{row.message_id}/" for row in Delivery.objects.order_by("pk")]
    return [
        LIST,
        f"{LIST}?q=nobody",
        *(f"{LIST}{hook.pk}/change/" for hook in hooks.values()),
        *messages,
        REGISTER,
        "/admin/",
    ]


def test_no_page_breaks_the_policy_or_scrolls_sideways(desk_of, hooks: dict[str, Webhook]):
    for width in (1280, 375, 320):
        desk = desk_of(width=width)
        desk.log_in("dev")
        for number, address in enumerate(pages(hooks)):
            desk.open(address)
            desk.page.evaluate(_UNFOLD)
            desk.check()
            _picture(desk, f"hooks-{number}-{width}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(desk_of, hooks: dict[str, Webhook], scheme: str):
    found: dict[str, list[str]] = {}

    for width in (1280, 375):
        desk = desk_of(width=width, scheme=scheme, past_policy=True)
        desk.log_in("dev")
        for address in pages(hooks):
            desk.open(address)
            desk.page.evaluate(_UNFOLD)
            faults = desk.faults()
            if faults:
                found[f"{address} at {width}"] = faults

    assert found == {}


@pytest.mark.parametrize("width", [1280, 375])
def test_an_endpoint_is_registered_tested_given_a_new_secret_and_switched_off_and_on(
    desk_of, hooks: dict[str, Webhook], width: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("claims.http.client.look_up", lambda host, port: ["93.184.215.14"])
    desk = desk_of(width=width, past_policy=True)
    desk.log_in("dev")
    faults: list[str] = []

    def look(name: str) -> str:
        faults.extend(desk.faults())
        _picture(desk, f"used-{name}-{width}")
        text: str = desk.page.locator("#container").inner_text()
        return text

    desk.open(REGISTER)
    desk.page.get_by_label("Consumer").select_option(label="Agency <b>")
    desk.page.get_by_label("Address").fill("https://127.0.0.1/in")
    desk.expected.add("400")  # the browser's own note of the refusal
    desk.press("Register the endpoint")
    assert "Events cannot be sent to this address" in look("refused")
    desk.expected.clear()
    desk.page.get_by_label("Address").fill("https://new.example/in")
    desk.press("Register the endpoint")
    assert desk.page.get_by_label("Secret").input_value().startswith("whsec_")
    look("registered")
    desk.page.get_by_role("link", name="I have copied it").click()
    desk.press("Send a test")
    assert "A test is on its way" in look("tested")
    desk.page.locator("summary", has_text="Make a new secret").click()
    desk.page.get_by_label("Hours that the old secret signs on").fill("0")
    desk.press("Make it now")
    assert "The old secret signs nothing any more" in look("rotated")
    desk.page.get_by_role("link", name="I have copied it").click()
    desk.page.locator("summary", has_text="Switch it off").click()
    assert "1 message waits for it and will be given up" in look("warned")
    desk.press("Switch it off now")
    assert "Switched off by the desk" in look("off")
    desk.press("Switch it on")
    desk.page.locator("table.plain a").first.click()
    desk.press("Send it again")
    assert "The message is sent again" in look("again")

    assert faults == []


def _picture(desk: Any, name: str) -> None:
    folder = os.environ.get("WEBHOOK_PICTURES")
    if folder:
        desk.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
