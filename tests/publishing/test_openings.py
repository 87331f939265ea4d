"""What stands before each document in the change feed: of the row's own columns, on old installations too."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from claims.models import Publication
from claims.publishing.changes import changes_after
from tests import factories
from tests.review.conftest import Desk, committed_desk

__all__ = ["committed_desk"]  # a fixture

NOTES = [
    'He said "nothing of it" \\ and left.',
    "One line\nand a tab\tand \x07 a bell",
    "</script><!-- \u2028 Žluťoučký 🐎 اقتصاد",
]


@pytest.mark.django_db
@pytest.mark.parametrize("note", NOTES)
def test_an_entry_says_what_the_row_says(note: str):
    claim = factories.published_claim()
    factories.corrected(claim, note=note)
    correction = Publication.objects.get(claim=claim, version=2)

    [_, entry] = json.loads(b"[%b]" % b"".join(changes_after(after=0, limit=10).entries))

    document = entry.pop("document")
    assert document == json.loads(bytes(correction.body or b""))
    assert datetime.fromisoformat(entry.pop("at")) == correction.valid_from.astimezone(UTC)
    assert entry == {
        "sequence": correction.sequence,
        "id": claim.public_id,
        "version": 2,
        "kind": "update",
        "change_type": correction.change_type,
        "note": correction.public_note,
    }


@pytest.mark.django_db
def test_the_zone_and_style_of_a_session_have_no_say():
    factories.published_claim()
    stored = bytes(Publication.objects.get().feed_opening)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Kathmandu'")
        cursor.execute("SET LOCAL DateStyle = 'German'")
        cursor.execute(
            "SELECT claims_feed_opening(sequence, public_id, version, kind, change_type, public_note, valid_from) "
            "FROM claims_publication"
        )
        assert bytes(cursor.fetchone()[0]) == stored


@pytest.mark.django_db
def test_the_id_is_the_claims_whoever_writes(raw: Callable[..., Any]):
    claim = factories.approved_claim()
    raw(
        "INSERT INTO claims_publication (sequence, claim_id, version, kind, change_type, public_note, verdict_id, "
        "body, body_hash, valid_from, statement, language, rating, claimant, topics) SELECT 1, claim_id, 1, 'initial', "
        "'initial', '', id, candidate, candidate_hash, now(), 'x', 'en', '', '', '{}' FROM claims_verdict"
    )

    [row] = Publication.objects.all()
    assert row.public_id == claim.public_id
    assert f'"id":"{claim.public_id}"'.encode() in bytes(row.feed_opening)


@pytest.mark.django_db(transaction=True)
def test_what_was_published_before_the_update_is_told_in_the_same_bytes(committed_desk: Desk):
    committed_desk.published()
    committed_desk.published()
    before = changes_after(after=0, limit=10)
    try:
        call_command("migrate", "claims", "0029", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)

    assert changes_after(after=0, limit=10) == before
    assert before.count == 2
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Publication.objects.update(public_id="another")
