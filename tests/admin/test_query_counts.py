"""What the editors' pages cost: the same at 5 rows as at 50, and as many as the committed file says.

After a change that is meant: `UPDATE_COUNTS=1 pytest tests/admin/test_query_counts.py`, then look at the difference.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from claims.choices import AssignmentRole, Role
from claims.models import (
    Appearance,
    Assignment,
    Claim,
    ClaimAlias,
    Consumer,
    ReplyRequest,
    ReviewItem,
    ReviewNote,
    Source,
    SourcePoll,
    Webhook,
)
from claims.review import operations as moves
from tests import factories
from tests.admin.conftest import editor
from tests.factories import NOON
from tests.test_query_counts import FEW, MANY, agree

DESK_LIMIT, CLAIM_LIMIT = 15, 30


def cost(who: object, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert who.get(path).status_code == 200  # type: ignore[attr-defined]
    return len(queries)


def crowd(claim: Claim, count: int) -> None:
    """That many of everything that a claim's page shows."""
    for number in range(count):
        person = factories.UserFactory.create(role=Role.REVIEWER)
        moment = timezone.now()
        page = factories.DocumentFactory.create()
        factories.EvidenceFactory.create(claim=claim, document=page)
        factories.CoverageFactory.create(claim=claim, document=page)
        Appearance.objects.create(claim=claim, document=page, outlet=page.outlet, added_at=NOON)
        Assignment.objects.create(claim=claim, user=person, by=person, role=AssignmentRole.WRITER, at=NOON)
        ClaimAlias.objects.create(claim=claim, text=f"Wording {person.pk}", added_at=NOON)
        ReviewNote.objects.create(claim=claim, author=person, text="A note.", at=NOON)
        ReplyRequest.objects.create(claim=claim, asked_of="The mayor", how="by e-mail", asked_at=NOON, by=person)
        ReviewItem.objects.create(claim=claim, kind="source_gone", cause=f"document:{page.pk}", opened_at=NOON)
        claim.topics.add(factories.TopicFactory.create())
        verdict = claim.verdicts.order_by("-number").first()
        if verdict is not None and verdict.submitted_at is None:
            verdict.contributors.create(user=person, at=moment)
        factories.RatingFactory.create(slug=f"step-{person.pk}-{number}")


def many_claims(count: int) -> None:
    writer = factories.person(Role.FACT_CHECKER)
    for _ in range(count):
        claim = factories.inbox_claim(due_at=NOON)
        Assignment.objects.create(claim=claim, user=writer, by=writer, role=AssignmentRole.WRITER, at=NOON)
        ReviewItem.objects.create(claim=claim, kind="source_gone", cause="document:1", opened_at=NOON)


def in_revision() -> Claim:
    """The dearest page: live, under revision, with a retraction proposed."""
    claim = factories.published_claim()
    writer = factories.person(Role.FACT_CHECKER)
    moves.revise(claim_id=claim.pk, change_type="correction", public_note="A figure.", actor=writer, at=NOON)
    moves.propose_retraction(claim_id=claim.pk, public_note="Or all of it.", actor=writer, at=NOON)
    return claim


def sources(count: int) -> None:
    for number in range(count):
        made = Source.objects.count()
        source = Source.objects.create(
            name=f"Feed {made}", url=f"https://feed-{made}.example/", outlet=factories.OutletFactory.create()
        )
        SourcePoll.objects.create(source=source, started_at=NOON.replace(second=number), outcome="none")


def endpoints(count: int) -> None:
    for _ in range(count):
        made = Webhook.objects.count()
        owner = Consumer.objects.create(name=f"Consumer {made}")
        hook = Webhook.objects.create(
            consumer=owner,
            public_id=f"hook{made}",
            url="https://x.example/",
            events=["verdict.retracted"],
            created_at=NOON,
        )
        hook.deliveries.create(cause="1", event="webhook.ping", payload="{}", created_at=NOON, next_at=NOON)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.FACT_CHECKER, Role.PUBLISHER, Role.ADMINISTRATOR])
def test_the_desk(role: Role):
    who = editor(factories.person(role))
    many_claims(FEW)
    few = cost(who, reverse("admin:index"))
    many_claims(MANY - FEW)

    assert cost(who, reverse("admin:index")) == few < DESK_LIMIT
    agree("admin", f"desk, {role.value}", few)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "carry", [factories.inbox_claim, factories.researching_claim, factories.claim_in_review, in_revision]
)
def test_a_claim_s_page(carry: Callable[[], Claim]):
    claim = carry()
    who = editor(factories.person(Role.PUBLISHER))
    page = reverse("admin:claim", args=[claim.public_id])
    crowd(claim, FEW)
    few = cost(who, f"{page}?list=inbox")
    crowd(claim, MANY - FEW)

    assert cost(who, f"{page}?list=inbox") == few < CLAIM_LIMIT
    agree("admin", f"claim page, {carry.__name__}", few)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "fill"),
    [
        ("admin:claim_list", many_claims),
        ("admin:claimant_list", factories.ClaimantFactory.create_batch),
        ("admin:claims_source_changelist", sources),
        ("admin:claims_sourcepoll_changelist", sources),
        ("admin:claims_event_changelist", many_claims),
        ("admin:claims_document_changelist", factories.DocumentFactory.create_batch),
        ("admin:claims_outlet_changelist", factories.OutletFactory.create_batch),
        (
            "admin:auth_user_changelist",
            lambda count: [factories.UserFactory.create(role="reviewer") for _ in range(count)],
        ),
        ("admin:claims_webhook_changelist", endpoints),
        ("admin:claims_publication_changelist", lambda count: [factories.published_claim() for _ in range(count)]),
    ],
)
def test_a_list(name: str, fill: Callable[[int], object]):
    who = editor(factories.person(Role.ADMINISTRATOR))
    fill(FEW)
    few = cost(who, reverse(name))
    fill(20)

    assert cost(who, reverse(name)) == few
    agree("admin", name.removeprefix("admin:"), few)


@pytest.mark.django_db
def test_the_health_of_a_source():
    who = editor(factories.person(Role.ADMINISTRATOR))
    sources(1)
    one = Source.objects.get()
    page = reverse("admin:source_health", args=[one.pk])
    few = cost(who, page)
    now = timezone.now()
    for minutes in range(1, MANY):
        SourcePoll.objects.create(source=one, started_at=now - timedelta(minutes=minutes), outcome="none")

    assert cost(who, page) == few
    agree("admin", "source_health", few)


@pytest.mark.django_db
def test_an_endpoint_s_page():
    who = editor(factories.person(Role.ADMINISTRATOR))
    endpoints(1)
    hook = Webhook.objects.get()
    page = reverse("admin:claims_webhook_change", args=[hook.pk])
    few = cost(who, page)
    for n in range(MANY):
        hook.deliveries.create(cause=f"n{n}", event="webhook.ping", payload="{}", created_at=NOON, next_at=NOON)

    assert cost(who, page) == few
    agree("admin", "webhook page", few)


@pytest.mark.django_db
def test_the_coverage_of_a_claim():
    claim = factories.researching_claim()
    who = editor(factories.person(Role.FACT_CHECKER))
    page = reverse("admin:claim_coverage", args=[claim.public_id])
    factories.CoverageFactory.create_batch(FEW, claim=claim)
    few = cost(who, page)
    factories.CoverageFactory.create_batch(MANY, claim=claim)

    assert cost(who, page) == few
    agree("admin", "claim_coverage", few)
