"""Rows that belong together stay together, against raw SQL by the application's own user."""

import pytest
from django.db import IntegrityError, transaction

from claims.models import Capture, Document
from tests.review.conftest import Desk

PUBLISH = (
    "INSERT INTO claims_publication (sequence, claim_id, version, kind, change_type, public_note, "
    "supersedes_id, verdict_id, body, body_hash, valid_from, statement, language, rating, claimant, topics) "
    "VALUES (99, %s, 2, %s, 'correction', '', %s, %s, %s, %s, now(), 'x', 'en', '', '', '{}')"
)


def test_a_version_follows_its_own_claims_and_only_a_retraction_is_a_tombstone(desk: Desk, raw):
    claim, other = desk.approved(), desk.published()
    approved = claim.verdicts.get()
    body = (approved.pk, bytes(approved.candidate or b""), approved.candidate_hash)

    with pytest.raises(IntegrityError, match="does not follow"), transaction.atomic():
        raw(PUBLISH, claim.pk, "update", other.public_head.publication_id, *body)
    with pytest.raises(IntegrityError, match="nothing else is"), transaction.atomic():
        raw(PUBLISH.replace(", 2,", ", 1,"), claim.pk, "tombstone", None, *body)


def test_the_head_is_the_newest_publication_of_its_claim(desk: Desk, raw):
    claim, other = desk.published(), desk.published()

    with pytest.raises(IntegrityError, match="newest publication"), transaction.atomic():
        raw("UPDATE claims_publichead SET live = false WHERE claim_id = %s", claim.pk)
    with pytest.raises(IntegrityError, match="newest publication"), transaction.atomic():
        raw(
            "UPDATE claims_publichead SET publication_id = %s WHERE claim_id = %s",
            other.public_head.publication_id,
            claim.pk,
        )


def test_a_revision_is_frozen_with_the_hash_of_its_own_bytes(desk: Desk, raw):
    claim = desk.written()

    with pytest.raises(IntegrityError, match="verdict_candidate_has_its_hash"), transaction.atomic():
        raw(
            "UPDATE claims_verdict SET candidate = 'shown', candidate_hash = repeat('0', 64), submitted_at = now() "
            "WHERE claim_id = %s",
            claim.pk,
        )


def test_the_copy_of_a_source_is_one_of_its_page(desk: Desk, raw):
    claim = desk.written()
    elsewhere = Document.objects.create(url="https://elsewhere.example/", found_at=desk.at())
    copy = Capture.objects.create(
        document=elsewhere,
        fetched_at=desk.at(),
        final_url=elsewhere.url,
        http_status=200,
        sha256="a" * 64,
        warc_sha256="b" * 64,
        storage_key="aa/a.warc.gz",
        length=1,
    )

    with pytest.raises(IntegrityError, match="not one of the page"), transaction.atomic():
        raw("UPDATE claims_evidence SET capture_id = %s WHERE claim_id = %s", copy.pk, claim.pk)
