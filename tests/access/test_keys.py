"""API keys: shown once, stored hashed, bounded by owner, scope and time."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from claims.access import keys, uses
from claims.choices import Role, Scope
from claims.errors import Conflict, Invalid, NotAllowed
from claims.models import ApiKey, Consumer, Event
from tests.review.conftest import Desk, desk

__all__ = ["desk"]


@pytest.fixture
def consumer(db: None) -> Consumer:
    return Consumer.objects.create(name="Morning Paper")


def _issue(consumer: Consumer, **more) -> keys.IssuedKey:
    given: dict[str, Any] = {
        "name": "feed",
        "scopes": [Scope.VERDICTS_READ],
        "consumer": consumer,
        "actor": None,
        "at": timezone.now(),
    }
    return keys.issue(**(given | more))


def test_a_key_opens_and_its_clear_text_is_nowhere(consumer: Consumer):
    issued = _issue(consumer)

    assert keys.verify(issued.clear) == issued.key
    stored = str(ApiKey.objects.values().get()) + str(list(Event.objects.values()))
    assert issued.clear.rsplit("_", 1)[-1] not in stored
    assert issued.clear.startswith("fct_live_")


@pytest.mark.parametrize(
    "change", ["", "x", "fct_live_", "fct_live_abcdefgh", "fct_live_abcdefgh_", "fct_live_\ud800_x"]
)
def test_anything_else_does_not_open(consumer: Consumer, change: str):
    _issue(consumer)

    assert keys.verify(change) is None


def test_a_wrong_secret_with_a_right_prefix_does_not_open(consumer: Consumer):
    issued = _issue(consumer)

    assert keys.verify(issued.clear[:-1] + ("a" if issued.clear[-1] != "a" else "b")) is None


def test_expired_revoked_and_ownerless_keys_do_not_open(consumer: Consumer):
    now = timezone.now()
    expired = _issue(consumer, at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    revoked, fresh = _issue(consumer), _issue(consumer)
    keys.revoke(key_id=revoked.key.pk, actor=None, at=timezone.now())

    assert keys.verify(expired.clear) is None
    assert keys.verify(revoked.clear) is None
    assert keys.verify(fresh.clear) is not None
    with pytest.raises(Conflict):
        keys.revoke(key_id=revoked.key.pk, actor=None, at=timezone.now())

    consumer.active = False
    consumer.save()
    assert keys.verify(fresh.clear) is None


def test_a_consumers_key_only_reads_verdicts(consumer: Consumer):
    with pytest.raises(Invalid):
        _issue(consumer, scopes=[Scope.VERDICTS_READ, Scope.DESK_WRITE])
    with pytest.raises(Invalid):
        _issue(consumer, scopes=["everything"])


def test_only_an_administrator_issues_keys(desk: Desk, consumer: Consumer):
    with pytest.raises(NotAllowed):
        _issue(consumer, actor=desk.publisher)

    assert _issue(consumer, actor=desk.person("admin", Role.ADMINISTRATOR)).key.consumer == consumer


def test_last_use_is_written_down_with_others(consumer: Consumer):
    issued = _issue(consumer)
    at = timezone.now()

    keys.note_use(key=issued.key, at=at - timedelta(seconds=5))
    keys.note_use(key=issued.key, at=at)
    uses.flush()

    assert ApiKey.objects.get().last_used_at == at
