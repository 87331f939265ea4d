"""Whom a correction reaches: who holds which version, by what we know it, and who is told first."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from claims.access.keys import issue
from claims.choices import ChangeType, Role
from claims.models import Claim, Consumer, Delivery, FeedPosition, Holding, ReachLoss
from claims.publishing import deliveries, reach, served
from tests import factories
from tests.admin.conftest import editor
from tests.api.conftest import Api, expect
from tests.factories import NOON
from tests.publishing.endpoints import consumer, endpoint, time_passes, work
from tests.servers.receiver import Receiver
from workers.choices import JobKind
from workers.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_gathered() -> Iterator[None]:
    """The process's buffer empty, and its clock stopped."""
    served._gathered = served._Gathered()
    yield
    if served._timer is not None:
        served._timer.cancel()
        served._timer = None
    served._gathered = served._Gathered()


def reader(name: str) -> Api:
    return Api(key=issue(name="sync", scopes=["verdicts:read"], consumer=consumer(name), actor=None, at=NOON).clear)


def shown(claim: Claim) -> dict[str, Any]:
    """The reach of the claim as its page shows it."""
    with connection.cursor() as cursor:
        cursor.execute(reach.reach_sql(str(claim.pk)))
        found: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return found


def who_is_behind(claim: Claim) -> list[tuple[str, int]]:
    return [(item["name"], item["version"]) for item in shown(claim)["behind"]]


def test_four_ways_to_hold_a_version_and_who_is_behind(receiver: Receiver):
    claim = factories.published_claim()
    readers = {name: reader(name) for name in ("Reads", "Acknowledges", "Follows", "Never")}
    endpoint(receiver, owner=consumer("Is told"), events=["verdict.corrected"])
    expect(readers["Reads"].get(f"/verdicts/{claim.public_id}"), 200)
    expect(readers["Follows"].get("/verdicts/changes?after=1"), 200)
    expect(readers["Acknowledges"].post(f"/verdicts/{claim.public_id}/acknowledgements", {"version": 1}), 200)
    served.flush()
    before = shown(claim)

    factories.corrected(claim)
    work()
    after = shown(claim)

    assert (before["newest"], before["total"], before["current"], before["acknowledged"]) == (1, 3, 3, 1)
    assert (after["newest"], after["total"], after["current"], after["acknowledged"]) == (2, 4, 1, 0)
    assert who_is_behind(claim) == [("Acknowledges", 1), ("Follows", 1), ("Reads", 1)]
    how = {item["name"]: item["how"] for item in after["behind"]}
    assert how == {"Acknowledges": "acknowledged", "Follows": "feed", "Reads": "read"}


def test_each_way_brings_a_consumer_up_to_date():
    claim = factories.published_claim()
    readers = [reader(name) for name in ("A", "B", "C", "D")]
    for api in readers:
        expect(api.get(f"/verdicts/{claim.public_id}"), 200)
    served.flush()
    factories.corrected(claim)
    etag = readers[0].get(f"/verdicts/{claim.public_id}")["ETag"]

    assert readers[1].get(f"/verdicts/{claim.public_id}", if_none_match=etag).status_code == 304
    expect(readers[2].get("/verdicts/changes?after=2"), 200)
    expect(readers[3].post(f"/verdicts/{claim.public_id}/acknowledgements", {"version": 2}), 200)
    served.flush()

    assert (shown(claim)["current"], shown(claim)["total"], who_is_behind(claim)) == (4, 4, [])


def test_an_old_version_read_later_takes_nothing_away():
    claim = factories.corrected(factories.published_claim())
    api = reader("Reads")
    expect(api.get(f"/verdicts/{claim.public_id}"), 200)
    served.flush()

    expect(api.get(f"/verdicts/{claim.public_id}?version=1"), 200)
    served.flush()

    assert Holding.objects.get().version == 2


def test_a_retraction_is_a_version_that_must_be_held_too():
    claim = factories.published_claim()
    api = reader("Reads")
    expect(api.get(f"/verdicts/{claim.public_id}"), 200)
    served.flush()
    factories.retracted(claim)
    assert who_is_behind(claim) == [("Reads", 1)]

    expect(api.get(f"/verdicts/{claim.public_id}"), 410, "retracted")
    served.flush()

    assert who_is_behind(claim) == []


def test_readers_without_a_key_and_people_are_not_counted():
    claim = factories.published_claim()
    person = factories.person(Role.FACT_CHECKER)
    key = issue(name="mine", scopes=["verdicts:read"], user=person, actor=None, at=NOON).clear

    expect(Api().get(f"/verdicts/{claim.public_id}"), 200)
    expect(Api(key=key).get(f"/verdicts/{claim.public_id}"), 200)
    served.flush()

    assert shown(claim)["total"] == 0


def test_holders_of_what_is_corrected_are_told_first_and_whatever_they_chose(receiver: Receiver):
    claim = factories.published_claim()
    endpoint(receiver, owner=consumer("Reads"), events=["verdict.published"])
    expect(reader("Reads").get(f"/verdicts/{claim.public_id}"), 200)
    served.flush()
    Job.objects.all().delete()

    factories.corrected(claim)
    factories.published_claim()
    work()

    message = next(m for m in receiver.messages if m["type"] == "verdict.corrected")
    assert message["data"]["held_version"] == 1
    assert message["data"]["acknowledge_url"].endswith(f"/api/v1/verdicts/{claim.public_id}/acknowledgements")
    assert Delivery.objects.get(event="verdict.corrected").priority > Delivery.objects.filter(priority=0)[0].priority
    assert shown(claim)["current"] == 1  # the webhook that arrived carried it


