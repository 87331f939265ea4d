"""Sources and claimants by the API: read by the desk, set up by those who may, never overwritten unseen."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from claims.choices import EventKind, Outcome, ReviewItemKind, Role
from claims.models import Claimant, Event, ReviewItem, Source, SourcePoll
from tests import factories
from tests.api.conftest import Api, expect

FEED = {"name": "The Paper", "url": "https://Paper.example/feed.xml", "kind": "rss"}


def test_an_administrator_adds_changes_and_polls_a_source(as_role: Callable[..., Api]):
    api, outlet = as_role(Role.ADMINISTRATOR), factories.OutletFactory.create()

    made = api.post("/sources", FEED | {"outlet": outlet.slug})
    row = expect(made, 201)
    path = f"/sources/{row['id']}"
    assert made["Location"] == f"/api/v1{path}"
    assert (row["url"], row["outlet"]["slug"], row["active"]) == ("https://paper.example/feed.xml", outlet.slug, True)
    changed = api.patch(path, {"poll_minutes": 15, "fixed_period": True}, if_match=made["ETag"])
    after = expect(changed, 200)

    assert (after["poll_minutes"], after["fixed_period"], after["name"]) == (15, True, "The Paper")
    assert api.post(f"{path}/poll").status_code == 202
    assert Event.objects.filter(kind=EventKind.SOURCE_POLL_REQUESTED, subject_id=row["id"]).exists()


def test_a_stale_change_is_412_with_both_texts(as_role: Callable[..., Api]):
    api = as_role(Role.ADMINISTRATOR)
    made = api.post("/sources", FEED)
    path = f"/sources/{expect(made, 201)['id']}"
    expect(api.patch(path, {"name": "The Paper, daily"}, if_match=made["ETag"]), 200)

    expect(api.patch(path, {"name": "Paper"}), 428, "precondition_required")
    body = expect(api.patch(path, {"name": "Paper"}, if_match=made["ETag"]), 412, "stale_write")

    assert body["fields"] == {"name": ["The Paper, daily", "Paper"]}
    assert Source.objects.get().name == "The Paper, daily"


def test_polls_in_between_make_no_edit_stale(as_role: Callable[..., Api]):
    api = as_role(Role.ADMINISTRATOR)
    made = api.post("/sources", FEED)
    Source.objects.update(last_polled_at=timezone.now(), failures=3, health_note="Timed out.")

    expect(api.patch(f"/sources/{expect(made, 201)['id']}", {"active": False}, if_match=made["ETag"]), 200)


def test_editors_read_sources_and_set_up_none(checker: Api, as_role: Callable[..., Api]):
    source = expect(as_role(Role.ADMINISTRATOR).post("/sources", FEED), 201)
    path = f"/sources/{source['id']}"
    tag = checker.get(path)["ETag"]

    expect(checker.post("/sources", FEED | {"url": "https://other.example/feed"}), 403, "not_allowed")
    expect(checker.patch(path, {"active": False}, if_match=tag), 403, "not_allowed")
    expect(checker.post(f"{path}/poll"), 403, "not_allowed")
    assert [row["id"] for row in expect(checker.get("/sources?active=true"), 200)["results"]] == [source["id"]]
    assert expect(checker.get("/sources?active=false"), 200)["results"] == []


def test_the_health_of_a_source_tells_failures_from_nothing_new(checker: Api, as_role: Callable[..., Api]):
    source = expect(as_role(Role.ADMINISTRATOR).post("/sources", FEED), 201)
    now = timezone.now()
    for number, (outcome, new) in enumerate([(Outcome.FOUND, 3), (Outcome.NONE, 0), (Outcome.RETRY_LATER, 0)]):
        SourcePoll.objects.create(
            source_id=source["id"], started_at=now - timedelta(seconds=number), outcome=outcome, new_documents=new
        )

    health = expect(checker.get(f"/sources/{source['id']}/health"), 200)
    polls = expect(checker.get(f"/sources/{source['id']}/polls"), 200)["results"]

    assert len(health["days"]) == 30
    assert sum(day["found"] for day in health["days"]) == 1
    assert sum(day["nothing_new"] for day in health["days"]) == 1
    assert sum(day["failed"] for day in health["days"]) == 1
    assert sum(day["new_documents"] for day in health["days"]) == 3
    assert [poll["outcome"] for poll in polls] == ["retry_later", "none", "found"]
    expect(checker.get("/sources/0/health"), 404, "not_found")
    expect(checker.get("/sources/0/polls"), 404, "not_found")


def test_a_claimant_is_added_and_edited_with_if_match(checker: Api):
    made = checker.post("/claimants", {"name": "Ilse Brandt", "job_title": "Mayor"})
    row = expect(made, 201)
    path = f"/claimants/{row['id']}"

    saved = expect(checker.patch(path, {"job_title": "Former mayor"}, if_match=made["ETag"]), 200)
    stale = expect(checker.patch(path, {"job_title": "Minister"}, if_match=made["ETag"]), 412, "stale_write")
    expect(checker.post("/claimants", {"name": "Ilse Brandt", "job_title": "Former mayor"}), 409, "conflict")

    assert (saved["name"], saved["job_title"], saved["living"]) == ("Ilse Brandt", "Former mayor", True)
    assert stale["fields"] == {"job_title": ["Former mayor", "Minister"]}
    assert Claimant.objects.get().job_title == "Former mayor"


def test_an_edit_of_a_claimant_asks_the_desk_to_look_again(checker: Api):
    claim = factories.published_claim()
    path = f"/claimants/{claim.claimant_id}"

    expect(checker.patch(path, {"job_title": "Governor"}, if_match=checker.get(path)["ETag"]), 200)

    assert ReviewItem.objects.get(claim=claim).kind == ReviewItemKind.CLAIMANT_CHANGED


def test_a_contributor_adds_claimants_and_edits_none(as_role: Callable[..., Api]):
    api = as_role(Role.CONTRIBUTOR)
    made = api.post("/claimants", {"name": "Ilse Brandt"})
    path = f"/claimants/{expect(made, 201)['id']}"

    expect(api.patch(path, {"name": "X Y"}, if_match=made["ETag"]), 403, "not_allowed")
