"""Loading seeds: what is made, what is left alone, and what is refused."""

import json
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db.models import Model

from claims.choices import ApprovalDecision, ClaimState, PublicStatus, Role
from claims.editing.claims import remove_appearance
from claims.models import (
    Appearance,
    Approval,
    Capture,
    Claim,
    Claimant,
    Event,
    Evidence,
    Outlet,
    Publication,
    ReplyRequest,
    Source,
    Verdict,
)
from claims.review import operations as review
from tests.seeds.conftest import SEEDS

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(folder: Path) -> Path:
    """The seed files with four claims: one with a verdict, one left in the inbox, two others that are taken on."""
    for path in folder.glob("claims/*.yaml"):
        if path.name[:2] not in {"01", "04", "11", "16"}:
            path.unlink()
    return folder


@pytest.fixture
def load(few: Path) -> Callable[..., str]:
    """Runs the command on those files, or on the folder given, and returns what it printed."""

    def run(*arguments: str, folder: Path = few) -> str:
        out = StringIO()
        call_command("load_seeds", *arguments, dir=folder, stdout=out)
        return out.getvalue()

    return run


def _counts() -> dict[str, int]:
    models: list[type[Model]] = [*apps.get_app_config("claims").get_models(), User]
    return {model.__name__: model._default_manager.count() for model in models}


def _first() -> Claim:
    return Claim.objects.get(statement__startswith="The United States has no evidence")


def test_without_demo_there_is_an_inbox_and_nothing_that_only_people_make(load):
    out = load(folder=SEEDS)

    assert Claim.objects.count() == len(list(SEEDS.glob("claims/*.yaml")))
    assert set(Claim.objects.values_list("state", flat=True)) == {ClaimState.INBOX}
    assert not User.objects.filter(is_active=True).exists()
    assert not Verdict.objects.exists()
    assert not Evidence.objects.exists()
    assert not Source.objects.exists()
    assert not Outlet.objects.filter(name__contains="(demo)").exists()
    assert "claims     16 made, 0 there already" in out


def test_claims_carry_claimant_date_topics_aliases_and_appearances(load):
    load()

    claim = _first()
    assert claim.claimant is not None
    assert (claim.claimant.name, claim.claimed_on) == ("Maria Zakharova", date(2016, 10, 13))
    assert claim.original_text == ""
    assert sorted(claim.topics.values_list("slug", flat=True)) == [
        "cyber-attacks", "us-election-2016", "us-russia-relations"
    ]  # fmt: skip
    assert claim.aliases.count() == 1
    tass = Outlet.objects.get(slug="tass")
    assert claim.appearances.filter(
        is_first=True, outlet=tass, document__outlet=tass, document__url="https://tass.com/politics/906391"
    ).exists()
    assert Appearance.objects.exclude(quote="").count() == 0


def test_user_in_whose_name_claims_are_entered_can_do_nothing(load):
    load()

    loader = User.objects.get()
    assert not loader.is_active
    assert not loader.has_usable_password()
    assert not loader.groups.exists()


@pytest.mark.parametrize("arguments", [[], ["--demo"]])
def test_second_run_changes_nothing(load, arguments):
    load(*arguments)
    before = _counts()

    out = load(*arguments)

    assert _counts() == before
    assert all(" 0 made" in line for line in out.splitlines())


def test_demo_after_a_plain_load_adds_only_the_demo(load):
    load()
    claims = set(Claim.objects.values_list("pk", flat=True))

    load("--demo")

    assert set(Claim.objects.values_list("pk", flat=True)) == claims
    assert _first().public_status() == PublicStatus.LIVE


def test_demo_publishes_the_worked_verdict_by_two_people(load):
    load("--demo")

    claim = _first()
    publication = Publication.objects.get()
    verdict = publication.verdict
    approval = Approval.objects.get(verdict=verdict, decision=ApprovalDecision.APPROVED)
    writers = {contributor.user.username for contributor in verdict.contributors.all()}
    assert claim.state == ClaimState.PUBLISHED
    assert writers == {"ana"}
    assert approval.reviewer.username == "chioma"
    assert approval.override_reason is None
    body = json.loads(bytes(publication.body or b""))
    assert body["verdict"]["rating"]["slug"] == "mostly-false"
    assert body["verdict"]["rating"]["definition"]
    assert body["evidence"][0]["published_at"] == "2016-10-07T00:00:00+00:00"
    assert {waiver["line"] for waiver in body["waivers"]} == {"reply"}
    kinds = list(
        Event.objects.filter(claim=claim, kind__startswith="verdict.").order_by("id").values_list("kind", flat=True)
    )
    assert kinds == ["verdict.submitted", "verdict.approved", "verdict.published"]


def test_demo_invents_no_capture_and_no_reply(load):
    load("--demo")

    assert not Capture.objects.exists()
    assert not ReplyRequest.objects.exists()
    assert all(source.archive_url for source in Evidence.objects.all())


def test_demo_takes_on_most_claims_and_leaves_some_in_the_inbox(load):
    load("--demo", folder=SEEDS)

    states = list(Claim.objects.values_list("state", flat=True))
    assert states.count(ClaimState.RESEARCHING) >= 8
    assert 2 <= states.count(ClaimState.INBOX) <= 5


def test_demo_logins_work_and_are_for_their_owner_only(load, tmp_path):
    path = tmp_path / "new" / "logins.json"

    out = load("--demo", "--demo-credentials", str(path))

    logins = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {login["username"]: login["role"] for login in logins} == {
        "ana": Role.FACT_CHECKER, "ben": Role.REVIEWER, "chioma": Role.PUBLISHER, "dev": Role.ADMINISTRATOR
    }  # fmt: skip
    for login in logins:
        person = authenticate(username=login["username"], password=login["password"])
        assert person is not None
        assert [group.name for group in person.groups.all()] == [login["role"]]
        assert login["password"] not in out


