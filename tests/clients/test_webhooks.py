"""Messages verified by the client as the standard's own package does, and as the desk signs them."""

import base64
import json
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from claims.publishing.signing import new_secret, shown, signatures
from factcheck_client import WebhookRefused, verify

NOW = 1_772_452_800
BODY = b'{"type":"verdict.corrected","timestamp":"2026-03-02T12:00:00Z","data":{"id":"abc","version":2}}'
SECRET = shown(bytes(range(32)))
OTHER = shown(bytes(range(1, 33)))


def headers(*, secret: str = SECRET, body: bytes = BODY, at: int = NOW, name: str = "msg_1") -> dict[str, str]:
    """As the standard's own package signs."""
    made = Webhook(secret).sign(name, datetime.fromtimestamp(at, tz=UTC), body.decode())
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": made}


def clock() -> float:
    return NOW


def test_what_the_standards_package_signs_is_read():
    message = verify(BODY, headers(), secrets=[SECRET], now=clock)

    assert (message.id, message.type) == ("msg_1", "verdict.corrected")
    assert message.timestamp == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert message.data == {"id": "abc", "version": 2}


def test_what_the_desk_signs_is_read_by_both_with_either_secret():
    old, new = new_secret(), new_secret()
    at = int(time.time())
    signed = signatures(message_id="msg_1", timestamp=at, body=BODY, keys=[new, old])
    sent = {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(at), "Webhook-Signature": signed}

    for secret in (old, new):
        assert Webhook(shown(secret)).verify(BODY, sent) == json.loads(BODY)
        assert verify(BODY, sent, secrets=[shown(secret)]).data["id"] == "abc"
    assert verify(BODY, sent, secrets=[SECRET, shown(new)]).id == "msg_1"


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_are_near_enough(seconds: int):
    assert verify(BODY, headers(at=NOW + seconds), secrets=[SECRET], now=clock).id == "msg_1"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_more_than_five_minutes_are_not(seconds: int):
    with pytest.raises(WebhookRefused, match="five minutes"):
        verify(BODY, headers(at=NOW + seconds), secrets=[SECRET], now=clock)


def test_one_good_signature_among_others_is_enough():
    good = headers()["webhook-signature"]
    wrong = base64.b64encode(b"x" * 32).decode()
    among = f"v1a,{wrong} v1,{wrong} v1,%% nonsense , {good}"

    assert verify(BODY, headers() | {"webhook-signature": among}, secrets=[OTHER, SECRET], now=clock).id == "msg_1"


@pytest.mark.parametrize(
    "altered",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(NOW + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": f"{NOW}.0"},
        {"webhook-timestamp": f" {NOW}"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,ä"},
        {"webhook-signature": headers(secret=OTHER)["webhook-signature"]},
        {"webhook-signature": headers()["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": headers()["webhook-signature"].replace("v1,", "v1a,")},
        {"webhook-signature": headers()["webhook-signature"][:-4]},
        {"webhook-signature": "v1,AAAA " * 20 + headers()["webhook-signature"]},
    ],
)
def test_what_was_altered_is_refused(altered: dict[str, str]):
    with pytest.raises(WebhookRefused):
        verify(BODY, headers() | altered, secrets=[SECRET], now=clock)


def test_every_changed_byte_of_the_body_is_seen():
    sent = headers()
    for place in range(len(BODY)):
        changed = BODY[:place] + bytes([BODY[place] ^ 1]) + BODY[place + 1 :]
        with pytest.raises(WebhookRefused, match="secret"):
            verify(changed, sent, secrets=[SECRET], now=clock)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"no json", b"[" * 100_000, b'{"type":"x","timestamp":"y","data":{}}']
)
def test_what_is_signed_but_no_message_is_refused_likewise(body: bytes):
    with pytest.raises(WebhookRefused, match="no message"):
        verify(body, headers(body=body), secrets=[SECRET], now=clock)


@pytest.mark.parametrize("secrets", [[], ["whsec_"], [""], ["whsec_%%"], [SECRET, "whsec_ä"]])
def test_what_can_be_no_secret_is_said_to_be_none(secrets: list[str]):
    with pytest.raises(ValueError, match=r"[Ss]ecret|verified"):
        verify(BODY, headers(), secrets=secrets, now=clock)
