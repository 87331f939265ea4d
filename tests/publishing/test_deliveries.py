"""From a publication to an endpoint: who is told what, what an answer means, and what is tried again when."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from claims.choices import EventKind
from claims.models import Delivery, DeliveryTry, Event, Publication, Webhook
from claims.publishing import deliveries, signing, webhooks
from claims.publishing.deliveries import Hold
from claims.webhook_choices import DeliveryState, WebhookOff
from tests import factories
from tests.factories import NOON
from tests.publishing.endpoints import by, consumer, endpoint, time_passes, work
from tests.servers.loopback import Request, Site, Wire
from tests.servers.receiver import Receiver
from workers.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


def until(moment: datetime | None) -> float:
    """Seconds from now."""
    assert moment is not None
    return (moment - timezone.now()).total_seconds()


def waits() -> float:
    """Seconds until the one waiting message is tried again."""
    return until(Delivery.objects.waiting().get().next_at)


def test_every_kind_of_publication_arrives_signed_with_version_and_sequence(receiver: Receiver):
    hook = endpoint(receiver)
    claim = factories.published_claim()
    factories.corrected(claim)
    factories.retracted(claim)

    work()

    told = [(m["type"], m["data"]["version"], m["data"]["sequence"]) for m in receiver.messages]
    published = Publication.objects.order_by("sequence").values_list("version", "sequence")
    kinds = ["verdict.published", "verdict.corrected", "verdict.retracted"]
    assert sorted(told) == sorted((kind, *row) for kind, row in zip(kinds, published, strict=True))
    assert receiver.bad == 0
    assert set(receiver.seen.values()) == {1}
    assert set(hook.deliveries.values_list("state", flat=True)) == {DeliveryState.DELIVERED}


def test_a_message_says_what_was_published_and_where_to_read_it(receiver: Receiver):
    endpoint(receiver)
    claim = factories.corrected(factories.published_claim(), note="A figure was wrong.")

    work()

    message = next(m for m in receiver.messages if m["type"] == "verdict.corrected")
    publication = Publication.objects.get(claim=claim, version=2)
    data = message["data"]
    assert message["timestamp"] == publication.valid_from.isoformat().replace("+00:00", "Z")
    assert (data["id"], data["note"], data["rating"]) == (claim.public_id, "A figure was wrong.", "false")
    assert data["document_url"].endswith(f"/api/v1/verdicts/{claim.public_id}?version=2")
    assert data["licence"] == "CC BY 4.0"
    assert all("." not in request.headers["webhook-id"] for request in receiver.requests)
    assert all(len(request.body) <= 20_000 for request in receiver.requests)


def test_an_endpoint_is_told_of_the_events_that_it_chose(receiver: Receiver):
    endpoint(receiver, events=["verdict.retracted"])
    factories.retracted(factories.published_claim())

    work()

    assert [m["type"] for m in receiver.messages] == ["verdict.retracted"]


def test_consumers_who_left_and_endpoints_that_are_off_or_removed_are_told_nothing(site: Site):
    kept, gone, removed = (Receiver(site, path=path) for path in ("/off", "/left", "/removed"))
    owner, left = consumer("Kept"), consumer("Left")
    webhooks.switch_off(webhook_id=endpoint(kept, owner=owner).pk, by=by(owner), at=NOON)
    endpoint(gone, owner=left)
    left.active = False
    left.save()
    webhooks.remove(webhook_id=endpoint(removed, owner=owner).pk, by=by(owner), at=NOON)

    factories.published_claim()
    work()

    assert site.paths() == []
    assert not Delivery.objects.exists()


def test_a_failure_is_tried_again_with_the_same_id_and_body_and_a_fresh_timestamp(receiver: Receiver):
    hook = endpoint(receiver)
    receiver.says(500, b"<script>alert(1)</script>")
    factories.published_claim()

    work()
    [waiting] = hook.deliveries.all()
    assert 4.5 < waits() <= 5.6
    receiver.says(200, b"thanks")
    time_passes(seconds=6)
    work()

    first, second = receiver.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    tries = list(DeliveryTry.objects.filter(delivery=waiting).order_by("number").values_list("status", "answer"))
    assert tries == [(500, "<script>alert(1)</script>"), (200, "thanks")]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.tries) == (DeliveryState.DELIVERED, 2)
    assert Webhook.objects.get().failures == 0


def test_ten_tries_over_three_days_then_it_is_given_up(receiver: Receiver, settings):
    endpoint(receiver)
    settings.WEBHOOK_DISABLE_DAYS = 100
    receiver.says(500)
    factories.published_claim()

    planned = []
    work()
    while Delivery.objects.waiting().exists():
        planned.append(waits())
        time_passes(seconds=planned[-1] + 1)
        Webhook.objects.update(resting_until=None)
        Job.objects.filter(state="queued").update(run_at=timezone.now())
        work()

    expected = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert [0.98 * e <= p <= 1.11 * e for e, p in zip(expected, planned, strict=True)] == [True] * 9
    assert sum(expected) > 3 * 24 * 3600
    found = Delivery.objects.get()
    assert (found.state, found.tries, len(receiver.requests)) == (DeliveryState.GIVEN_UP, 10, 10)


@pytest.mark.parametrize("status", [301, 302, 307, 404, 500])
def test_only_2xx_counts(receiver: Receiver, status: int):
    endpoint(receiver)
    receiver.says(status, Location="/elsewhere")
    factories.published_claim()

    work()

    assert Delivery.objects.get().last_status == status
    assert Delivery.objects.waiting().count() == 1
    assert receiver.site.paths() == ["/hooks"]


def test_a_receiver_that_asks_for_time_gets_it(receiver: Receiver):
    endpoint(receiver)
    receiver.says(429, Retry_After="900")
    factories.published_claim()

    work()
    factories.published_claim()
    work()

    assert len(receiver.requests) == 1  # nor is anything else sent meanwhile
    assert 890 < until(Webhook.objects.get().resting_until) <= 900
    assert until(Delivery.objects.filter(tries=1).get().next_at) >= 890


def test_an_endpoint_that_says_it_is_gone_is_switched_off_at_once(receiver: Receiver):
    hook = endpoint(receiver)
    receiver.says(410)
    factories.published_claim()

    work()

    hook.refresh_from_db()
    assert hook.off == WebhookOff.GONE
    assert Delivery.objects.get().state == DeliveryState.GIVEN_UP
    fact = Event.objects.get(kind=EventKind.WEBHOOK_SWITCHED_OFF)
    assert fact.data is not None
    assert (fact.data["why"], fact.actor) == ("gone", None)


def test_four_failures_in_a_row_open_the_circuit_and_it_doubles(receiver: Receiver):
    hook = endpoint(receiver)
    receiver.says(503)
    for _ in range(4):
        factories.published_claim()

    work()
    hook.refresh_from_db()
    first = until(hook.resting_until)
    assert (len(receiver.requests), hook.failures) == (4, 4)
    factories.published_claim()
    work()
    assert len(receiver.requests) == 4  # it rests
    time_passes(seconds=first + 1)
    work()
    hook.refresh_from_db()

    assert 55 < first <= 60
    assert len(receiver.requests) == 5
    assert 110 < until(hook.resting_until) <= 120


def test_days_of_nothing_but_failures_switch_it_off_and_one_success_begins_anew(receiver: Receiver):
    hook = endpoint(receiver)
    receiver.says(500)
    factories.published_claim()
    work()
    time_passes(seconds=4 * 24 * 3600)
    receiver.says(200)
    work()
    hook.refresh_from_db()
    assert (hook.off, hook.failing_since) == (WebhookOff.NO, None)

    receiver.says(500)
    factories.published_claim()
    work()
    time_passes(seconds=5 * 24 * 3600 + 1)
    work()

    hook.refresh_from_db()
    assert hook.off == WebhookOff.FAILING
    assert not Delivery.objects.waiting().exists()


def test_what_never_answers_is_a_failure_with_its_reason(receiver: Receiver):
    endpoint(receiver)
    released = threading.Event()

    def hang(request: Request, wire: Wire) -> None:
        released.wait(20)

    receiver.answer = hang
    factories.published_claim()

    work()

    released.set()
    found = DeliveryTry.objects.get()
    assert (found.status, found.answer) == (None, "")
    assert "too long" in found.note


def test_while_one_job_holds_an_endpoint_no_other_sends_and_nothing_is_forgotten(receiver: Receiver):
    hook = endpoint(receiver)
    hold = Hold(webhook_id=hook.pk, job=1, fence=1)
    assert deliveries.take(hold)
    factories.published_claim()

    work()
    assert receiver.requests == []
    with transaction.atomic():
        left = deliveries.leave(hold)
    assert left is not None
    assert left.at <= timezone.now()


def test_a_holder_that_lost_its_hold_writes_nothing(receiver: Receiver):
    hook = endpoint(receiver)
    factories.published_claim()
    first, second = (Hold(webhook_id=hook.pk, job=1, fence=fence) for fence in (1, 2))
    Delivery.objects.create(webhook=hook, cause="x", event="webhook.ping", payload="{}", created_at=NOON, next_at=NOON)
    assert deliveries.take(first)
    message = deliveries.next_message(first)
    assert message is not None
    assert deliveries.take(second)  # the same job, taken again after its worker fell silent

    said = deliveries.Said(message.delivery_id, timezone.now(), 5, 200, "", "")
    assert deliveries.settle(hold=first, said=said).written is False
    assert deliveries.next_message(first) is None
    assert not DeliveryTry.objects.exists()
    with transaction.atomic():
        assert deliveries.leave(first) is None


def test_both_secrets_sign_during_the_overlap_and_only_the_new_one_after(receiver: Receiver):
    hook = endpoint(receiver)
    [old] = receiver.secrets
    issued = webhooks.rotate_secret(webhook_id=hook.pk, overlap_hours=1, by=by(consumer()), at=timezone.now())
    factories.published_claim()
    work()
    assert receiver.bad == 0  # the receiver knows the old one only

    receiver.secrets = [issued.secret]
    hook.secrets.filter(expires_at__isnull=False).update(expires_at=timezone.now())
    factories.published_claim()
    work()

    assert [len(r.headers["webhook-signature"].split(" ")) for r in receiver.requests] == [2, 1]
    assert (receiver.bad, len(receiver.messages)) == (0, 2)
    assert old != issued.secret


def test_a_secret_that_cannot_be_opened_costs_the_endpoint_no_try(receiver: Receiver, monkeypatch):
    hook = endpoint(receiver)
    factories.published_claim()

    def lost(sealed: str):
        raise signing.Unsealable

    with monkeypatch.context() as patch:
        patch.setattr(signing, "open_sealed", lost)
        work()
    hook.refresh_from_db()
    assert (hook.failures, Delivery.objects.get().tries) == (0, 0)
    assert "SECRET_KEY" in hook.last_failure
    time_passes(seconds=deliveries.UNSIGNED_REST + 1)
    work()

    assert len(receiver.messages) == 1


def test_what_nobody_sends_is_found(receiver: Receiver):
    endpoint(receiver)
    factories.published_claim()
    work()
    Delivery.objects.update(state="waiting", next_at=NOON, finished_at=None)
    Job.objects.all().delete()

    found = deliveries.forgotten(before=timezone.now() - timedelta(minutes=2))

    assert [webhook_id for webhook_id, _ in found] == [Webhook.objects.get().pk]


def test_a_publication_is_told_once_however_often_its_job_runs(receiver: Receiver):
    endpoint(receiver)
    claim = factories.published_claim()
    work()
    verdict = Publication.objects.get(claim=claim).verdict_id

    with transaction.atomic():
        deliveries.fan_out(verdict_id=verdict, at=timezone.now())
    work()

    assert Delivery.objects.count() == 1
    assert set(receiver.seen.values()) == {1}


def test_no_endpoint_is_told_before_its_time_of_what_is_approved_only(receiver: Receiver):
    endpoint(receiver)
    factories.approved_claim()

    work()

    assert receiver.requests == []
    assert not Delivery.objects.exists()


def test_secrets_are_sealed_anew_after_the_key_was_changed(receiver: Receiver, settings):
    endpoint(receiver)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key for this test"
    assert webhooks.reseal() == (0, 1)
    settings.SECRET_KEY_FALLBACKS = [before]

    assert webhooks.reseal() == (1, 0)
    settings.SECRET_KEY_FALLBACKS = []
    factories.published_claim()
    work()

    assert (receiver.bad, len(receiver.messages)) == (0, 1)