def test_a_clarification_owes_nobody_anything(receiver: Receiver):
    claim = factories.published_claim()
    endpoint(receiver, owner=consumer("Reads"), events=["verdict.retracted"])
    expect(reader("Reads").get(f"/verdicts/{claim.public_id}"), 200)
    served.flush()
    factories.corrected(claim, change_type=ChangeType.CLARIFICATION, note="Clearer words.")

    work()

    assert receiver.messages == []
    assert who_is_behind(claim) == [("Reads", 1)]


def test_who_read_a_moment_before_the_correction_is_told_too(receiver: Receiver):
    claim = factories.published_claim()
    endpoint(receiver, owner=consumer("Reads"), events=["verdict.retracted"])
    expect(reader("Reads").get(f"/verdicts/{claim.public_id}"), 200)  # not written down yet
    factories.corrected(claim)
    work()
    assert receiver.messages == []

    served.flush()
    late = Job.objects.filter(kind=JobKind.TELL_ENDPOINTS, state="queued")
    assert late.exists()
    late.update(run_at=timezone.now())
    work()

    assert [m["data"]["held_version"] for m in receiver.messages] == [1]


def test_a_message_that_failed_holds_nothing(receiver: Receiver):
    claim = factories.published_claim()
    endpoint(receiver, owner=consumer("Is told"))
    receiver.says(500)
    work()
    assert not Holding.objects.exists()

    receiver.says(200)
    time_passes(seconds=10)
    work()

    assert (Holding.objects.get().claim, Holding.objects.get().how) == (claim, "delivered")


def test_acknowledging_what_was_never_published_is_refused():
    claim = factories.published_claim()
    api = reader("Reads")

    expect(api.post(f"/verdicts/{claim.public_id}/acknowledgements", {"version": 2}), 400, "invalid")
    expect(api.post("/verdicts/nothing/acknowledgements", {"version": 1}), 404, "not_found")
    expect(api.post(f"/verdicts/{claim.public_id}/acknowledgements", {}), 400, "invalid")
    expect(Api().post(f"/verdicts/{claim.public_id}/acknowledgements", {"version": 1}), 401)
    assert not Holding.objects.exists()


def test_acknowledgements_are_remembered_beside_what_was_served():
    claim = factories.published_claim()
    api, address = reader("Reads"), f"/verdicts/{claim.public_id}/acknowledgements"
    nothing = expect(api.get(address), 200)
    expect(api.post(address, {"version": 1}), 200)
    factories.corrected(claim)
    expect(api.get(f"/verdicts/{claim.public_id}"), 200)
    served.flush()

    held = expect(api.get(address), 200)

    assert (nothing["current"], nothing["version"], nothing["how"]) == (1, None, None)
    assert (held["version"], held["how"], held["acknowledged_version"]) == (2, "read", 1)


def test_a_read_touches_no_table_for_it(django_assert_num_queries: Any):
    claim = factories.published_claim()
    api = reader("Reads")
    address = f"/verdicts/{claim.public_id}"
    api.get(address)

    with django_assert_num_queries(2):  # the key, the verdict
        expect(api.get(address), 200)

    assert not Holding.objects.exists()


def test_what_was_served_is_written_down_by_itself(settings: Any):
    settings.REACH_FLUSH_SECONDS = 0.1
    claim = factories.published_claim()
    expect(reader("Reads").get(f"/verdicts/{claim.public_id}"), 200)
    timer = served._timer
    assert timer is not None

    timer.join(10)

    assert Holding.objects.get().version == 1


def test_nothing_is_lost_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch):
    claim = factories.published_claim()
    api = reader("Reads")
    expect(api.get(f"/verdicts/{claim.public_id}"), 200)
    expect(api.get("/verdicts/changes?after=1"), 200)

    def away(taken: object) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(served, "_write", away)
        with pytest.raises(OperationalError):
            served.flush()
    served.flush()

    assert Holding.objects.get().version == 1
    assert FeedPosition.objects.get().after == 1
    assert not ReachLoss.objects.exists()


def test_what_finds_the_buffer_full_is_counted_and_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(served, "MOST_GATHERED", 1)
    first, second = factories.published_claim(), factories.published_claim()
    api = reader("Reads")
    for claim in (first, second, first):
        expect(api.get(f"/verdicts/{claim.public_id}"), 200)

    served.flush()

    assert [row.claim for row in Holding.objects.all()] == [first]
    assert ReachLoss.objects.get().rows == 1
    assert shown(first)["lost"] == 1


def test_the_claims_page_says_who_holds_the_current_version():
    claim = factories.published_claim()
    for number in range(34):
        owner = Consumer.objects.create(name=f"Consumer <{number:02}>", contact=f"mail-{number}@example.org")
        version = 1 if number < 3 else 2
        Holding.objects.create(consumer=owner, claim=claim, version=version, how="read", at=NOON)
    Consumer.objects.create(name="Never read it")
    left = Consumer.objects.create(name="Left", active=False)
    Holding.objects.create(consumer=left, claim=claim, version=1, how="read", at=NOON)
    factories.corrected(claim)

    page = editor(factories.person(Role.FACT_CHECKER)).page(claim).content.decode()

    assert "<strong>31 of 34</strong> consumers hold the current version (2)" in page
    assert all(f"Consumer &lt;{number:02}&gt;" in page for number in range(3))
    assert "Consumer &lt;03&gt;" not in page
    assert "Never read it" not in page
    assert "Left" not in page
    assert "mail-0@example.org" in page
    assert reverse("admin:claim", args=[claim.public_id]) in page


def test_a_claim_that_is_not_public_has_no_reach():
    claim = factories.written_claim()

    page = editor(factories.person(Role.FACT_CHECKER)).page(claim).content.decode()

    assert 'id="reach"' not in page
    assert deliveries.fan_out(verdict_id=claim.verdicts.get().pk, at=timezone.now() - timedelta(days=1)) == []
