"""Who gets in: keys and their scopes, people and their roles, sessions with CSRF, and nobody else."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from claims.access import keys
from claims.choices import ClaimState, Role
from claims.models import ApiKey, Claim, Consumer
from tests import factories
from tests.api.conftest import DESK, Api, expect, key_for


def test_the_desk_wants_a_key_and_says_how(anybody: Api):
    answer = anybody.get("/claims")

    expect(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "key", ["fct_live_", "fct_live_aaaaaaaa_" + "x" * 43, "nonsense", "fct_live_\x00_x", "fct_live_ä_x", "x" * 5000]
)
@pytest.mark.parametrize("path", ["/claims", "/verdicts", "/verdicts/0000000000000"])
def test_a_key_that_is_no_good_is_401_everywhere(anybody: Api, key: str, path: str):
    answer = Api(key=key).get(path)

    expect(answer, 401, "invalid_key")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_expired_and_revoked_keys_end_at_once(checker: Api):
    user = factories.person(Role.FACT_CHECKER)
    now = timezone.now()
    short = keys.issue(name="short", scopes=DESK, user=user, expires_at=now + timedelta(days=1), actor=None, at=now)
    gone = keys.issue(name="gone", scopes=DESK, user=user, actor=None, at=now)
    expect(Api(key=short.clear).get("/claims"), 200)
    expect(Api(key=gone.clear).get("/claims"), 200)

    ApiKey.objects.filter(pk=short.key.pk).update(
        created_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )
    keys.revoke(key_id=gone.key.pk, actor=None, at=now)

    for key in (short, gone):
        expect(Api(key=key.clear).get("/claims"), 401, "invalid_key")
        expect(Api(key=key.clear).get("/verdicts"), 401, "invalid_key")


def test_the_key_of_somebody_who_left_or_of_an_ended_consumer_is_no_good(checker: Api, consumer: Api):
    assert checker.user is not None
    checker.user.is_active = False
    checker.user.save()
    Consumer.objects.update(active=False)

    expect(checker.get("/claims"), 401, "invalid_key")
    expect(consumer.get("/verdicts"), 401, "invalid_key")


@pytest.mark.parametrize(
    ("scopes", "read", "write"),
    [
        (["verdicts:read"], 403, 403),
        (["desk:read"], 200, 403),
        (["desk:write"], 403, 201),
        (["desk:read", "desk:write"], 200, 201),
    ],
)
def test_scopes_bound_a_key(anybody: Api, scopes: list[str], read: int, write: int):
    api = Api(key=key_for(factories.person(Role.CONTRIBUTOR), scopes))

    assert api.get("/claims").status_code == read
    assert api.post("/claims", {"statement": "Bread costs twice as much."}).status_code == write
    expect(api.get("/verdicts"), 200)


def test_a_missing_scope_is_named(anybody: Api):
    api = Api(key=key_for(factories.person(Role.CONTRIBUTOR), ["desk:read"]))

    assert (
        "desk:write"
        in expect(api.post("/claims", {"statement": "Bread is dear."}), 403, "insufficient_scope")["message"]
    )


def test_a_consumer_reads_verdicts_and_nothing_of_the_desk(consumer: Api):
    claim = factories.published_claim()
    expect(consumer.get("/verdicts"), 200)
    expect(consumer.get(f"/verdicts/{claim.public_id}"), 200)

    for path in ("/claims", f"/claims/{claim.public_id}", f"/claims/{claim.public_id}/notes", "/topics"):
        expect(consumer.get(path), 403, "not_allowed")
    expect(consumer.post(f"/claims/{claim.public_id}/propose-retraction", {"public_note": "No."}), 403, "not_allowed")


def test_a_persons_key_can_do_no_more_than_the_person(as_role):
    claim = factories.inbox_claim()

    expect(as_role(Role.CONTRIBUTOR).post(f"/claims/{claim.public_id}/accept"), 403, "not_allowed")

    assert Claim.objects.get(pk=claim.pk).state == ClaimState.INBOX


def test_somebody_without_a_role_sees_nothing(anybody: Api):
    api = Api(key=key_for(factories.UserFactory.create()))

    expect(api.get("/claims"), 403, "not_allowed")


def test_a_session_reads_and_writes_only_with_its_csrf_token(anybody: Api):
    user = factories.person(Role.CONTRIBUTOR)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    body = {"statement": "Bread costs twice as much."}

    read = browser.get("/api/v1/claims")
    forged = browser.post("/api/v1/claims", body, content_type="application/json")
    browser.cookies["csrftoken"] = "a" * 32
    sent = browser.post("/api/v1/claims", body, content_type="application/json", headers={"X-CSRFToken": "a" * 32})

    assert read.status_code == 200
    assert expect(forged, 403, "csrf_failed")  # type: ignore[arg-type]
    assert sent.status_code == 201


def test_nothing_of_the_desk_is_kept_in_a_cache(checker: Api, anybody: Api):
    assert checker.get("/claims")["Cache-Control"] == "private, no-store"
    assert "no-store" in anybody.get("/claims")["Cache-Control"]


def _created(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue().strip()


def test_the_command_prints_a_working_key_once(anybody: Api):
    clear = _created("--consumer", "Agency", "--scope", "verdicts:read", "--name", "feed", "--expires-days", "30")

    assert re.fullmatch(r"fct_live_[a-z0-9]{8}_[\w-]{43}", clear)
    expect(Api(key=clear).get("/verdicts"), 200)
    stored = ApiKey.objects.get()
    assert clear.rpartition("_")[2] not in (stored.secret_hash, stored.name)
    assert stored.expires_at is not None
    assert stored.expires_at - stored.created_at == timedelta(days=30)


def test_the_command_makes_a_persons_key(anybody: Api):
    user = factories.person(Role.FACT_CHECKER)
    clear = _created("--user", user.username, "--scope", "desk:read", "--scope", "desk:write", "--name", "script")

    expect(Api(key=clear).post("/claims", {"statement": "Bread costs twice as much."}), 201)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--consumer", "Agency", "--scope", "desk:read"],
        ["--user", "nobody", "--scope", "desk:read"],
        ["--consumer", "Agency", "--scope", "verdicts:read", "--expires-days", "0"],
        ["--consumer", "Agency", "--scope", "verdicts:read", "--expires-days", "9999999999"],
        ["--scope", "verdicts:read"],
    ],
)
def test_the_command_refuses_and_leaves_nothing_behind(anybody: Api, arguments: list[str]):
    with pytest.raises(CommandError):
        _created(*arguments, "--name", "feed")

    assert not ApiKey.objects.exists()
    assert not Consumer.objects.exists()
