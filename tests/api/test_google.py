"""Google's Fact Check Tools API as we speak it: with Google's own client against a live server, and on the wire."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from claims.models import Organisation
from tests import factories
from tests.api.conftest import Api
from tests.factories import RatingFactory

SEARCH = "/v1alpha1/claims:search"


def ask(**sent: Any) -> tuple[int, dict[str, Any]]:
    answer = Client().get(SEARCH, sent)
    return answer.status_code, json.loads(answer.content)


@pytest.fixture
def service(live_server: Any) -> Iterator[Any]:
    """Google's client with the discovery document that it carries, and our address instead of Google's."""
    options = {"api_endpoint": live_server.url}
    with build("factchecktools", "v1alpha1", developerKey="AIza-not-ours", client_options=options) as built:
        yield built


@pytest.mark.django_db(transaction=True)
def test_googles_client_finds_a_verdict_and_pages_through_all(service: Any):
    Organisation.objects.update(name="The Desk", site_url="https://www.desk.example")
    rating = RatingFactory.create(labels={"en": {"name": "Mostly false", "definition": "Hardly so."}})
    claims = [factories.published_claim(rating=rating, headline=f"Not so, {n}") for n in range(5)]
    search = service.claims()

    found, request = [], search.search(query="unemployment district", pageSize=2, languageCode="en-US")
    pages = 0
    while request is not None:
        answer = request.execute()
        found += answer["claims"]
        pages += 1
        request = search.search_next(request, answer)

    assert pages == 3
    assert [claim["text"] for claim in found] == [claim.statement for claim in reversed(claims)]
    first = found[0]
    assert first["claimant"] == claims[-1].claimant.name  # type: ignore[union-attr]
    assert first["claimDate"] == "2026-02-14T00:00:00Z"
    [review] = first["claimReview"]
    assert review["publisher"] == {"name": "The Desk", "site": "desk.example"}
    assert review["url"] == f"https://www.desk.example/verdicts/{claims[-1].public_id}/"
    assert (review["title"], review["textualRating"], review["languageCode"]) == ("Not so, 4", "Mostly false", "en")
    assert review["reviewDate"].endswith("Z")


@pytest.mark.django_db(transaction=True)
def test_googles_client_sends_a_query_too_long_for_an_address_as_a_form(service: Any):
    claim = factories.published_claim()

    answer = service.claims().search(query="unemployment " * 300).execute()

    assert [item["text"] for item in answer["claims"]] == [claim.statement]


@pytest.mark.django_db(transaction=True)
def test_googles_client_reads_our_refusals(service: Any):
    with pytest.raises(HttpError) as caught:
        service.claims().search().execute()
    with pytest.raises(HttpError) as by_image:
        service.claims().imageSearch(imageUri="https://pictures.example/1.jpg").execute()

    assert caught.value.status_code == 400
    assert "query is required" in caught.value.reason
    assert by_image.value.status_code == 501
    assert json.loads(by_image.value.content)["error"]["status"] == "UNIMPLEMENTED"


@pytest.mark.django_db
def test_nothing_found_is_an_empty_object():
    factories.published_claim()

    assert ask(query="submarines") == (200, {})


@pytest.mark.django_db
def test_what_was_retracted_is_not_found_any_more():
    claim = factories.published_claim()
    assert ask(query="unemployment")[1] != {}

    factories.retracted(claim)

    assert ask(query="unemployment") == (200, {})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("site", "found"),
    [("desk.example", True), ("https://desk.example/about", True), ("example", True), ("other.example", False)],
)
def test_the_site_filter_alone_gives_all_of_ours_or_nothing(site: str, found: bool):
    Organisation.objects.update(site_url="https://desk.example")
    factories.published_claim()

    status, body = ask(reviewPublisherSiteFilter=site)

    assert status == 200
    assert ("claims" in body) is found


@pytest.mark.django_db
def test_a_language_is_asked_for_without_its_region():
    factories.published_claim(language="en-GB")
    factories.published_claim(language="de")

    assert [
        c["claimReview"][0]["languageCode"] for c in ask(query="unemployment", languageCode="en-US")[1]["claims"]
    ] == ["en-GB"]
    assert ask(query="unemployment", languageCode="fr") == (200, {})


@pytest.mark.django_db
def test_age_is_by_the_later_of_the_claims_date_and_the_reviews(raw: Any):
    claim = factories.published_claim()
    long_ago = timezone.now() - timedelta(days=4000)
    raw("UPDATE claims_publichead SET reviewed_at = %s WHERE claim_id = %s", long_ago, claim.pk)
    days = (timezone.now().date() - claim.claimed_on).days  # type: ignore[operator]

    assert "claims" in ask(query="unemployment", maxAgeDays=days + 1)[1]
    assert ask(query="unemployment", maxAgeDays=max(days - 1, 1)) == (200, {})
    raw("UPDATE claims_publichead SET reviewed_at = now() WHERE claim_id = %s", claim.pk)
    assert "claims" in ask(query="unemployment", maxAgeDays=1)[1]


@pytest.mark.django_db
def test_an_offset_counts_from_the_first_and_a_token_goes_before_it():
    claims = [factories.published_claim().statement for _ in range(4)][::-1]

    second = ask(query="unemployment", pageSize=1, offset=1)[1]
    assert [c["text"] for c in second["claims"]] == [claims[1]]
    third = ask(query="unemployment", pageSize=1, offset=1, pageToken=second["nextPageToken"])[1]
    assert [c["text"] for c in third["claims"]] == [claims[2]]


@pytest.mark.django_db
def test_pages_hold_while_others_publish():
    claims = [factories.published_claim().statement for _ in range(3)][::-1]
    first = ask(query="unemployment", pageSize=2)[1]
    factories.published_claim()

    second = ask(query="unemployment", pageSize=2, pageToken=first["nextPageToken"])[1]

    assert [c["text"] for c in first["claims"] + second["claims"]] == claims
    assert "nextPageToken" not in second


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "query"),
        ({"query": "  "}, "query"),
        ({"query": "x", "pageSize": "ten"}, "page_size"),
        ({"query": "x", "pageSize": "-1"}, "page_size"),
        ({"query": "x", "maxAgeDays": "99999999999"}, "max_age_days"),
        ({"query": "x", "offset": "1.5"}, "offset"),
        ({"query": "x", "pageToken": "nonsense"}, "page_token"),
        ({"query": "x\x00"}, "query"),
        ({"query": ["a", "b"]}, "query"),
        ({"query": "x", "orderBy": "date"}, "orderBy"),
        ({"query": "x", "fields": "claims("}, "fields"),
        ({"query": "x", "alt": "proto"}, "alt"),
        ({"query": "x", "callback": "alert(1)//"}, "callback"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_googles_envelope(sent: dict[str, Any], field: str):
    status, body = ask(**sent)

    assert status == 400
    error = body["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    [violation] = error["details"][0]["fieldViolations"]
    assert violation["field"] == field
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


@pytest.mark.django_db
def test_a_token_holds_for_its_own_question_only():
    for _ in range(2):
        factories.published_claim()
    token = ask(query="unemployment", pageSize=1)[1]["nextPageToken"]

    assert ask(query="district", pageSize=1, pageToken=token)[0] == 400
    assert ask(query="unemployment", pageSize=5, pageToken=token)[0] == 400
    assert ask(query="unemployment", pageSize=1, pageToken=token, key="x", prettyPrint="false")[0] == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("claims(text,claimReview/languageCode)", {"claims": [{"text": "T", "claimReview": [{"languageCode": "en"}]}]}),
        ("claims/claimReview(languageCode,publisher/site)", None),
        ("claims/text,nextPageToken", {"claims": [{"text": "T"}]}),
        ("nextPageToken", {}),
        ("nothing/like/it", {}),
    ],
)
def test_fields_asks_for_parts(fields: str, shown: dict[str, Any] | None):
    factories.published_claim(statement="T unemployment")

    status, body = ask(query="unemployment", fields=fields)

    assert status == 200
    if shown is None:
        assert set(body["claims"][0]) == {"claimReview"}
        assert set(body["claims"][0]["claimReview"][0]) == {"languageCode", "publisher"}
    else:
        assert json.loads(json.dumps(body).replace("T unemployment", "T")) == shown


@pytest.mark.django_db
def test_names_in_snake_case_and_the_standard_ones_are_taken():
    factories.published_claim()
    standard = {"key": "AIza", "quotaUser": "me", "alt": "json", "$.xgafv": "2", "access_token": "ya29"}

    assert "claims" in ask(query="unemployment", page_size=5, language_code="en", **standard)[1]


@pytest.mark.django_db
def test_a_callback_gets_a_script_that_no_text_can_leave():
    factories.published_claim(statement="Unemployment</script><b> fell\u2028.")

    answer = Client().get(SEARCH, {"query": "unemployment", "callback": "show.it", "prettyPrint": "false"})

    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/javascript")
    assert text.startswith("// API callback\nshow.it({")
    assert "<" not in text
    assert "\u2028" not in text
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_a_key_of_ours_counts_wherever_it_is_sent_and_a_broken_one_is_refused(consumer: Api):
    factories.published_claim()
    good = Client().get(SEARCH, {"query": "unemployment", "key": consumer.key})
    header = Client().get(SEARCH, {"query": "unemployment"}, headers={"x-goog-api-key": consumer.key})
    bad = Client().get(SEARCH, {"query": "unemployment", "key": consumer.key[:-1] + "!"})

    assert good.status_code == header.status_code == 200
    assert good["Cache-Control"].startswith("private")
    assert bad.status_code == 401
    error = json.loads(bad.content)["error"]
    assert error["status"] == "UNAUTHENTICATED"
    assert error["details"][0]["reason"] == "API_KEY_INVALID"


@pytest.mark.django_db
def test_other_addresses_and_methods_are_not_found_in_googles_envelope():
    for answer in (Client().get("/v1alpha1/pages"), Client().post(SEARCH, {"query": "x"}), Client().delete(SEARCH)):
        assert answer.status_code in {404, 405}
        assert json.loads(answer.content)["error"]["status"] == "NOT_FOUND"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["", "ftp://x.example/1.jpg", "/1.jpg"])
def test_image_search_without_an_image_is_refused_before_it_is_said_to_be_missing(address: str):
    answer = Client().get("/v1alpha1/claims:imageSearch", {"imageUri": address})

    assert answer.status_code == 400
    assert json.loads(answer.content)["error"]["details"][0]["fieldViolations"][0]["field"] == "image_uri"


@pytest.mark.django_db
def test_the_same_answer_is_not_sent_twice():
    factories.published_claim()
    first = Client().get(SEARCH, {"query": "unemployment"})

    again = Client().get(SEARCH, {"query": "unemployment"}, headers={"if-none-match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
