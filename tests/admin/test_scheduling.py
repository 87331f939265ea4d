"""Setting a time to publish at the desk: typed and shown in the newsroom's zone, and seen where it did not go out."""

from datetime import UTC, datetime

from claims.models import Claimant, Organisation, PublicationPlan
from claims.review.scheduling import publish_planned
from tests import factories
from tests.admin.conftest import Editor


def test_the_time_is_typed_and_shown_in_the_newsrooms_zone(publisher: Editor):
    Organisation.objects.update(time_zone="Europe/Berlin")
    claim = factories.approved_claim()

    assert publisher.do(claim, "schedule", publish_at="2100-06-01T09:00").status_code == 302

    assert PublicationPlan.objects.get().publish_at == datetime(2100, 6, 1, 7, 0, tzinfo=UTC)
    page = publisher.page(claim).content.decode()
    assert "Publishes <time" in page
    assert "1 Jun 2100, 09:00" in page
    assert "Times are Europe/Berlin." in page
    assert "1 Jun 2100, 09:00" in publisher.get("/admin/").content.decode()


def test_it_is_taken_back_with_a_button(publisher: Editor):
    claim = factories.approved_claim()
    publisher.do(claim, "schedule", publish_at="2100-06-01T09:00")

    assert publisher.do(claim, "unschedule", reason="Put off.").status_code == 302

    page = publisher.page(claim).content.decode()
    assert "Publishes <time" not in page
    assert "took back the time to publish revision 1" in page


def test_a_time_that_is_over_is_refused_beside_the_form(publisher: Editor):
    claim = factories.approved_claim()

    answer = publisher.do(claim, "schedule", publish_at="2020-06-01T09:00")

    assert answer.status_code == 400
    assert "That time is over" in answer.content.decode()
    assert not PublicationPlan.objects.exists()


def test_what_stopped_it_stands_on_the_claims_page_and_on_the_desk(publisher: Editor):
    claim = factories.approved_claim()
    publisher.do(claim, "schedule", publish_at="2100-06-01T09:00")
    Claimant.objects.update(name="Somebody else")
    plan = PublicationPlan.objects.get()

    publish_planned(plan_id=plan.pk, at=plan.publish_at)

    for page in (publisher.page(claim).content.decode(), publisher.get("/admin/").content.decode()):
        assert "A publication did not go out at its time" in page
        assert "changed since it was approved" in page
