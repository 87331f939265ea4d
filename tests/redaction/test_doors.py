"""What readers and machines get once the words are gone: by every door, and in no column of the database."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from claims.access.keys import issue
from claims.choices import Role, Scope, Stance
from claims.editing import evidence as editing
from claims.editing.evidence import EvidenceFields
from claims.editing.files import opened
from claims.models import (
    Claim,
    Delivery,
    Dump,
    Evidence,
    Holding,
    IdempotentCall,
    Publication,
)
from claims.publishing import dumps, webhooks
from claims.review import operations as moves
from claims.webhook_choices import DeliveryState
from tests import factories
from tests.factories import NOON, person
from tests.publishing.doors import addresses, seen
from tests.publishing.endpoints import by, consumer, endpoint, work
from tests.redaction.erasing import columns_with, erase
from tests.redaction.wordy import WORD, full_claim, gone_claim, told
from tests.servers.loopback import Site
from tests.servers.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_words_are_in_no_column_and_no_file_afterwards(receiver: Receiver):
    endpoint(receiver)
    receiver.says(200, f"got {WORD}".encode())
    clear = issue(
        name="k",
        scopes=[Scope.DESK_READ.value, Scope.DESK_WRITE.value],
        user=person(Role.FACT_CHECKER),
        actor=None,
        at=NOON,
    ).clear
    claim = gone_claim(receiver)
    note = Client().post(
        f"/api/v1/claims/{claim.public_id}/notes",
        json.dumps({"text": told("By the API")}),
        content_type="application/json",
        headers={"authorization": f"Bearer {clear}", "idempotency-key": "n-1"},
    )
    assert note.status_code == 201, note.content
    before = columns_with(WORD)
    names = list(Dump.objects.values_list("name", flat=True))
    assert len(names) == 3
    # So the look does look: each of these is a different kind of column.
    assert {
        "claims_publication.body",
        "claims_publication.search",
        "claims_verdict.candidate",
        "claims_event.data",
        "claims_delivery.payload",
        "claims_deliverytry.answer",
        "claims_idempotentcall.body",
        "claims_reviewitem.difference",
        "claims_approval.comment",
    } <= before

    said = erase("publication", claim.public_id, notes=True, claim_text=True)

    assert columns_with(WORD) == set()
    assert not [name for name in names if (dumps.folder() / name).exists()]
    assert not Dump.objects.exists()
    assert IdempotentCall.objects.get().status == 201
    assert WORD not in said


def test_without_the_options_the_words_stand_where_the_plan_says_and_nowhere_else(receiver: Receiver):
    endpoint(receiver)
    claim = gone_claim(receiver)

    said = erase("publication", claim.public_id)

    left = columns_with(WORD)
    assert {column for column in left if "publication" in column} == {
        "claims_publication.public_note",
        "claims_publication.feed_opening",
    }
    assert {column for column in left if "verdict." in column} == {"claims_verdict.public_note"}
    assert "claims_approval.comment" not in left
    assert "The claim's own rows" in said
    assert f"The public note of version 3: “{told('Taken back')}”" in said


def test_a_superseded_version_goes_and_the_live_one_stays():
    claim = full_claim()
    factories.corrected(claim, summary="Nothing of it.", note="It was wrong.")
    live = Publication.objects.get(claim=claim, version=2)
    stored, api = bytes(live.body or b""), f"/api/v1/verdicts/{claim.public_id}"

    erase("publication", claim.public_id, version=1)

    live.refresh_from_db()
    assert bytes(live.body or b"") == stored
    assert Client().get(api).status_code == 200
    assert Client().get(f"{api}?version=1").status_code == 451
    assert Client().get(f"/verdicts/{claim.public_id}/?version=1").status_code == 451
    assert Client().get(f"/verdicts/{claim.public_id}/").status_code == 200
    [first, second] = Client().get("/api/v1/verdicts/changes").json()["changes"]
    assert (first["document"], second["document"]["version"]) == (None, 2)


def test_a_claim_whose_first_version_was_erased_is_corrected_and_retracted_as_any_other():
    claim = factories.published_claim()
    factories.corrected(claim)
    erase("publication", claim.public_id, version=1)

    factories.corrected(claim, summary="Once more.")
    tombstone = factories.retracted(claim)

    document = json.loads(bytes(tombstone.body or b""))
    assert (document["version"], document["verdict"]["summary"]) == (4, "Once more.")
    assert [c["version"] for c in document["corrections"]] == [2, 3]


def test_what_was_erased_while_live_by_other_means_can_still_be_retracted(raw: Any):
    claim = factories.published_claim()
    raw("ALTER TABLE claims_publication DISABLE TRIGGER claims_publication_append_only")
    Publication.objects.filter(claim=claim).update(body=None)
    raw("ALTER TABLE claims_publication ENABLE TRIGGER claims_publication_append_only")

    tombstone = factories.retracted(claim)

    document = json.loads(bytes(tombstone.body or b""))
    assert (document["retracted"], document["claim"]["statement"]) == (True, "")
    assert document["verdict"]["public_note"] == "The table itself was withdrawn by its office."
    assert claim.statement not in bytes(tombstone.body or b"").decode()
    assert Client().get(f"/api/v1/verdicts/{claim.public_id}").status_code == 410
    assert Client().get(f"/verdicts/{claim.public_id}/").status_code == 410
    assert Client().get(f"/api/v1/verdicts/{claim.public_id}?version=2").status_code == 200
    for door in addresses(ids=[claim.public_id], words=["false"]):
        assert seen(Client(), door)[0] < 500, door


def test_every_door_is_shut_to_the_words_and_none_breaks():
    kept, claim = factories.published_claim(), gone_claim()
    erase("publication", claim.public_id, notes=True)

    doors = addresses(ids=[claim.public_id], words=["false", "verdicts", "csv", "jsonl", "datafeed.json"])
    for door in doors:
        status, body, _ = seen(Client(), door)
        assert status != 500, door
        assert WORD.encode() not in body, door

    listed = Client().get("/api/v1/verdicts").json()["results"]
    assert [item["id"] for item in listed] == [kept.public_id]
    for path in ("/verdicts/", "/feed.json", "/feed.atom", "/feed.rss", "/sitemap.xml", "/corrections/"):
        assert claim.public_id not in Client().get(path).content.decode(), path
    for kind in ("csv", "jsonl", "datafeed.json"):
        answer: Any = Client().get(f"/api/v1/exports/verdicts.{kind}")
        text = b"".join(answer.streaming_content)
        assert (kept.public_id.encode() in text, claim.public_id.encode() in text) == (True, False), kind
    found = Client().get("/v1alpha1/claims:search", {"query": "said"}).json()
    assert "claims" not in found


def test_detail_version_instant_and_parts_answer_451_whatever_the_client_has():
    claim = gone_claim()
    api = f"/api/v1/verdicts/{claim.public_id}"
    tag = Client().get(f"{api}?version=2")["ETag"]
    moments = [p.valid_from.isoformat().replace("+00:00", "Z") for p in Publication.objects.order_by("sequence")]

    erase("publication", claim.public_id)

    for query in ("", "?version=1", "?version=2", "?version=3", "?fields=version", *(f"?as_of={m}" for m in moments)):
        for headers in ({}, {"If-None-Match": tag}, {"If-Modified-Since": "Wed, 25 Nov 2099 00:00:00 GMT"}):
            answer = Client().get(f"{api}{query}", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (451, "redacted"), query
            assert answer["Link"] == '<http://testserver/>; rel="blocked-by"'
    for page in (f"/verdicts/{claim.public_id}/", f"/verdicts/{claim.public_id}/embed/"):
        gone = Client().get(page, headers={"If-Modified-Since": "Wed, 25 Nov 2099 00:00:00 GMT"})
        assert gone.status_code == 451
        assert gone["Link"].endswith('/>; rel="blocked-by"')
    url = f"http://testserver/verdicts/{claim.public_id}/"
    assert Client().get("/oembed", {"url": url}).status_code == 404


def test_the_change_feed_keeps_the_entries_without_documents_and_under_another_tag():
    claim = gone_claim()
    before = Client().get("/api/v1/verdicts/changes")

    erase("publication", claim.public_id)
    after = Client().get("/api/v1/verdicts/changes", headers={"If-None-Match": before["ETag"]})

    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]
    entries = [(c["sequence"], c["version"], c["kind"], c["document"]) for c in after.json()["changes"]]
    assert entries == [(1, 1, "initial", None), (2, 2, "update", None), (3, 3, "tombstone", None)]
    assert after.json()["head"] == before.json()["head"]


def test_a_note_that_is_erased_later_is_in_no_cache_of_the_change_feed():
    claim = gone_claim()
    erase("publication", claim.public_id)
    before = Client().get("/api/v1/verdicts/changes")

    erase("publication", claim.public_id, notes=True)
    after = Client().get("/api/v1/verdicts/changes", headers={"If-None-Match": before["ETag"]})

    assert WORD in before.content.decode()
    assert after.status_code == 200
    assert WORD not in after.content.decode()


def test_a_message_sent_again_holds_none_of_the_words(receiver: Receiver):
    hook = endpoint(receiver)
    claim = gone_claim(receiver)
    first = Delivery.objects.order_by("pk")[0]
    assert WORD in first.payload

    erase("publication", claim.public_id, notes=True)
    receiver.requests.clear()
    webhooks.redeliver(webhook_id=hook.pk, message_id=first.message_id, by=by(consumer()), at=NOON)
    work()

    [request] = [one for one in receiver.requests if b"verdict.erased" not in one.body]
    sent = json.loads(request.body)
    assert WORD.encode() not in request.body
    assert request.headers["webhook-id"] == first.message_id
    assert (sent["type"], sent["data"]["version"], sent["data"]["statement"]) == ("verdict.published", 1, "")
    assert receiver.bad == 0
    first.refresh_from_db()
    assert first.state == DeliveryState.DELIVERED


def test_endpoints_learn_of_a_retraction_that_is_erased_before_they_were_told(receiver: Receiver):
    endpoint(receiver)
    claim = gone_claim()

    erase("publication", claim.public_id, notes=True)
    work()

    told = {m["type"]: m["data"] for m in receiver.messages}
    assert set(told) == {"verdict.published", "verdict.corrected", "verdict.retracted", "verdict.erased"}
    data = told["verdict.retracted"]
    assert (data["id"], data["version"], data["statement"], data["note"]) == (claim.public_id, 3, "", "")
    assert data["url"].endswith(f"/verdicts/{claim.public_id}/")
    assert all(WORD.encode() not in request.body for request in receiver.requests)


def test_whoever_holds_the_words_is_told_to_erase_them_whatever_it_chose(site: Site):
    holds, chose, other = (Receiver(site, path=path) for path in ("/holds", "/chose", "/other"))
    endpoint(holds, owner=consumer("Holds"), events=["verdict.published"])
    claim = full_claim()
    work()
    endpoint(chose, owner=consumer("Chose"), events=["verdict.erased"])
    endpoint(other, owner=consumer("Other"), events=["verdict.retracted"])
    factories.corrected(claim, summary="Nothing of it.", note="It was wrong.")
    work()

    erase("publication", claim.public_id, version=1)
    work()

    [told] = [m for m in holds.messages if m["type"] == "verdict.erased"]
    assert told["data"]["versions"] == [1]
    assert (told["data"]["id"], told["data"]["version"], told["data"]["sequence"]) == (claim.public_id, 1, 1)
    assert [m["type"] for m in chose.messages] == ["verdict.erased"]
    assert other.messages == []
    assert WORD not in json.dumps([told, chose.messages])
    # Who was told that something was erased does not hold it for that.
    assert not Holding.objects.filter(consumer__name="Chose").exists()


def test_who_holds_the_words_is_named(receiver: Receiver):
    endpoint(receiver, owner=consumer("The other paper"))
    claim = gone_claim(receiver)

    said = erase("publication", claim.public_id, dry_run=True)

    assert "The other paper holds version 3, or held an earlier one. Tell them." in said


def test_the_desk_still_shows_the_claim_and_says_what_was_erased(client: Client):
    claim = gone_claim()
    erase("publication", claim.public_id, notes=True, claim_text=True)
    client.force_login(person(Role.PUBLISHER))

    page = client.get(f"/admin/claim/{claim.public_id}/")
    preview = client.get(f"/admin/claim/{claim.public_id}/preview/")

    assert (page.status_code, preview.status_code) == (200, 200)
    assert "erased by law: version 1, 2, 3" in page.content.decode()
    assert "What it said was lawfully erased" in page.content.decode()
    assert WORD not in page.content.decode()
    assert "Removed for legal reasons" in preview.content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, erased_at IS NOT NULL FROM claims_claim WHERE id = %s", [claim.pk])
        assert cursor.fetchone() == ("[erased for legal reasons]", True)
    assert not Claim.objects.watched(at=NOON).filter(pk=claim.pk).exists()


def test_uploaded_files_go_unless_another_claim_has_the_same():
    writer = person(Role.FACT_CHECKER)
    claim, other = factories.written_claim(), factories.written_claim()
    given = EvidenceFields(stance=Stance.CONTEXT, note="Shows it.")

    def upload(to: Claim, text: str) -> Evidence:
        file = SimpleUploadedFile(f"{text}.txt", text.encode())
        return editing.add_file(claim_id=to.pk, file=file, given=given, actor=writer, at=NOON)

    own, shared = upload(claim, "own"), upload(claim, "shared")
    upload(other, "shared")
    moves.submit(claim_id=claim.pk, actor=writer, at=NOON)
    moves.approve(claim_id=claim.pk, actor=person(Role.PUBLISHER), at=NOON)
    moves.publish(claim_id=claim.pk, actor=person(Role.PUBLISHER), at=NOON)
    factories.retracted(claim)

    said = erase("publication", claim.public_id, claim_text=True)

    own.refresh_from_db()
    assert opened(own) is None
    assert (own.file_name, len(own.file_sha256)) == ("", 64)
    kept = opened(shared)
    assert kept is not None
    with kept:
        assert kept.read() == b"shared"
    assert f"The uploaded file of source {shared.pk}" in said
    assert f"the uploaded file evidence/{own.file_sha256}" in said
