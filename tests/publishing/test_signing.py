"""Signatures by Standard Webhooks, checked by its own package, and secrets that lie sealed."""

import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from claims.publishing import signing

BODY = '{"type":"verdict.published","data":{"statement":"Brötchen"}}'.encode()


def headers(*secrets: bytes, at: int | None = None) -> dict[str, str]:
    stamp = int(time.time()) if at is None else at
    value = signing.signatures(message_id="msg_1", timestamp=stamp, body=BODY, keys=secrets)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": value}


def test_the_standards_own_package_verifies_what_we_sign():
    secret = signing.new_secret()

    Webhook(signing.shown(secret)).verify(BODY, headers(secret))

    assert 24 <= len(secret) <= 64
    assert signing.shown(secret).startswith("whsec_")


def test_while_two_secrets_hold_either_verifies_and_a_third_does_not():
    old, new, other = (signing.new_secret() for _ in range(3))
    sent = headers(new, old)

    for secret in (old, new):
        Webhook(signing.shown(secret)).verify(BODY, sent)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown(other)).verify(BODY, sent)

    assert len(sent["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize("part", ["webhook-id", "webhook-timestamp", "body"])
def test_nothing_that_is_signed_can_be_changed(part: str):
    secret = signing.new_secret()
    sent, body = headers(secret), BODY
    if part == "body":
        body += b" "
    else:
        sent[part] = "msg_2" if part == "webhook-id" else str(int(sent[part]) + 1)

    with pytest.raises(WebhookVerificationError):
        Webhook(signing.shown(secret)).verify(body, sent)


def test_a_sealed_secret_opens_and_does_not_show():
    secret = signing.new_secret()

    sealed = signing.seal(secret)

    assert signing.open_sealed(sealed) == signing.Opened(secret=secret, stale=False)
    assert signing.shown(secret).removeprefix("whsec_") not in sealed
    assert signing.seal(secret) != sealed


def test_a_secret_survives_a_change_of_key_for_as_long_as_the_old_key_is_named(settings):
    secret = signing.new_secret()
    sealed = signing.seal(secret)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key for this test"

    settings.SECRET_KEY_FALLBACKS = [before]
    assert signing.open_sealed(sealed) == signing.Opened(secret=secret, stale=True)

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(signing.Unsealable):
        signing.open_sealed(sealed)


@pytest.mark.parametrize("place", [3, 30, 60, 100])
def test_a_sealed_secret_that_was_altered_does_not_open(place: int):
    sealed = signing.seal(signing.new_secret())
    altered = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]

    with pytest.raises(signing.Unsealable):
        signing.open_sealed(altered)


def test_what_is_no_sealed_secret_does_not_open():
    for text in ("", "1:", "1:!!!", "nonsense"):
        with pytest.raises(signing.Unsealable):
            signing.open_sealed(text)
