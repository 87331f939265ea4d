"""The desk: each role's own lists, and empty ones that say what to do."""

import pytest
from django.urls import reverse

from claims.choices import AssignmentRole, Role
from claims.editing.claims import assign
from claims.editing.people import save_claimant
from claims.models import Organisation, Submission
from claims.review import operations as moves
from tests import factories
from tests.admin.conftest import editor
from tests.factories import NOON

DESK = "/admin/"
LISTS = {
    Role.CONTRIBUTOR: {"mine", "inbox"},
    Role.FACT_CHECKER: {"mine", "inbox", "due"},
    Role.REVIEWER: {"mine", "inbox", "due", "review"},
    Role.PUBLISHER: {"mine", "inbox", "due", "review", "publish"},
    Role.ADMINISTRATOR: set(),
}


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_each_role_sees_the_lists_that_it_can_use(role: Role):
    shown = editor(factories.person(role)).get(DESK).context["panels"]

    assert set(shown) == LISTS[role]


@pytest.mark.django_db
def test_an_empty_desk_says_what_to_do(writer):
    text = writer.get(DESK).content.decode()

    assert "Enter the first claim" in text
    assert "Take a claim from the inbox" in text


@pytest.mark.django_db
def test_each_list_holds_what_waits_there(writer, publisher):
    waiting = factories.claim_in_review()
    approved = factories.approved_claim()
    mine = factories.researching_claim()
    assign(claim_id=mine.pk, user=writer.user, role=AssignmentRole.WRITER, actor=writer.user, at=NOON)

    to_decide = publisher.get(DESK).context["panels"]
    to_write = writer.get(DESK).context["panels"]

    assert [claim.pk for claim in to_decide["review"].rows] == [waiting.pk]
    assert [claim.pk for claim in to_decide["publish"].rows] == [approved.pk]
    assert [claim.pk for claim in to_write["mine"].rows] == [mine.pk]


@pytest.mark.django_db
def test_a_writer_is_not_asked_to_review_their_own_work():
    claim = factories.claim_in_review()
    reviewer = factories.person(Role.REVIEWER)
    claim.verdicts.get().contributors.create(user=reviewer, at=NOON)

    panels = editor(reviewer).get(DESK).context["panels"]

    assert panels["review"].total == 0


@pytest.mark.django_db
def test_the_inbox_is_ordered_by_worth_then_by_demand(writer):
    plain, asked, worth = (factories.inbox_claim() for _ in range(3))
    for _ in range(2):
        Submission.objects.create(text="Is it so?", received_at=NOON, state="linked", claim=asked)
    worth.check_worthiness = 0.9
    worth.save()

    panel = writer.get(DESK).context["panels"]["inbox"]

    assert [claim.pk for claim in panel.rows] == [worth.pk, asked.pk, plain.pk]
    assert panel.rows[1].demand == 2


@pytest.mark.django_db
def test_a_change_under_a_verdict_is_looked_at_again(writer):
    claim = factories.published_claim()
    assert claim.claimant is not None
    save_claimant(claimant_id=claim.claimant.pk, name="Ilse Brandt-Roth", job_title="Mayor", actor=writer.user, at=NOON)

    items = writer.get(DESK).context["look_again"]

    assert [item.claim_id for item in items] == [claim.pk]
    page = writer.page(claim)
    assert "Look again" in page.content.decode()
    assert "Ilse Brandt-Roth" in page.content.decode()


@pytest.mark.django_db
def test_an_override_is_shown_to_everyone(at_desk):
    claim = factories.claim_in_review()
    alone = factories.UserFactory.create(superuser=True)
    reason = "The only other editor is in hospital this week."
    moves.override_approve(claim_id=claim.pk, reason=reason, actor=alone, at=NOON)

    for role in Role:
        assert reason in at_desk(role).get(DESK).content.decode()


@pytest.mark.django_db
def test_the_chart_is_readable_without_seeing_it(writer):
    factories.inbox_claim()
    factories.published_claim()

    bars = {bar.state.value: bar.count for bar in writer.get(DESK).context["bars"]}
    text = writer.get(DESK).content.decode()

    assert bars["inbox"] == bars["published"] == 1
    assert bars["declined"] == 0
    assert '<span class="bar-name">Inbox</span> <span class="bar-count">1</span>' in text


@pytest.mark.django_db
def test_times_are_in_the_newsroom_s_zone(writer):
    Organisation.objects.update(time_zone="Asia/Tokyo")
    claim = factories.inbox_claim()

    text = writer.page(claim).content.decode()

    assert '<time datetime="2026-03-02T21:00:00+09:00">2 Mar 2026, 21:00</time>' in text


@pytest.mark.django_db
def test_the_list_is_filtered_and_searched(writer):
    found = factories.inbox_claim(statement="The harbour bridge carries forty thousand cars a day.")
    other = factories.researching_claim(statement="Nobody swims in the estuary any more.")
    page = reverse("admin:claim_list")

    def shown(**query: str) -> set[int]:
        return {claim.pk for claim in writer.get(page, **query).context["rows"]}

    assert shown() == {found.pk, other.pk}
    assert shown(q="bridges") == {found.pk}
    assert shown(q=other.public_id) == {other.pk}
    assert shown(state="researching") == {other.pk}
    assert shown(public="live") == set()
    assert shown(list="inbox") == {found.pk}


@pytest.mark.django_db
def test_a_claim_is_found_by_the_address_of_a_page_that_it_cites(writer):
    claim = factories.written_claim()

    page = reverse("admin:claim_list")
    answer = writer.get(page, q=f"https://paper.example/story?claim={claim.public_id}")

    assert [row.pk for row in answer.context["rows"]] == [claim.pk]


@pytest.mark.django_db
def test_older_claims_come_by_the_next_page(writer):
    rows = factories.ClaimFactory.create_batch(53)
    page = reverse("admin:claim_list")

    first = writer.get(page)
    second = writer.client.get(f"{page}?{first.context['next']}")

    seen = [claim.pk for claim in [*first.context["rows"], *second.context["rows"]]]
    assert seen == sorted((row.pk for row in rows), reverse=True)
    assert second.context["next"] == ""
