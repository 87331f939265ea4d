"""Pages about the desk out of its own data: ratings with counts, methodology, corrections; robots and security."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, override_settings

from claims.models import Organisation, PublicHead, RatingScale
from tests import factories

pytestmark = pytest.mark.django_db


def read(path: str, status: int = 200, **headers: str) -> str:
    answer: Any = Client().get(path, headers=headers)
    found: HttpResponse = answer
    assert found.status_code == status
    return found.content.decode()


def test_ratings_are_counted_by_what_is_live():
    scale = factories.RatingScaleFactory.create(slug="factual", name="Facts", description="Rated *with care*.")
    false = factories.RatingFactory.create(scale=scale, slug="false", position=2)
    factories.RatingFactory.create(scale=scale, slug="true", value=1.0, position=1)
    old = factories.RatingScaleFactory.create(slug="old", name="Before", active=False)
    factories.RatingFactory.create(scale=old, slug="false")
    factories.published_claim(rating=false)
    factories.retracted(factories.published_claim(rating=false))
    factories.approved_claim(rating=false)

    text = read("/ratings/")

    assert "Rated <em>with care</em>." in text
    assert text.index('id="factual-true"') < text.index('id="factual-false"')
    assert ">1 verdict</a>" in text
    assert text.count("none yet") == 1
    assert "Before" not in text
    assert "Every trustworthy source contradicts it." in text


def test_the_methodology_says_what_scales_ask_for_and_who_pays():
    Organisation.objects.update(funding="Readers alone.", corrections_policy_url="https://desk.example/policy")
    RatingScale.objects.create(slug="promise", name="Promises", claim_kinds=["promise"], minimum_outlets=3)

    text = read("/methodology/")

    assert "Right of reply" in text
    assert "3 independent outlets" in text
    assert "Readers alone." in text
    assert 'href="https://desk.example/policy"' in text


def test_corrections_stand_newest_first_and_nothing_unpublished_among_them():
    first = factories.corrected(factories.published_claim(), note="A figure was wrong.")
    gone = factories.published_claim()
    factories.retracted(gone, note="The table was withdrawn.")
    factories.approved_claim(statement="Nobody knows of this one yet.")

    text = read("/corrections/")

    assert text.index("The table was withdrawn.") < text.index("A figure was wrong.")
    assert f"/verdicts/{first.public_id}/?version=1" in text
    assert "Nobody knows of this one yet." not in text
    assert "It fell by far less" not in text  # first versions are no corrections


def test_corrections_come_a_page_at_a_time():
    for number in range(22):
        factories.corrected(factories.published_claim(), note=f"Note {number:02d}.")

    first: Any = Client().get("/corrections/")
    older: Any = Client().get(f"/corrections/?before={first.context['older']}")

    assert [item.note for item in first.context["shown"]][:2] == ["Note 21.", "Note 20."]
    assert [item.note for item in older.context["shown"]] == ["Note 01.", "Note 00."]
    assert older.context["older"] is None


def test_a_reader_reports_an_error_in_the_verdict_that_they_came_from():
    claim = factories.published_claim()
    assert f'href="/corrections/?about={claim.public_id}#report"' in read(f"/verdicts/{claim.public_id}/")
    Organisation.objects.update(site_url="https://desk.example", contact="errors@desk.example")

    text = read(f"/corrections/?about={claim.public_id}")
    draft = read(f"/corrections/?about={factories.approved_claim().public_id}")

    assert f"https://desk.example/verdicts/{claim.public_id}/" in text
    assert 'href="mailto:errors@desk.example?subject=Error%20in%20a%20verdict&amp;body=https' in text
    assert "that you came from" not in draft


def test_security_is_404_until_somebody_is_named_and_then_holds_by_its_rules():
    read("/.well-known/security.txt", 404)
    Organisation.objects.update(site_url="https://desk.example", contact="errors@desk.example")

    lines = dict(line.split(": ", 1) for line in read("/.well-known/security.txt").splitlines())

    assert lines["Contact"] == "mailto:errors@desk.example"
    assert lines["Canonical"] == "https://desk.example/.well-known/security.txt"
    left = datetime.fromisoformat(lines["Expires"]) - datetime.now(UTC)
    assert timedelta(days=30) < left < timedelta(days=366)
    with override_settings(SECURITY_CONTACT="https://desk.example/security"):
        assert "Contact: https://desk.example/security\n" in read("/.well-known/security.txt")


def test_robots_keep_out_of_the_desk_alone():
    Organisation.objects.update(site_url="https://desk.example")

    text = read("/robots.txt")

    assert "Disallow: /admin/\n" in text
    assert "Sitemap: https://desk.example/sitemap.xml\n" in text


@pytest.mark.parametrize("path", ["/", "/verdicts/", "/ratings/", "/methodology/", "/corrections/", "/robots.txt"])
def test_what_is_known_is_not_sent_again(path: str):
    factories.published_claim()
    answer = Client().get(path)

    assert Client().get(path, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert Client().post(path).status_code == 405


def test_times_are_those_of_the_newsroom():
    Organisation.objects.update(time_zone="Pacific/Kiritimati")
    claim = factories.published_claim()
    moment = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    PublicHead.objects.update(reviewed_at=moment)

    for path in ("/", f"/verdicts/{claim.public_id}/"):
        assert '<time datetime="2026-03-03">3 March 2026</time>' in read(path)