def test_later_run_keeps_passwords_and_the_file_of_logins(load, tmp_path):
    path = tmp_path / "logins.json"
    load("--demo", "--demo-credentials", str(path))
    before = path.read_text()

    load("--demo", "--demo-credentials", str(path))

    assert path.read_text() == before
    login = json.loads(before)[0]
    assert authenticate(username=login["username"], password=login["password"]) is not None


def test_logins_that_cannot_be_kept_stop_the_load(load, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(CommandError, match="cannot be kept"):
        load("--demo", "--demo-credentials", str(tmp_path / "file" / "logins.json"))

    assert not User.objects.exists()
    assert not Claim.objects.exists()


def test_press_outlets_and_feeds_follow_the_ports(load, settings):
    settings.DEMO_PRESS_PORTS = [9101, 9102, 9103, 9104]
    load("--demo")
    Source.objects.filter(name__startswith="Civic").update(active=False, poll_minutes=77)
    settings.DEMO_PRESS_PORTS = [9102, 9101, 9203, 9204]

    load("--demo")

    assert Source.objects.count() == 4
    assert set(Source.objects.values_list("url", "outlet__domains__0", "outlet__homepage")) == {
        ("http://127.0.0.1:9102/feed.xml", "127.0.0.1:9102", "http://127.0.0.1:9102/"),
        ("http://127.0.0.1:9101/rss", "127.0.0.1:9101", "http://127.0.0.1:9101/"),
        ("http://127.0.0.1:9203/atom.xml", "127.0.0.1:9203", "http://127.0.0.1:9203/"),
        ("http://127.0.0.1:9204/index.rdf", "127.0.0.1:9204", "http://127.0.0.1:9204/"),
    }
    civic = Source.objects.get(name__startswith="Civic")
    assert (civic.active, civic.poll_minutes) == (False, 77)


def test_wrong_number_of_press_ports_is_refused(load, settings):
    settings.DEMO_PRESS_PORTS = [9101]

    with pytest.raises(CommandError, match="names 1 ports"):
        load("--demo")

    assert not Claim.objects.exists()


def test_what_editors_changed_stays_changed(load, noon):
    load("--demo")
    claim = Claim.objects.filter(state=ClaimState.RESEARCHING).order_by("pk").first()
    assert claim is not None
    ana = User.objects.get(username="ana")
    remove_appearance(appearance_id=claim.appearances.get().pk, actor=ana, at=noon)
    Claim.objects.filter(pk=claim.pk).update(statement="Worded anew by an editor.", claimant=None)
    Claimant.objects.filter(name="John Kerry").update(name="John F. Kerry")
    Outlet.objects.filter(slug="tass").update(name="TASS agency", slug="tass-agency")
    before = _counts()

    load("--demo")

    assert _counts() == before
    assert Claim.objects.get(pk=claim.pk).statement == "Worded anew by an editor."
    assert Outlet.objects.get(slug="tass-agency").name == "TASS agency"
    assert not claim.appearances.exists()


def test_claim_that_somebody_declined_is_not_taken_on_again(load, noon):
    load("--demo")
    ana = User.objects.get(username="ana")
    claim = Claim.objects.filter(state=ClaimState.RESEARCHING).order_by("pk").first()
    assert claim is not None
    review.decline(claim_id=claim.pk, reason="out_of_scope", actor=ana, at=noon)
    review.reopen(claim_id=claim.pk, reason="Looked at again.", actor=ana, at=noon)

    load("--demo")

    assert Claim.objects.get(pk=claim.pk).state == ClaimState.INBOX


def test_what_was_entered_by_hand_is_not_doubled(load):
    claimant = Claimant.objects.create(name="TASS", kind="organisation", job_title="Russian state news agency")
    Outlet.objects.create(slug="reuters", name="Reuters, as the desk has it")
    at = datetime(2026, 3, 2, tzinfo=UTC)
    Claim.objects.create(
        statement="E-mails that hackers took from the Democratic National Committee were published by WikiLeaks.",
        claimant=claimant,
        claimed_on=date(2016, 10, 13),
        created_at=at,
        changed_at=at,
    )

    out = load()

    assert "claims     3 made, 1 there already" in out
    assert Claimant.objects.filter(name="TASS").count() == 1
    assert Outlet.objects.get(slug="reuters").name == "Reuters, as the desk has it"


def test_real_person_of_a_demo_name_is_never_used(load):
    User.objects.create_user("chioma", password="a password of her own")

    with pytest.raises(CommandError, match="person called chioma who was not made for the demo"):
        load("--demo")

    assert not Claim.objects.exists()
    assert User.objects.count() == 1


def test_bad_file_is_refused_before_anything_is_written(load, spoil):
    folder = spoil("claims/16-accusers-denied-nsa-spying.yaml", "kind: factual", "kind: rumour")

    with pytest.raises(CommandError) as caught:
        load(folder=folder)

    assert "claims/16-accusers-denied-nsa-spying.yaml: accusers-denied-nsa-spying: kind: is 'rumour'" in str(
        caught.value
    )
    assert not any(count for name, count in _counts().items() if name not in {"Organisation", "FeedHead"})


def test_credentials_without_demo_are_refused(load, tmp_path):
    with pytest.raises(CommandError, match="with --demo only"):
        load("--demo-credentials", str(tmp_path / "logins.json"))
