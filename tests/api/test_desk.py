"""The desk's resources: created, read, edited with If-Match, decided on."""

import json
from datetime import timedelta
from typing import Any

import pytest

from claims.choices import CoverageState, EventKind, Role
from claims.models import Appearance, Claim, ClaimAlias, ClaimSearch, Coverage, Event, Evidence, Verdict
from tests import factories
from tests.api.conftest import Api, expect


def test_a_claim_is_created_with_everything_an_editor_gives(as_role):
    claimant, topic = factories.ClaimantFactory.create(), factories.TopicFactory.create(slug="economy")
    given = {
        "statement": "Bread costs twice as much as a year ago.",
        "original_text": "It costs double!",
        "language": "en-GB",
        "kind": "factual",
        "claimant": claimant.pk,
        "claimed_on": "2026-02-14",
        "location": "Town hall",
        "context": "A speech.",
        "selection_reason": "Widely shared.",
        "priority": "high",
        "due_at": "2026-03-05T14:00:00+02:00",
        "topics": ["economy"],
    }

    answer = as_role(Role.CONTRIBUTOR).post("/claims", given)

    body = expect(answer, 201)
    assert answer["Location"] == f"/api/v1/claims/{body['id']}"
    assert (body["state"], body["public_status"], body["lock_version"]) == ("inbox", "none", 1)
    assert body["due_at"] == "2026-03-05T12:00:00Z"
    assert (body["claimant"]["id"], body["topics"]) == (claimant.pk, [topic.slug])
    assert {name: body[name] for name in ("context", "location", "language")} == {
        "context": "A speech.",
        "location": "Town hall",
        "language": "en-GB",
    }


def test_an_edit_needs_the_etag_of_what_was_read(checker: Api):
    claim = factories.inbox_claim()
    path = f"/claims/{claim.public_id}"
    tag = checker.get(path)["ETag"]

    expect(checker.patch(path, {"location": "Here"}), 428, "precondition_required")
    expect(checker.patch(path, {"location": "Here"}, if_match="*"), 400, "malformed")
    saved = checker.patch(path, {"location": "Town hall"}, if_match=tag)

    assert (tag, saved["ETag"]) == ('"1"', '"2"')
    body = expect(saved, 200)
    assert (body["location"], body["statement"]) == ("Town hall", claim.statement)


@pytest.mark.parametrize("tag", ['"1"', 'W/"1"', '"nonsense"', '"99"', '"-1"'])
def test_a_stale_edit_is_412_with_both_texts_and_saves_nothing(checker: Api, tag: str):
    claim = factories.inbox_claim()
    path = f"/claims/{claim.public_id}"
    expect(checker.patch(path, {"context": "The first text."}, if_match='"1"'), 200)

    body = expect(checker.patch(path, {"context": "The second text."}, if_match=tag), 412, "stale_write")

    assert body["fields"]["context"] == ["The first text.", "The second text."]
    assert Claim.objects.get(pk=claim.pk).context == "The first text."


def test_nobody_edits_a_claim_in_review(checker: Api):
    claim = factories.claim_in_review()

    tag = checker.get(f"/claims/{claim.public_id}")["ETag"]

    expect(checker.patch(f"/claims/{claim.public_id}", {"context": "x"}, if_match=tag), 409, "illegal_move")
    verdict = checker.patch(f"/claims/{claim.public_id}/verdict", {"summary": "x"}, if_match='"1.1"')
    expect(verdict, 409, "illegal_move")


def test_the_list_of_claims_filters(checker: Api):
    topic = factories.TopicFactory.create(slug="economy")
    wanted = factories.inbox_claim(
        statement="Bread costs twice as much.", topics=[topic], priority="urgent", kind="promise", language="de"
    )
    factories.published_claim()
    assert checker.user is not None
    path = f"/claims/{wanted.public_id}/assignments"
    expect(checker.post(path, {"user": checker.user.username, "role": "writer"}), 201)

    for query in (
        "state=inbox",
        "public_status=none",
        "kind=promise",
        f"claimant={wanted.claimant_id}",
        "topic=economy",
        "priority=urgent",
        "assigned_to=me",
        "q=breads+cost",
        "language=DE",
        "state=inbox&priority=urgent",
    ):
        found = expect(checker.get(f"/claims?{query}"), 200)["results"]
        assert [row["id"] for row in found] == [wanted.public_id], query
    assert len(expect(checker.get("/claims?public_status=live"), 200)["results"]) == 1


