"""Setting the newsroom up: administrators only, every save a fact of the history, what is in use frozen."""

import json
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from claims.access.keys import verify
from claims.choices import EventKind, Outcome, Role
from claims.models import ApiKey, Consumer, Event, Organisation, RatingScale, Source, SourcePoll, Topic
from tests import factories
from tests.admin.conftest import Editor
from tests.factories import NOON

SOURCE = {"name": "Harbour Post", "kind": "rss", "url": "HTTPS://Harbour.example:443/feed", "poll_minutes": "30"}


@pytest.mark.django_db
def test_a_save_is_an_event_with_before_and_after(administrator):
    organisation = Organisation.objects.current()
    form = {
        "name": "The Harbour Desk",
        "time_zone": "Europe/Lisbon",
        "default_language": "en",
        "data_licence": organisation.data_licence,
    }

    answer = administrator.client.post(reverse("admin:claims_organisation_change", args=[1]), form)

    event = Event.objects.get(kind=EventKind.CONFIGURATION_SAVED)
    assert answer.status_code == 302
    assert Organisation.objects.current().name == "The Harbour Desk"
    assert event.actor == administrator.user
    assert event.data is not None
    assert event.data["changed"]["name"] == [organisation.name, "The Harbour Desk"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.FACT_CHECKER, Role.REVIEWER, Role.PUBLISHER])
def test_editors_read_and_do_not_set_up(at_desk, role):
    editor = at_desk(role)
    topic = factories.TopicFactory.create(slug="housing")

    assert editor.get(reverse("admin:claims_topic_changelist")).status_code == 200
    assert editor.get(reverse("admin:claims_topic_add")).status_code == 403
    change = reverse("admin:claims_topic_change", args=[topic.pk])
    assert editor.client.post(change, {"slug": "changed", "labels": "{}"}).status_code == 403
    assert editor.get(reverse("admin:auth_user_changelist")).status_code == 403
    assert editor.get(reverse("admin:claims_apikey_changelist")).status_code == 403
    assert Topic.objects.get().slug == "housing"


@pytest.mark.django_db
def test_a_source_is_saved_by_the_operation(administrator):
    answer = administrator.client.post(reverse("admin:claims_source_add"), {**SOURCE, "active": "on"})

    source = Source.objects.get()
    assert answer.status_code == 302
    assert source.url == "https://harbour.example/feed"
    assert source.next_poll_at is not None
    assert [event.kind for event in Event.objects.all()] == [EventKind.SOURCE_SAVED]
    again = administrator.client.post(reverse("admin:claims_source_add"), SOURCE)
    assert again.status_code == 200
    assert "Another source has this address" in again.content.decode()


@pytest.mark.django_db
def test_poll_now_asks_for_a_poll(administrator, writer):
    source = Source.objects.create(name="Post", url="https://post.example/feed")
    url = reverse("admin:source_poll", args=[source.pk])

    writer.client.post(url)
    assert not Event.objects.filter(kind=EventKind.SOURCE_POLL_REQUESTED).exists()

    administrator.client.post(url)
    assert Event.objects.get(kind=EventKind.SOURCE_POLL_REQUESTED).subject_id == source.pk
    assert administrator.get(url).status_code == 405


@pytest.mark.django_db
def test_none_and_not_measured_are_different_words(administrator):
    source = Source.objects.create(name="Post", url="https://post.example/feed")
    for minute, outcome in enumerate([Outcome.NONE, Outcome.NOT_MEASURED]):
        SourcePoll.objects.create(source=source, started_at=NOON.replace(minute=minute), outcome=outcome)

    polls = administrator.get(reverse("admin:claims_sourcepoll_changelist")).content.decode()
    listed = administrator.get(reverse("admin:claims_source_changelist")).content.decode()

    assert "Looked, nothing new" in polls
    assert "not measured" in polls
    assert "Not measured" in listed


@pytest.mark.django_db
def test_a_scale_in_use_is_frozen(administrator):
    rating = factories.RatingFactory.create()
    page = reverse("admin:claims_ratingscale_change", args=[rating.scale_id])
    form = {
        "slug": "factual",
        "version": "1",
        "name": "Renamed",
        "description": "How we rate.",
        "minimum_evidence": "1",
        "minimum_outlets": "2",
        "active": "on",
        "claim_kinds": ["factual"],
        "ratings-TOTAL_FORMS": "0",
        "ratings-INITIAL_FORMS": "0",
    }
    administrator.client.post(page, form)
    assert RatingScale.objects.get().name == "Renamed"

    factories.written_claim(rating=rating)
    administrator.client.post(page, {**form, "name": "Renamed again"})

    assert RatingScale.objects.get().name == "Renamed"
    frozen = administrator.get(page).content.decode()
    assert 'name="ratings-0-slug"' not in frozen
    assert 'name="name"' not in frozen


@pytest.mark.django_db
def test_a_key_is_shown_once_and_revoked(administrator):
    consumer = Consumer.objects.create(name="Wire")

    answer = administrator.client.post(
        reverse("admin:key_issue"), {"name": "nightly", "consumer": consumer.pk, "scopes": ["verdicts:read"]}
    )

    key = ApiKey.objects.get()
    clear = answer.context["issued"].clear
    assert clear in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert verify(clear) == key
    page = administrator.get(reverse("admin:claims_apikey_change", args=[key.pk])).content.decode()
    assert clear not in page
    assert key.secret_hash not in page
    administrator.client.post(reverse("admin:key_revoke", args=[key.pk]))
    assert verify(clear) is None


