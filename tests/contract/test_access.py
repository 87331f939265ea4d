"""Who may call what: every operation, asked by everybody, held against the tables of roles and moves."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test import Client
from django.utils import timezone

from claims.access.keys import issue
from claims.access.roles import LADDER
from claims.api.schema import description
from claims.choices import ChangeType, ReviewItemKind, Role
from claims.coverage import stories
from claims.editing.evidence import EvidenceFields, add_file
from claims.models import Appearance, Claim, Consumer, QueryTrial, ReplyRequest, ReviewItem, Source
from claims.review import operations as review
from claims.review.scheduling import schedule
from claims.verdicts.operations import waive
from tests import factories
from tests.contract.access import CALLERS, DESK_SCOPES, Call, expected, markdown, operations
from tests.contract.calls import CALLS
from tests.factories import NOON, person

PAGE = Path(__file__).parents[2] / "docs" / "access.md"


def claims() -> dict[str, Claim]:
    """A claim at every stage that some operation starts from."""
    checker, publisher = person(Role.FACT_CHECKER), person(Role.PUBLISHER)
    found = {
        "inbox": factories.inbox_claim(),
        "researching": factories.researching_claim(),
        "written": factories.written_claim(),
        "in review": factories.claim_in_review(),
        "approved": factories.approved_claim(),
        "published": factories.published_claim(),
        "declined": factories.inbox_claim(),
        "merged": factories.inbox_claim(),
        "scheduled": factories.approved_claim(),
        "revised": factories.published_claim(),
        "retracting": factories.published_claim(),
    }
    by: dict[str, Any] = {"actor": checker, "at": NOON + timedelta(hours=1)}
    review.decline(claim_id=found["declined"].pk, reason="opinion", **by)
    review.merge(claim_id=found["merged"].pk, into_id=found["researching"].pk, **by)
    now = timezone.now()
    schedule(claim_id=found["scheduled"].pk, publish_at=now + timedelta(days=9), actor=publisher, at=now)
    review.revise(
        claim_id=found["revised"].pk, change_type=ChangeType.CORRECTION, public_note="A figure was wrong.", **by
    )
    review.propose_retraction(claim_id=found["retracting"].pk, public_note="The table is withdrawn.", **by)
    return found


def things() -> dict[str, dict[str, Any]]:
    """What addresses are about, by the names that the calls use: the parts of the address."""
    stages = claims()
    found: dict[str, dict[str, Any]] = {name: {"public_id": claim.public_id} for name, claim in stages.items()}
    claim, checker = stages["researching"], person(Role.FACT_CHECKER)
    evidence = factories.EvidenceFactory.create(claim=claim, added_by=checker)
    words = EvidenceFields(stance="refutes")
    upload = SimpleUploadedFile("table.txt", b"3.1 per cent")
    file = add_file(claim_id=claim.pk, file=upload, given=words, actor=checker, at=NOON)
    waive(claim_id=stages["written"].pk, line="outlets", reason="Nobody else counts it.", actor=checker, at=NOON)
    split = factories.DocumentFactory.create(near_duplicate_group=uuid4())
    stories.split(document_id=split.pk, actor=checker, at=NOON)
    rows = {
        "appearance": Appearance.objects.create(
            claim=claim, document=factories.DocumentFactory.create(), added_at=NOON
        ),
        "claimant": claim.claimant,
        "coverage": factories.CoverageFactory.create(claim=claim),
        "document": factories.DocumentFactory.create(near_duplicate_group=uuid4()),
        "split document": split,
        "evidence": evidence,
        "file": file,
        "item": ReviewItem.objects.create(
            claim=stages["published"], kind=ReviewItemKind.SOURCE_GONE, cause="document:1", opened_at=NOON
        ),
        "reply": ReplyRequest.objects.create(
            claim=claim, asked_of="The office", how="by e-mail", asked_at=NOON, by=checker
        ),
        "source": Source.objects.create(name="The Paper", url="https://paper.example/feed", next_poll_at=NOON),
        "try": QueryTrial.objects.create(claim=claim, lines=["x"], asked_by=checker, asked_at=NOON),
    }
    found |= {name: {"id": row.pk} for name, row in rows.items() if row is not None}
    return found | {
        "": {},
        "form": {"form": "jsonl"},
        "no file": {"name": "nothing"},
        "hook": {"webhook_id": "hook0000000001", "message_id": "msg_1"},
        "revision": {**found["researching"], "number": 1},
        "line": {**found["researching"], "line": "outlets"},
        "waived line": {**found["written"], "line": "outlets"},
    }


def keys(at: datetime) -> dict[str, str]:
    """A key for every caller; colleagues who had no hand in anything."""
    consumer = Consumer.objects.create(name="Another newsroom")
    reader = issue(name="reader", scopes=["verdicts:read"], consumer=consumer, actor=None, at=at).clear
    found = {"anonymous": "", "wrong key": f"fct_live_aaaaaaaa_{'x' * 43}", "reader key": reader}
    for role in (*LADDER, Role.ADMINISTRATOR):
        user = factories.UserFactory.create(username=f"asker-{role.value}", role=role)
        found[role.label.lower()] = issue(name="desk", scopes=DESK_SCOPES, user=user, actor=None, at=at).clear
    return found


def ask(method: str, path: str, call: Call, key: str, tag: str, into: str) -> int:
    """The status of one request, whose effect is taken back."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    headers |= {"If-Match": tag} if tag else {}
    body = {"into": into} if call.body == "merge" else call.body
    client = Client(headers=headers, raise_request_exception=True)
    point = transaction.savepoint()
    try:
        if body == "form":
            form = {"stance": "refutes", "file": SimpleUploadedFile("other.txt", b"9.9 per cent")}
            return client.post(path, form).status_code
        sent = json.dumps(body) if body is not None else ""
        answer = client.generic(method, path, sent, content_type="application/json")
        request_finished.disconnect(close_old_connections)  # the client connects it again after each request
        answer.close()
        return answer.status_code
    finally:
        transaction.savepoint_rollback(point)