def test_evidence_is_linked_edited_and_withdrawn(checker: Api):
    claim = factories.researching_claim()
    path = f"/claims/{claim.public_id}/evidence"
    page = {"url": "https://Statistics.example/table-7?utm_source=x", "stance": "refutes", "note": "Shows 3.1."}

    made = checker.post(path, page)
    row = expect(made, 201)
    again = checker.post(path, page)
    edited = expect(checker.patch(f"/evidence/{row['id']}", {"note": "Shows 3.2."}, if_match=made["ETag"]), 200)
    stale = checker.patch(f"/evidence/{row['id']}", {"note": "Shows 9."}, if_match=made["ETag"])
    gone = expect(checker.post(f"/evidence/{row['id']}/withdraw", {"reason": "Wrong table."}), 200)

    assert row["document"]["url"] == "https://statistics.example/table-7"
    assert row["claim"] == claim.public_id
    expect(again, 409, "conflict")
    assert (edited["note"], edited["stance"], edited["lock_version"]) == ("Shows 3.2.", "refutes", 2)
    assert expect(stale, 412, "stale_write")["fields"]["note"] == ["Shows 3.2.", "Shows 9."]
    assert (gone["withdrawn_reason"], gone["withdrawn_at"] is None) == ("Wrong table.", False)
    assert len(expect(checker.get(path), 200)["results"]) == 1


def test_a_statement_is_evidence_of_its_own_kind(checker: Api):
    claim = factories.researching_claim()
    path = f"/claims/{claim.public_id}/evidence"
    told = {
        "kind": "statement",
        "stance": "context",
        "stated_by": "The mayor's office",
        "stated_at": "2026-03-01T10:00:00Z",
        "stated_how": "by telephone",
    }

    row = expect(checker.post(path, told), 201)
    mixed = expect(checker.post(path, {**told, "url": "https://a.example/"}), 400, "invalid")
    bare = expect(checker.post(path, {"kind": "statement", "stance": "context"}), 400, "invalid")

    assert (row["kind"], row["document"], row["stated_at"]) == ("statement", None, "2026-03-01T10:00:00Z")
    assert list(mixed["fields"]) == ["url"]
    assert set(bare["fields"]) == {"stated_by", "stated_at", "stated_how"}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://a.example/", "http://user@a.example/", "http://", "x"])
def test_an_address_that_is_none_is_400(checker: Api, url: str):
    claim = factories.researching_claim()

    body = expect(checker.post(f"/claims/{claim.public_id}/evidence", {"url": url, "stance": "context"}), 400)

    assert list(body["fields"]) == ["url"]
    assert not Evidence.objects.exists()


def test_a_stance_is_said_with_keep_and_changed_by_it(checker: Api):
    piece = factories.CoverageFactory.create(claim=factories.researching_claim())

    bare = expect(checker.post(f"/coverage/{piece.pk}/keep"), 200)
    said = expect(checker.post(f"/coverage/{piece.pk}/keep", {"stance": "supports"}), 200)
    refused = expect(checker.post(f"/coverage/{piece.pk}/keep", {"stance": "repeats"}), 400)
    undone = expect(checker.post(f"/coverage/{piece.pk}/restore"), 200)

    assert (bare["stance"], said["stance"], undone["stance"]) == (None, "supports", None)
    assert list(refused["fields"]) == ["stance"]


def test_coverage_is_kept_dismissed_restored_and_cited(checker: Api):
    claim = factories.researching_claim()
    best, middle, least = (factories.CoverageFactory.create(claim=claim, score=score) for score in (0.9, 0.5, 0.1))
    path = f"/claims/{claim.public_id}/coverage"

    listed = expect(checker.get(path), 200)["results"]
    kept = expect(checker.post(f"/coverage/{best.pk}/keep"), 200)
    expect(checker.post(f"/coverage/{middle.pk}/dismiss"), 200)
    restored = expect(checker.post(f"/coverage/{middle.pk}/restore"), 200)
    expect(checker.post(f"/coverage/{least.pk}/dismiss"), 200)
    cited = expect(checker.post(f"/coverage/{middle.pk}/cite", {"stance": "refutes", "note": "Counts."}), 201)
    refused = checker.post(f"/coverage/{middle.pk}/dismiss")

    assert [row["id"] for row in listed] == [best.pk, middle.pk, least.pk]
    assert listed[0]["reasons"] == ["Names the district and the year."]
    assert (kept["state"], kept["decided_by"]["username"]) == ("kept", "standing-fact_checker")
    assert (restored["state"], restored["decided_by"]) == ("suggested", None)
    assert (cited["coverage"], cited["document"]["id"]) == (middle.pk, middle.document_id)
    expect(refused, 409, "conflict")
    states = dict(Coverage.objects.values_list("pk", "state"))
    assert states == {
        best.pk: CoverageState.KEPT,
        middle.pk: CoverageState.KEPT,
        least.pk: CoverageState.DISMISSED,
    }
    dismissed = expect(checker.get(f"{path}?state=dismissed"), 200)["results"]
    assert [row["id"] for row in dismissed] == [least.pk]