@pytest.mark.django_db
def test_a_key_is_limited_and_replaced(administrator):
    consumer = Consumer.objects.create(name="Wire")
    form = {"name": "nightly", "consumer": consumer.pk, "scopes": ["verdicts:read"], "requests_per_minute": "40"}
    administrator.client.post(reverse("admin:key_issue"), form)
    key = ApiKey.objects.get()
    assert key.requests_per_minute == 40

    administrator.client.post(reverse("admin:key_limit", args=[key.pk]), {"limit-requests_per_minute": "90"})
    answer = administrator.client.post(reverse("admin:key_rotate", args=[key.pk]), {"rotate-overlap_hours": "0"})

    clear = answer.context["issued"].clear
    assert clear in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    found = verify(clear)
    assert found is not None
    assert (found.requests_per_minute, found.first_id) == (90, key.pk)
    page = administrator.get(reverse("admin:claims_apikey_change", args=[found.pk])).content.decode()
    assert "Make the new key" in page


@pytest.mark.django_db
def test_what_a_key_may_not_do_is_said_beside_the_form(administrator):
    consumer = Consumer.objects.create(name="Wire")

    answer = administrator.client.post(
        reverse("admin:key_issue"), {"name": "nightly", "consumer": consumer.pk, "scopes": ["desk:write"]}
    )

    assert answer.status_code == 400
    assert "only reads verdicts" in answer.content.decode()
    assert not ApiKey.objects.exists()


@pytest.mark.django_db
def test_an_administrator_makes_no_superuser(administrator, superuser):
    colleague = factories.UserFactory.create()
    role = Group.objects.get(name=Role.REVIEWER.value)
    form = {"username": colleague.username, "is_active": "on", "is_superuser": "on", "groups": [role.pk]}

    administrator.client.post(reverse("admin:auth_user_change", args=[colleague.pk]), form)

    changed = User.objects.get(pk=colleague.pk)
    assert not changed.is_superuser
    assert list(changed.groups.all()) == [role]
    over = administrator.client.post(reverse("admin:auth_user_change", args=[superuser.user.pk]), form)
    assert over.status_code == 403
    password = reverse("admin:auth_user_password_change", args=[superuser.user.pk])
    assert administrator.get(password).status_code == 403


@pytest.mark.django_db
def test_a_password_goes_into_no_history(administrator):
    form = {
        "username": "new-colleague",
        "usable_password": "true",
        "password1": "a-long-Phrase-7",
        "password2": "a-long-Phrase-7",
    }

    added = administrator.client.post(reverse("admin:auth_user_add"), form)
    user = User.objects.get(username="new-colleague")
    url = reverse("admin:auth_user_password_change", args=[user.pk])
    new = {"usable_password": "true", "password1": "another-Phrase-8", "password2": "another-Phrase-8"}
    changed = administrator.client.post(url, new)

    assert (added.status_code, changed.status_code) == (302, 302)
    assert User.objects.get(pk=user.pk).check_password("another-Phrase-8")
    history = json.dumps(list(Event.objects.values_list("data", flat=True)))
    assert Event.objects.count() == 2
    assert "hrase" not in history


@pytest.mark.django_db
def test_every_registered_list_and_page_opens(superuser):
    claim = factories.published_claim()
    factories.CoverageFactory.create(claim=claim)
    Consumer.objects.create(name="Wire")
    Source.objects.create(name="Post", url="https://post.example/feed")
    opened = 0
    for model in superuser.get(reverse("admin:setup")).context["groups"]:
        for entry in model[1]:
            page = superuser.get(entry["admin_url"])
            assert page.status_code == 200
            assert "<style" not in page.content.decode()
            opened += 1
            for row in page.context["cl"].result_list[:1]:
                one = superuser.client.get(f"{entry['admin_url']}{row.pk}/change/")
                assert one.status_code == 200
    assert opened >= 15


@pytest.mark.django_db
@pytest.mark.django_db
def test_the_history_of_a_row_is_the_event_log(administrator):
    topic = factories.TopicFactory.create()
    url = reverse("admin:claims_topic_change", args=[topic.pk])
    administrator.client.post(url, {"slug": "renamed", "labels": '{"en": {"name": "Renamed"}}'})

    answer = administrator.client.get(reverse("admin:claims_topic_history", args=[topic.pk]), follow=True)

    assert answer.status_code == 200
    assert [event.kind for event in answer.context["cl"].result_list] == [EventKind.CONFIGURATION_SAVED]


@pytest.mark.django_db
def test_a_source_without_a_visible_name_comes_back_with_what_was_typed(administrator):
    answer = administrator.client.post(reverse("admin:claims_source_add"), {**SOURCE, "name": "\x07\x0b"})

    assert answer.status_code == 200
    assert "Give the source a name." in answer.content.decode()
    assert "Harbour.example:443/feed" in answer.content.decode()
    assert not Source.objects.exists()


@pytest.mark.django_db
def test_the_history_of_a_row_is_for_whoever_may_read_it(
    at_desk: Callable[[Role | str], Editor], administrator: Editor
):
    history = reverse("admin:auth_user_history", args=[administrator.user.pk])

    assert administrator.get(history).status_code == 302
    assert at_desk(Role.PUBLISHER).get(history).status_code == 403


@pytest.mark.django_db
def test_a_history_of_nothing_leads_back_and_breaks_nothing(administrator: Editor):
    answer = administrator.client.get(reverse("admin:claims_topic_history", args=["nothing"]))

    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:index")
