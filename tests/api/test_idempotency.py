"""Idempotency-Key: what is repeated is done once and answered alike, whatever happens in between."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from claims.access import calls
from claims.choices import Role
from claims.models import ApiKey, Claim, Evidence, IdempotentCall, ReviewNote
from tests import factories
from tests.api.conftest import Api, expect, key_for

BREAD = {"statement": "Bread costs twice as much as a year ago."}


def test_a_repeated_request_is_done_once_and_answered_alike(checker: Api):
    first = checker.post("/claims", BREAD, idempotency_key="a-1")
    again = checker.post("/claims", dict(reversed([*BREAD.items()])), idempotency_key='"a-1"')

    expect(first, 201)
    assert (again.status_code, again.content) == (201, first.content)
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Claim.objects.count() == 1


def test_the_same_key_with_another_request_is_refused(checker: Api):
    expect(checker.post("/claims", BREAD, idempotency_key="a-1"), 201)
    claim = Claim.objects.get()

    other = checker.post("/claims", {"statement": "Milk costs twice as much."}, idempotency_key="a-1")
    elsewhere = checker.post(f"/claims/{claim.public_id}/notes", {"text": "Look."}, idempotency_key="a-1")

    expect(other, 422, "idempotency_key_reused")
    expect(elsewhere, 422, "idempotency_key_reused")
    assert Claim.objects.count() == 1
    assert not ReviewNote.objects.exists()


def test_keys_belong_to_a_person_whichever_way_they_come(checker: Api, reviewer: Api):
    assert checker.user is not None
    mine = checker.post("/claims", BREAD, idempotency_key="a-1")
    by_another_key = Api(key=key_for(checker.user)).post("/claims", BREAD, idempotency_key="a-1")
    theirs = reviewer.post("/claims", BREAD, idempotency_key="a-1")

    assert by_another_key.content == mine.content
    assert expect(theirs, 201)["id"] != expect(mine, 201)["id"]


def test_a_refusal_is_not_kept_since_nothing_was_done(checker: Api):
    claim = factories.researching_claim()
    path = f"/claims/{claim.public_id}"
    refused = checker.post(f"{path}/submit", idempotency_key="go")
    expect(refused, 403, "not_allowed")
    assert not IdempotentCall.objects.exists()

    expect(checker.post(f"{path}/notes", {"text": "Look."}, idempotency_key="go"), 201)


def test_a_move_is_made_once(checker: Api):
    claim = factories.inbox_claim()
    path = f"/claims/{claim.public_id}/accept"

    first = expect(checker.post(path, idempotency_key="go"), 200)
    again = expect(checker.post(path, idempotency_key="go"), 200)

    assert first == again
    expect(checker.post(path, idempotency_key="another"), 409, "illegal_move")


def test_an_answer_without_a_body_is_repeated_too(checker: Api):
    claim = factories.researching_claim()

    answers = [checker.post(f"/claims/{claim.public_id}/searches", idempotency_key="s") for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2


def test_a_key_is_forgotten_after_a_day(checker: Api):
    expect(checker.post("/claims", BREAD, idempotency_key="a-1"), 201)
    IdempotentCall.objects.update(at=timezone.now() - timedelta(hours=25))

    expect(checker.post("/claims", BREAD, idempotency_key="a-1"), 201)
    assert Claim.objects.count() == 2

    IdempotentCall.objects.update(at=timezone.now() - timedelta(hours=25))
    calls.prune(at=timezone.now())
    assert not IdempotentCall.objects.exists()


@pytest.mark.parametrize("key", ["", '""', "two words", "ä", "x" * 256, 'a"b'])
def test_what_is_no_key_is_refused(checker: Api, key: str):
    expect(checker.post("/claims", BREAD, idempotency_key=key), 400, "malformed")
    assert not Claim.objects.exists()


def test_files_are_told_apart_by_their_bytes(checker: Api):
    claim = factories.researching_claim()
    client = Client(headers={"Authorization": f"Bearer {checker.key}", "Idempotency-Key": "file"})
    path = f"/api/v1/claims/{claim.public_id}/evidence/files"

    def send(text: bytes) -> Any:
        return client.post(path, {"stance": "refutes", "file": SimpleUploadedFile("table.txt", text)})

    first, again, other = send(b"3.1 per cent"), send(b"3.1 per cent"), send(b"9.9 per cent")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again.content == first.content
    assert Evidence.objects.count() == 1


def test_where_the_answer_holds_a_secret_no_key_is_taken(consumer: Api):
    expect(consumer.post("/key/rotate", {}, idempotency_key="a-1"), 400, "invalid")
    assert ApiKey.objects.count() == 1
    ApiKey.objects.update(scopes=["verdicts:read", "webhooks:manage"])
    expect(consumer.post("/webhooks", {"url": "https://a.example/"}, idempotency_key="a-1"), 400, "invalid")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_done(as_role: Callable[..., Api]):
    api = as_role(Role.CONTRIBUTOR)
    statuses: list[int] = []
    gate = threading.Barrier(8)

    def send() -> None:
        gate.wait()
        try:
            statuses.append(api.post("/claims", BREAD, idempotency_key="a-1").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Claim.objects.count() == 1
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert len(statuses) == 8


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_at_work_the_second_is_told_so(as_role: Callable[..., Api]):
    api, user = as_role(Role.CONTRIBUTOR), factories.person(Role.CONTRIBUTOR)
    seen: list[Any] = []

    def at_work() -> calls.Answered:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        return calls.Answered(status=200, headers={}, body=b"{}")

    def second() -> None:
        seen.append(api.post("/claims", BREAD, idempotency_key="a-1"))
        connection.close()

    calls.once(user=user, key="a-1", request_hash="0" * 64, call=at_work, at=timezone.now())

    expect(seen[0], 409, "in_flight")
    assert not Claim.objects.exists()