def test_a_search_is_asked_for_and_its_outcome_told_apart(checker: Api):
    claim, idle = factories.researching_claim(), factories.inbox_claim()
    path = f"/claims/{claim.public_id}/searches"
    for outcome, count, minute in (("none", 0, 1), ("not_measured", None, 2)):
        ClaimSearch.objects.create(
            claim=claim,
            connector="library",
            query="bread",
            started_at=factories.NOON + timedelta(minutes=minute),
            outcome=outcome,
            count=count,
        )

    asked = checker.post(path)
    refused = checker.post(f"/claims/{idle.public_id}/searches")

    assert (asked.status_code, asked.content) == (202, b"")
    assert Event.objects.filter(kind=EventKind.CLAIM_SEARCH_REQUESTED, claim=claim).count() == 1
    expect(refused, 409, "illegal_move")
    found = [(row["outcome"], row["count"]) for row in expect(checker.get(path), 200)["results"]]
    assert found == [("not_measured", None), ("none", 0)]


def test_the_open_draft_is_written_and_a_frozen_one_cannot_be(checker: Api, reviewer: Api):
    claim = factories.researching_claim()
    rating = factories.RatingFactory.create()
    path = f"/claims/{claim.public_id}/verdict"
    read = checker.get(path)

    saved = checker.patch(path, {"rating": rating.pk, "headline": "Not so"}, if_match=read["ETag"])
    stale = checker.patch(path, {"headline": "Quite so"}, if_match=read["ETag"])
    foreign = checker.patch(path, {"headline": "Quite so"}, if_match='"7.2"')

    body = expect(saved, 200)
    assert (read["ETag"], saved["ETag"]) == ('"1.1"', '"1.2"')
    assert (body["rating"]["slug"], body["headline"], body["contributors"]) == (
        "false",
        "Not so",
        ["standing-fact_checker"],
    )
    for refused in (stale, foreign):
        assert expect(refused, 412, "stale_write")["fields"]["headline"] == ["Not so", "Quite so"]
    expect(checker.patch(path, {"headline": "x"}), 428, "precondition_required")


def test_a_tag_of_an_earlier_revision_never_fits_the_next(checker: Api, reviewer: Api):
    claim = factories.claim_in_review()
    path = f"/claims/{claim.public_id}"
    expect(reviewer.post(f"{path}/return", {"comment": "The month is missing."}), 200)
    first, second = Verdict.objects.filter(claim=claim).order_by("number")
    assert (first.number, second.number, second.lock_version) == (1, 2, 1)

    expect(checker.patch(f"{path}/verdict", {"headline": "Old"}, if_match='"1.1"'), 412, "stale_write")
    expect(checker.patch(f"{path}/verdict", {"headline": "New"}, if_match='"2.1"'), 200)

    listed = expect(checker.get(f"{path}/revisions"), 200)["results"]
    old = expect(checker.get(f"{path}/revisions/1"), 200)
    assert [row["number"] for row in listed] == [2, 1]
    assert old["approvals"][0]["comment"] == "The month is missing."
    assert old["headline"] == "It fell by far less"
    assert "ETag" not in checker.get(f"{path}/revisions/1")


def test_a_published_claim_has_no_open_revision(checker: Api):
    claim = factories.published_claim()

    expect(checker.get(f"/claims/{claim.public_id}/verdict"), 404, "not_found")
    expect(checker.get(f"/claims/{claim.public_id}/checklist"), 404, "not_found")
    row = expect(checker.get(f"/claims/{claim.public_id}/revisions"), 200)["results"][0]
    assert (row["published_version"], row["approvals"][0]["reviewer"]["username"]) == (1, "standing-publisher")


