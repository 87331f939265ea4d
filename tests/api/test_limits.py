"""Limits and keys as a consumer meets them: counted by key or address, told in headers, refused in the one shape."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from claims.access import keys, uses
from claims.choices import EventKind, Role
from claims.models import ApiKey, Event, KeyUse
from tests import factories
from tests.api.conftest import Api, expect
from tests.servers.redis import RedisServer, running_redis


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def limited(redis: RedisServer, settings: Any) -> Any:
    redis.flush()
    settings.REDIS_URL = redis.url
    settings.LIMIT_PATIENCE_MS = 2000.0
    settings.ANONYMOUS_PER_MINUTE = settings.PAGES_PER_MINUTE = 3
    settings.CONSUMER_PER_MINUTE = 5
    settings.PERSON_PER_MINUTE = 7
    return settings


def statuses(ask: Callable[[], object], count: int) -> list[int]:
    return [getattr(ask(), "status_code", 0) for _ in range(count)]


def test_anonymous_reads_are_limited_by_address_and_told_so(limited: Any, anybody: Api):
    first = anybody.get("/verdicts")

    assert first["RateLimit-Policy"] == '"anonymous";q=3;w=60'
    assert re.fullmatch(r'"anonymous";r=2;t=\d+', first["RateLimit"])
    assert "RateLimit" in first["Access-Control-Expose-Headers"]
    assert statuses(lambda: anybody.get("/verdicts"), 2) == [200, 200]
    refused = anybody.get("/verdicts")
    expect(refused, 429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["RateLimit"] == f'"anonymous";r=0;t={refused["Retry-After"]}'
    assert refused["Access-Control-Allow-Origin"] == "*"
    assert "no-store" in refused["Cache-Control"]


def test_a_spoofed_address_gains_nothing(limited: Any, anybody: Api):
    seen = [anybody.get("/verdicts", x_forwarded_for=f"203.0.113.{n}").status_code for n in range(10)]

    assert seen == [200] * 3 + [429] * 7


def test_behind_one_proxy_the_last_entry_counts_and_those_before_it_do_not(limited: Any, anybody: Api):
    limited.TRUSTED_PROXIES = 1

    spoofed = [anybody.get("/verdicts", x_forwarded_for=f"6.6.6.{n}, 203.0.113.1").status_code for n in range(5)]
    others = [anybody.get("/verdicts", x_forwarded_for=f"203.0.113.{n}").status_code for n in range(2, 7)]

    assert spoofed == [200] * 3 + [429] * 2
    assert others == [200] * 5


def test_a_bad_key_is_counted_by_address(limited: Any, anybody: Api):
    keyed = [Api(key=f"fct_live_aaaaaaaa_{'x' * 42}{n}").get("/verdicts").status_code for n in range(5)]

    assert keyed == [401] * 3 + [429] * 2
    assert anybody.get("/verdicts").status_code == 429


def test_a_refused_visitor_of_the_desk_is_counted_too(limited: Any, anybody: Api):
    assert statuses(lambda: anybody.get("/claims"), 5) == [401] * 3 + [429] * 2


def test_each_kind_of_key_has_its_limit_and_a_key_may_have_its_own(
    limited: Any, consumer: Api, as_role: Callable[..., Api], anybody: Api
):
    administrator, person = factories.person(Role.ADMINISTRATOR), as_role(Role.CONTRIBUTOR)
    assert statuses(lambda: consumer.get("/verdicts"), 6) == [200] * 5 + [429]
    assert statuses(lambda: person.get("/claims"), 8) == [200] * 7 + [429]
    assert anybody.get("/verdicts").status_code == 200

    own = ApiKey.objects.get(consumer__isnull=False)
    keys.set_limit(key_id=own.pk, requests_per_minute=6, actor=administrator, at=timezone.now())

    answer = consumer.get("/verdicts")
    assert (answer.status_code, answer["RateLimit-Policy"]) == (200, '"consumer";q=6;w=60')
    assert consumer.get("/verdicts").status_code == 429


def test_a_session_is_counted_by_its_person(limited: Any, db: None):
    first, second = Client(), Client()
    first.force_login(factories.person(Role.CONTRIBUTOR))
    second.force_login(factories.person(Role.REVIEWER))

    assert statuses(lambda: first.get("/api/v1/claims"), 8) == [200] * 7 + [429]
    assert second.get("/api/v1/claims").status_code == 200


def test_no_limit_where_none_is_set(anybody: Api):
    answer = anybody.get("/verdicts")

    assert answer.status_code == 200
    assert "RateLimit" not in answer


def test_pages_and_feeds_are_counted_apart_from_the_api(limited: Any, anybody: Api):
    browser = Client()

    assert statuses(lambda: browser.get("/feed.json"), 3) == [200] * 3
    refused = browser.get("/feed.json")

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert refused["RateLimit-Policy"] == '"pages";q=3;w=60'
    assert anybody.get("/verdicts").status_code == 200


def test_a_frozen_redis_refuses_no_read(limited: Any, anybody: Api):
    limited.LIMIT_PATIENCE_MS = 20.0
    with running_redis() as server:
        limited.REDIS_URL = server.url
        assert anybody.get("/verdicts").status_code == 200
        server.freeze()

        after = statuses(lambda: anybody.get("/verdicts"), 4)

    assert after == [200, 200, 429, 429]


def test_a_consumer_sees_its_key_and_its_use(limited: Any, consumer: Api):
    statuses(lambda: consumer.get("/verdicts"), 7)
    ApiKey.objects.update(requests_per_minute=50)
    uses.flush()

    body = expect(consumer.get("/key"), 200)

    row = ApiKey.objects.get()
    assert body["prefix"] == row.prefix
    assert (body["owner"], body["owner_kind"], body["scopes"]) == ("Another newsroom", "consumer", ["verdicts:read"])
    assert body["limit"] == {"policy": "consumer", "requests": 50, "seconds": 60}
    assert body["uses"] == [{"day": f"{timezone.now():%Y-%m-%d}", "requests": 7, "refused": 2}]
    assert body["last_used_at"] is not None
    assert row.secret_hash not in str(body)


def test_without_a_key_there_is_none_to_see(anybody: Api, db: None):
    expect(anybody.get("/key"), 401, "not_authenticated")
    expect(anybody.post("/key/rotate", {}), 401, "not_authenticated")


def test_a_consumer_rotates_its_key_and_both_work_and_count_as_one(limited: Any, consumer: Api):
    answer = consumer.post("/key/rotate", {"overlap_hours": 48})

    body = expect(answer, 201)
    assert "no-store" in answer["Cache-Control"]
    new = Api(key=body["secret"])
    ends = ApiKey.objects.get(prefix=body["replaced"]["prefix"]).expires_at
    assert ends is not None
    assert timedelta(hours=47) < ends - timezone.now() < timedelta(hours=49)
    assert statuses(lambda: consumer.get("/verdicts"), 2) == [200, 200]
    assert statuses(lambda: new.get("/verdicts"), 3) == [200, 200, 429]  # 1 to rotate, 2 by the old one
    event = Event.objects.get(kind=EventKind.KEY_ROTATED)
    assert body["secret"] not in str(event.data)


def test_the_old_key_ends_with_its_overlap_and_at_once_with_none(consumer: Api):
    new = Api(key=expect(consumer.post("/key/rotate", {}), 201)["secret"])
    expect(new.post("/key/rotate", {}), 409, "conflict")  # the first still works
    ApiKey.objects.filter(expires_at__isnull=False).update(
        created_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(seconds=1)
    )

    expect(consumer.get("/verdicts"), 401, "invalid_key")
    newest = Api(key=expect(new.post("/key/rotate", {"overlap_hours": 0}), 201)["secret"])
    expect(new.get("/verdicts"), 401, "invalid_key")
    expect(newest.get("/verdicts"), 200)
    expect(newest.post("/key/rotate", {"overlap_hours": 169}), 400, "invalid")


def test_a_rotated_key_has_the_same_lifetime_scopes_and_limit(db: None):
    at = timezone.now()
    user = factories.person(Role.FACT_CHECKER)
    old = keys.issue(
        name="script",
        scopes=["desk:read"],
        user=user,
        expires_at=at + timedelta(days=30),
        requests_per_minute=9,
        actor=None,
        at=at,
    )

    later = at + timedelta(hours=1)
    new = keys.rotate(key_id=old.key.pk, overlap=timedelta(days=7), actor=None, at=later).key

    assert (new.scopes, new.requests_per_minute, new.user_id, new.first_id) == (["desk:read"], 9, user.pk, old.key.pk)
    assert new.expires_at == later + timedelta(days=30)


def test_a_leaked_key_ends_itself(consumer: Api):
    body = expect(consumer.post("/key/revoke"), 200)

    assert body["revoked_at"] is not None
    expect(consumer.get("/key"), 401, "invalid_key")


def test_use_is_written_down_off_the_requests_way_and_survives_a_key_that_is_gone(
    consumer: Api, django_assert_num_queries: Callable[..., object]
):
    with django_assert_num_queries(2):  # type: ignore[attr-defined]  # who is it, and the page
        expect(consumer.get("/verdicts"), 200)
    uses.note(key_id=2**40, at=timezone.now())
    assert not KeyUse.objects.exists()

    uses.flush()
    uses.flush()

    row = ApiKey.objects.get()
    assert row.last_used_at is not None
    assert list(KeyUse.objects.values_list("key_id", "requests", "refused")) == [(row.pk, 1, 0)]