@pytest.mark.django_db
@pytest.mark.usefixtures("connection_stays")
def test_everybody_is_let_in_and_kept_out_as_the_tables_say(settings: Any):
    settings.SEARCHES = {**settings.SEARCHES, "wikipedia": {**settings.SEARCHES["wikipedia"], "daily_requests": 10}}
    described = operations(description())
    assert set(CALLS) == set(described), "name what each operation goes by in tests/contract/calls.py"
    prepared, by_caller = things(), keys(timezone.now() - timedelta(minutes=1))
    matrix: dict[str, dict[str, str]] = {}
    surprises = []

    for name, (method, path, _) in described.items():
        call, row = CALLS[name], {}
        address = path.format(**prepared[call.on], **call.parts)
        reader = Client(headers={"Authorization": f"Bearer {by_caller['publisher']}"})
        tag = reader.get(address)["ETag"] if call.match else ""
        for caller in CALLERS:
            status = ask(method, address, call, by_caller[caller], tag, prepared["researching"]["public_id"])
            let_in = status < 400 or status == call.also
            row[caller] = "yes" if let_in else str(status)
            if row[caller] != expected(call, caller):
                surprises.append(f"{name}: {caller} got {status}, the tables say {expected(call, caller)}")
        matrix[name] = row

    assert surprises == []
    page = markdown(matrix, CALLS, {name: (method, path) for name, (method, path, _) in described.items()})
    written, heading, others = PAGE.read_text(encoding="utf-8").partition("\n## ")  # the tables of test_routes.py
    if os.environ.get("UPDATE_ACCESS"):
        PAGE.write_text(page + heading + others, encoding="utf-8")
    else:
        assert page == written, "run: UPDATE_ACCESS=1 pytest tests/contract"


def test_the_expectation_can_fail():
    """A table that gave everybody everything would be noticed."""
    call = CALLS["sources_create"]

    assert [expected(call, caller) for caller in CALLERS] == ["401", "401", *["403"] * 5, "yes"]