def test_a_line_is_waived_and_unwaived(checker: Api):
    claim = factories.researching_claim()
    path = f"/claims/{claim.public_id}/checklist"

    lines = expect(checker.post(f"{path}/reply/waive", {"reason": "The office is closed.", "public": True}), 200)
    back = expect(checker.post(f"{path}/reply/unwaive"), 200)

    def reply(found: Any) -> dict[str, Any]:
        line: dict[str, Any] = next(line for line in found if line["line"] == "reply")
        return line

    assert (reply(lines)["state"], reply(lines)["reason"], reply(lines)["public"]) == (
        "waived",
        "The office is closed.",
        True,
    )
    assert reply(back)["state"] == "missing"
    assert reply(expect(checker.get(path), 200)) == reply(back)
    expect(checker.post(f"{path}/reply/waive", {"reason": " "}), 400, "invalid")
    expect(checker.post(f"{path}/rating/waive", {"reason": "No time."}), 400, "invalid")
    expect(checker.post(f"{path}/nonsense/waive", {"reason": "No time."}), 404, "not_found")


def test_notes_replies_and_assignments(checker: Api):
    claim = factories.researching_claim()
    path = f"/claims/{claim.public_id}"
    assert checker.user is not None
    who = {"user": checker.user.username, "role": "writer"}

    note = expect(checker.post(f"{path}/notes", {"text": "Ask the office."}), 201)
    asked = expect(checker.post(f"{path}/replies", {"asked_of": "The mayor", "how": "by e-mail"}), 201)
    answered = expect(checker.post(f"/replies/{asked['id']}/answer", {"answer": "No comment."}), 200)
    twice = checker.post(f"/replies/{asked['id']}/answer", {"answer": "Some comment."})
    first = expect(checker.post(f"{path}/assignments", who), 201)
    second = expect(checker.post(f"{path}/assignments", who), 201)
    expect(checker.post(f"{path}/assignments/end", who), 204)

    assert expect(checker.get(f"{path}/notes"), 200)["results"] == [note]
    assert (answered["answer"], answered["answered_at"] is None) == ("No comment.", False)
    expect(twice, 409, "conflict")
    assert first == second
    assert expect(checker.get(f"{path}/assignments"), 200)["results"][0]["ended_at"] is not None
    expect(checker.post(f"{path}/notes", {"text": ""}), 400, "invalid")
    expect(checker.post(f"{path}/assignments", {"user": "nobody", "role": "writer"}), 400, "invalid")


def test_appearances_and_wordings(checker: Api):
    claim, outlet = factories.inbox_claim(), factories.OutletFactory.create()
    path = f"/claims/{claim.public_id}"

    seen = {"url": "https://paper.example/speech", "outlet": outlet.slug, "quote": "Half!", "is_first": True}
    row = expect(checker.post(f"{path}/appearances", seen), 201)
    expect(checker.post(f"{path}/appearances", seen), 409, "conflict")
    expect(checker.post(f"{path}/appearances", {}), 400, "invalid")
    alias = expect(checker.post(f"{path}/aliases", {"text": "Unemployment has halved."}), 201)
    expect(checker.post(f"{path}/aliases", {"text": "Unemployment has halved."}), 409, "conflict")

    assert (row["document"]["url"], row["outlet"]["slug"]) == (seen["url"], outlet.slug)
    assert expect(checker.get(f"{path}/appearances"), 200)["results"] == [row]
    assert expect(checker.get(f"{path}/aliases"), 200)["results"] == [alias]
    expect(checker.call("DELETE", f"/appearances/{row['id']}"), 204)
    assert not Appearance.objects.exists()
    assert ClaimAlias.objects.count() == 1


def test_the_catalogue_is_readable(checker: Api):
    rating, topic = factories.RatingFactory.create(), factories.TopicFactory.create()
    outlet, claimant = factories.OutletFactory.create(), factories.ClaimantFactory.create(name="Aino Berg")

    scales = expect(checker.get("/rating-scales"), 200)["results"]
    assert [step["slug"] for step in scales[0]["ratings"]] == [rating.slug]
    assert expect(checker.get("/topics"), 200)["results"][0]["slug"] == topic.slug
    on_host = expect(checker.get(f"/outlets?domain=www.{outlet.domains[0]}"), 200)["results"]
    assert [row["slug"] for row in on_host] == [outlet.slug]
    named = expect(checker.get("/claimants?name=aino"), 200)["results"]
    assert [row["id"] for row in named] == [claimant.pk]


def test_instants_are_written_in_utc_whatever_the_desks_time_zone(checker: Api, settings):
    claim = factories.inbox_claim()
    settings.TIME_ZONE = "Asia/Tokyo"

    body = json.loads(checker.get(f"/claims/{claim.public_id}").content)

    assert body["created_at"] == "2026-03-02T12:00:00Z"
