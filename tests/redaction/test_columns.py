"""Every column that may hold words is erased by some plan, or stands here with the reason why it is not."""

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from claims.models import Event
from claims.redaction.captures import captures_plan
from claims.redaction.events import events_plan
from claims.redaction.plan import Plan, Removal, Step
from claims.redaction.publications import Scope, publication_plan
from tests import factories
from tests.coverage.test_retention import copy_of
from tests.factories import NOON, DocumentFactory

pytestmark = pytest.mark.django_db
WORDS = (models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField, ArrayField)
KEPT = {
    "digests, ids and names that machines gave": """
        Event.kind Event.subject_kind Event.data_hash EventSeal.previous_hash EventSeal.hash Claim.public_id
        IdempotentCall.key IdempotentCall.request_hash ArchiveCopy.job_id DocumentUrl.url_hash
        Capture.sha256 Capture.storage_key Capture.warc_sha256 Evidence.file_sha256 Evidence.file_type
        ExternalReview.raw_hash Publication.body_hash Publication.public_id PublicHead.public_id Approval.candidate_hash
        Verdict.candidate_hash Delivery.message_id Delivery.cause ReviewItem.cause CaptureRemoval.reason
        ClaimSearch.connector SearchTurn.connector QueryTrialResult.connector ExternalReview.found_by
    """,
    "choices from lists of the desk": """
        Claim.state_before_merge Publication.change_type Publication.rating Publication.topics Delivery.event
    """,
    "languages": """
        Claim.language Document.language Submission.language ExternalReview.language
        Publication.language
    """,
    "addresses, which the plan says stay": """
        Document.url Document.syndicated_from DocumentUrl.url Capture.final_url Capture.archive_url
        ArchiveCopy.archive_url Evidence.archive_url ExternalReview.url DocumentWatch.moved_to
    """,
    "headers of answers of ours: ETag and Location": "IdempotentCall.headers",
    "ids, languages and addresses of live siblings": "PublicHead.translations",
    "where uploaded files lay; the bytes go": "Evidence.file",
    "other fact-checkers' names": "ExternalReview.publisher ExternalReview.publisher_site",
    "why something failed, in words of ours": """
        ArchiveCopy.note Document.fetch_note DocumentCheck.note Delivery.last_note DeliveryTry.note
    """,
}
# About no claim: the newsroom, its outlets, sources, scales, people, keys and endpoints.
ELSEWHERE = {
    "ApiKey", "Claimant", "ConnectorUse", "Consumer", "Organisation", "Outlet", "Rating", "RatingScale", "Source",
    "SourcePoll", "Topic", "Webhook", "WebhookSecret",
}  # fmt: skip


def columns(model: type[models.Model]) -> set[str]:
    """The model's columns that people or pages fill with words."""
    return {
        f"{model.__name__}.{field.name}"
        for field in model._meta.concrete_fields
        if isinstance(field, WORDS) and not field.choices and not field.is_relation
    }


def erased(*plans: Plan) -> set[str]:
    """The columns that these plans empty."""
    found = {"Delivery.payload"}
    for step in (step for plan in plans for step in plan.steps):
        if isinstance(step, Step):
            found |= {f"{step.rows.model.__name__}.{name}" for name in step.blank}
        elif isinstance(step, Removal):
            found |= columns(step.rows.model)
    return found


def test_every_column_for_words_has_its_place_in_a_plan_or_a_reason():
    claim = factories.published_claim()
    factories.retracted(claim)
    capture = copy_of(DocumentFactory.create(), "copy")
    done = erased(
        publication_plan(public_id=claim.public_id, versions=[], scope=Scope(notes=True, claim_text=True), at=NOON),
        captures_plan(names=[str(capture.pk)], at=NOON),
        events_plan(ids=[Event.objects.order_by("pk")[0].pk]),
    )
    kept = {name for names in KEPT.values() for name in names.split()}
    every = {
        name
        for model in apps.get_app_config("claims").get_models()
        if model.__name__ not in ELSEWHERE
        for name in columns(model)
    }
    calls = {"IdempotentCall.body"}  # of every erasure

    assert every - done - kept - calls == set(), "add these to claims/redaction/, or say here why they may stay"
    assert kept - every == set(), "these are gone, or have got choices"
    assert kept & done == set()
