"""A desk in many states, with somebody of every kind to ask it."""

from typing import Any

from django.db import transaction

from claims.access.keys import issue
from claims.access.roles import LADDER
from claims.audit.review_items import open_review_item
from claims.choices import ReviewItemKind, Role, Scope
from claims.models import (
    Appearance,
    Claim,
    Claimant,
    Consumer,
    Coverage,
    Document,
    Evidence,
    ReplyRequest,
    ReviewItem,
    Source,
    Webhook,
)
from claims.webhook_choices import WebhookEvent
from tests import factories
from tests.factories import NOON

DESK = [Scope.VERDICTS_READ.value, Scope.DESK_READ.value, Scope.DESK_WRITE.value]
CONSUMER_NAME = "Another newsroom"


def keys() -> dict[str, str]:
    """Nobody, a key that is none, a consumer, and a colleague of each role, with keys that have every scope."""
    found = {"anonymous": "", "wrong key": f"fct_live_aaaaaaaa_{'x' * 43}"}
    consumer, _ = Consumer.objects.get_or_create(name=CONSUMER_NAME)
    found["reader key"] = issue(
        name="reader", scopes=[Scope.VERDICTS_READ, Scope.WEBHOOKS_MANAGE], consumer=consumer, actor=None, at=NOON
    ).clear
    for role in (Role.ADMINISTRATOR, *LADDER):
        key = issue(name="desk", scopes=DESK, user=factories.person(role), actor=None, at=NOON)
        found[role.label.lower()] = key.clear
    return found


def rows() -> dict[tuple[str, str], list[Any]]:
    """Claims at every stage, with what hangs on them: ids that exist, by an address's first part and its parameter."""
    claims = [
        factories.inbox_claim(),
        factories.researching_claim(),
        factories.written_claim(),
        factories.claim_in_review(),
        factories.approved_claim(),
        factories.published_claim(),
    ]
    factories.corrected(factories.published_claim())
    gone = factories.published_claim()
    factories.retracted(gone)
    for claim in claims[:3]:
        factories.CoverageFactory.create(claim=claim)
        ReplyRequest.objects.create(
            claim=claim, asked_of="The office", how="by e-mail", asked_at=NOON, by=factories.person(Role.FACT_CHECKER)
        )
        Appearance.objects.create(claim=claim, document=factories.DocumentFactory.create(), added_at=NOON)
    with transaction.atomic():
        open_review_item(
            claim=claims[5],
            kind=ReviewItemKind.SOURCE_GONE,
            cause="document:1",
            difference={"status": [200, 404]},
            actor=None,
            at=NOON,
        )
    Source.objects.create(name="The Paper", url="https://paper.example/feed", next_poll_at=NOON)
    consumer, _ = Consumer.objects.get_or_create(name=CONSUMER_NAME)
    hook = Webhook.objects.create(
        consumer=consumer,
        url="https://hooks.example/",
        events=list(WebhookEvent.values),
        created_at=NOON,
        public_id="hook0000000001",
    )
    managers = {
        "evidence": Evidence.objects,
        "coverage": Coverage.objects,
        "documents": Document.objects,
        "replies": ReplyRequest.objects,
        "appearances": Appearance.objects,
        "review-items": ReviewItem.objects,
        "sources": Source.objects,
        "claimants": Claimant.objects,
    }
    known: dict[tuple[str, str], list[Any]] = {
        (name, "id"): list(found.order_by("pk").values_list("pk", flat=True)[:8]) for name, found in managers.items()
    }
    ids = list(Claim.objects.values_list("public_id", flat=True))
    known |= {(name, "public_id"): ids for name in ("claims", "verdicts")}
    return {**known, ("claims", "number"): [1, 2], ("webhooks", "webhook_id"): [hook.public_id]}
