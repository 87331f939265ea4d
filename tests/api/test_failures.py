"""Whatever goes wrong, the answer has one shape; hostile input is refused and never an error of ours."""

from typing import Any

import pytest
from django.db import OperationalError

from claims.models import Claim
from tests import factories
from tests.api.conftest import Api, expect

HOSTILE = [
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff and more",
    "\u202etxet desrever",
    "'; DROP TABLE claims_claim; --",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "%s %d %(x)s",
    "\\",
    "🏳️‍🌈" * 50,
    "A" * 100_000,
    "ﷺ" * 400,
    "\r\nSet-Cookie: x=1",
]


@pytest.mark.parametrize(
    "path", ["/", "/nothing", "/claims/", "/verdicts/a/b", "/evidence/x", "/claims/%00", "/verdicts/%ff"]
)
def test_an_address_that_leads_nowhere_is_404(anybody: Api, path: str):
    expect(anybody.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/claims/0000000000000",
        "/claims/0000000000000/evidence",
        "/claims/0000000000000/verdict",
        "/evidence/99",
        "/evidence/99999999999999999999999999",
        "/coverage/9223372036854775808",
        "/claims/0000000000000/revisions/1",
    ],
)
def test_a_row_that_is_not_there_is_404(checker: Api, path: str):
    expect(checker.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/claims"), ("DELETE", "/verdicts"), ("POST", "/verdicts/0000000000000"), ("GET", "/claims/0/accept")],
)
def test_a_method_that_is_not_known_is_405_and_names_those_that_are(checker: Api, method: str, path: str):
    answer = checker.call(method, path)

    expect(answer, 405, "method_not_allowed")
    assert answer["Allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"[1, 2",
        b"\xff\xfe",
        b'{"statement": NaN}',
        b'{"statement": "\\ud800"}',
        b'{"statement": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b'"a string"',
        b"[]",
        b"null",
        b"{}",
    ],
)
def test_a_body_that_cannot_be_read_is_400(checker: Api, body: bytes):
    answer = checker.post("/claims", body)

    assert expect(answer, 400)["code"] in {"malformed", "invalid"}
    assert not Claim.objects.exists()


def test_a_body_of_another_kind_is_415(checker: Api):
    expect(checker.post("/claims", b"statement=x", content_type="application/x-www-form-urlencoded"), 415)
    expect(checker.post("/claims", b"<x/>", content_type="text/xml"), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=zip", "application/json; charset=nonsense", "application/json; charset=utf-16"]
)
def test_a_declared_charset_changes_nothing(checker: Api, kind: str):
    expect(checker.post("/claims", {"statement": "Bread costs twice as much."}, content_type=kind), 201)
    expect(checker.call("GET", "/claims?q=%62read", content_type=kind), 200)


def test_a_body_that_is_too_large_is_413(checker: Api):
    expect(checker.post("/claims", b'"' + b"x" * 3_000_000 + b'"'), 413, "too_large")


@pytest.mark.parametrize(
    "field", ["statement", "context", "language", "kind", "claimant", "claimed_on", "due_at", "topics"]
)
def test_hostile_text_is_stored_as_text_or_refused(checker: Api, field: str):
    for text in HOSTILE:
        answer = checker.post("/claims", {"statement": "Bread costs twice as much.", field: text})

        assert answer.status_code in {201, 400}, text
        expect(answer, answer.status_code)


@pytest.mark.parametrize("field", ["statement", "claimant", "claimed_on", "due_at", "topics", "priority"])
def test_values_of_the_wrong_kind_are_refused_or_fit(checker: Api, field: str):
    values: list[Any] = [None, True, 0, -1, 10**30, 1e308, [], {}, [[]], {"a": {"b": []}}, "0001-01-01T00:00:00Z"]
    for value in values:
        answer = checker.post("/claims", {"statement": "Bread costs twice as much.", field: value})

        assert answer.status_code in {201, 400}, value
        expect(answer, answer.status_code)


@pytest.mark.parametrize(
    "path",
    [
        "/claims?q=",
        "/claims?topic=",
        "/claims?claimant=",
        "/verdicts?q=",
        "/verdicts?rating=",
        "/verdicts?language=",
        "/verdicts?cursor=",
        "/claims?page_size=",
        "/outlets?domain=",
    ],
)
def test_hostile_parameters_find_nothing_or_are_refused(checker: Api, path: str):
    for value in ("%00", "%ff", "%ed%a0%80", "'", "(((", "&&&|!", "%F0%9F%8F%B3", "x" * 3000, "-", "+", "%25s"):
        answer = checker.get(path + value)

        assert answer.status_code in {200, 400}, value
        expect(answer, answer.status_code)


@pytest.mark.parametrize(
    "path", ["/claims?nonsense=1", "/claims/0000000000000?expand=1", "/topics?state=x", "/claims?%00=1"]
)
def test_an_unknown_parameter_is_400_and_known_ones_are_named(checker: Api, path: str):
    expect(checker.get(path), 400, "unknown_parameter")


def test_a_parameter_given_twice_is_400(checker: Api):
    expect(checker.get("/claims?state=inbox&state=merged"), 400, "invalid")


def test_too_many_parameters_are_400(checker: Api):
    expect(checker.get("/claims?" + "&".join(f"a{n}=1" for n in range(2000))), 400, "malformed")


def test_a_filter_value_that_does_not_exist_is_400(checker: Api):
    assert list(expect(checker.get("/claims?state=lost"), 400, "invalid")["fields"]) == ["state"]


def test_an_instant_without_offset_is_refused(checker: Api):
    body = expect(checker.post("/claims", {"statement": "Bread is dear.", "due_at": "2026-03-02T12:00:00"}), 400)

    assert "offset" in body["fields"]["due_at"][0]


def test_a_database_that_is_away_is_503(checker: Api, monkeypatch: pytest.MonkeyPatch):
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("claims.api.claims.claim_response", away)
    claim = factories.inbox_claim()

    answer = checker.get(f"/claims/{claim.public_id}")

    assert expect(answer, 503, "database_unavailable")
    assert answer["Retry-After"]


def test_a_fault_of_ours_is_500_in_the_same_shape(checker: Api, monkeypatch: pytest.MonkeyPatch):
    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("claims.api.claims.claim_response", broken)
    monkeypatch.setattr("django.test.client.Client.store_exc_info", lambda self, **kwargs: None)
    claim = factories.inbox_claim()

    answer = checker.get(f"/claims/{claim.public_id}")

    body = expect(answer, 500, "internal_error")
    assert "secret" not in str(body)
