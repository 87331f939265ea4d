"""Who may erase, what it takes, and that the guards stand before, after, and when it goes wrong."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction

from claims.audit.seal import seal_events
from claims.choices import ClaimState, EventKind, Role
from claims.management.commands import redact as command
from claims.models import Claim, Event, Publication
from claims.redaction import guards, operations
from claims.redaction.guards import switched_off
from claims.review import operations as moves
from tests import factories
from tests.factories import UserFactory, person
from tests.redaction.erasing import REASON, erase

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claim() -> Claim:
    """Published and retracted."""
    found = factories.published_claim()
    factories.retracted(found)
    return Claim.objects.get(pk=found.pk)


def bodies(claim: Claim) -> list[bool]:
    """By version, whether its document is there."""
    rows = Publication.objects.filter(claim=claim).order_by("version").values_list("body", flat=True)
    return [body is not None for body in rows]


def test_a_retracted_verdict_is_erased_and_its_place_stays(claim: Claim, guards_on: Callable[[], bool]):
    before = list(Publication.objects.order_by("sequence").values("sequence", "version", "kind", "body_hash", "claim"))

    said = erase("publication", claim.public_id)

    assert bodies(claim) == [False, False]
    assert list(Publication.objects.order_by("sequence").values(*before[0])) == before
    assert f"Claim {claim.public_id}, version 1, 2" in said
    assert guards_on()
    with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
        Publication.objects.filter(claim=claim).update(public_note="forged")


def test_the_history_says_who_with_whom_and_why_and_holds_digests_alone(claim: Claim):
    hashes = dict(Publication.objects.filter(claim=claim).values_list("version", "body_hash"))

    erase("publication", claim.public_id)

    event = Event.objects.get(kind=EventKind.PUBLICATION_REDACTED)
    assert event.data is not None
    assert (event.actor, event.claim_id) == (person(Role.ADMINISTRATOR), claim.pk)
    assert (event.data["with"], event.data["reason"]) == (person(Role.PUBLISHER).get_username(), REASON)
    assert event.data["versions"] == {str(number): digest for number, digest in hashes.items()}
    assert claim.statement not in str(event.data)


def test_the_chain_is_intact_and_counts_what_was_erased(claim: Claim, capsys: pytest.CaptureFixture[str]):
    sealed = seal_events(limit=1000)

    erase("publication", claim.public_id)
    gone = Event.objects.filter(data__isnull=True).count()
    call_command("verify_audit")

    assert gone > 0
    assert f"{sealed} events sealed and intact ({gone} redacted), 1 not sealed yet." in capsys.readouterr().out


def test_a_dry_run_shows_it_and_changes_nothing(claim: Claim):
    said = erase("publication", claim.public_id, dry_run=True)

    assert "published versions: 2 row(s), body, statement, claimant" in said
    assert "The claim's own rows" in said
    assert "The public note of version 2: “The table itself was withdrawn by its office.”" in said
    assert "Backups" in said
    assert "Nothing was changed." in said
    assert bodies(claim) == [True, True]
    assert not Event.objects.filter(kind=EventKind.PUBLICATION_REDACTED).exists()


def test_what_is_typed_must_be_the_word(claim: Claim, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "input", lambda _: "yes", raising=False)
    with pytest.raises(CommandError, match="Nothing was changed"):
        erase("publication", claim.public_id, yes=False)
    assert bodies(claim) == [True, True]

    monkeypatch.setattr(command, "input", lambda _: "ERASE", raising=False)
    erase("publication", claim.public_id, yes=False)
    assert bodies(claim) == [False, False]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"agreed": "standing-administrator"}, "two people"),
        ({"by": "gone"}, "not active"),
        ({"agreed": "gone"}, "not active"),
        ({"by": "standing-publisher", "agreed": "standing-administrator"}, "no administrator"),
        ({"agreed": "standing-reviewer"}, "no publisher"),
        ({"agreed": "nobody-at-all"}, "nobody called"),
        ({"reason": " "}, "reason in writing"),
    ],
)
def test_it_takes_two_active_people_of_the_right_roles_and_a_reason(claim: Claim, change: dict[str, str], match: str):
    person(Role.ADMINISTRATOR), person(Role.REVIEWER)
    UserFactory.create(username="gone", role=Role.PUBLISHER, is_active=False, is_superuser=True)

    with pytest.raises(CommandError, match=match):
        erase("publication", claim.public_id, **change)

    assert bodies(claim) == [True, True]


def test_what_is_live_is_retracted_or_replaced_first():
    claim = factories.published_claim()
    with pytest.raises(CommandError, match=r"is live\. Retract it first"):
        erase("publication", claim.public_id)

    factories.corrected(claim)
    erase("publication", claim.public_id, version=1)

    assert bodies(claim) == [False, True]
    with pytest.raises(CommandError, match="is live"):
        erase("publication", claim.public_id, version=2)
    with pytest.raises(CommandError, match="go only with all of its versions"):
        erase("publication", claim.public_id, version=1, claim_text=True)


def test_a_tombstone_goes_with_what_it_takes_back_and_that_with_it(claim: Claim):
    said = erase("publication", claim.public_id, version=1, dry_run=True)
    assert "version 1, 2" in said

    erase("publication", claim.public_id, version=2)

    assert bodies(claim) == [False, False]


def test_an_open_copy_of_the_words_is_given_up_first(claim: Claim):
    at = factories.NOON
    moves.revise(
        claim_id=claim.pk,
        change_type="reinstatement",
        public_note="Back.",
        actor=person(Role.FACT_CHECKER),
        at=at,
    )
    with pytest.raises(CommandError, match="Revision 3 is open and holds the same words"):
        erase("publication", claim.public_id)

    moves.abandon(claim_id=claim.pk, reason="Erased.", actor=person(Role.FACT_CHECKER), at=at)
    erase("publication", claim.public_id)

    assert set(claim.verdicts.values_list("headline", flat=True)) == {""}


def test_what_was_erased_may_be_written_anew(claim: Claim):
    erase("publication", claim.public_id)

    moves.revise(
        claim_id=claim.pk,
        change_type="reinstatement",
        public_note="Written anew.",
        actor=person(Role.FACT_CHECKER),
        at=factories.NOON,
    )

    assert Claim.objects.get(pk=claim.pk).state == ClaimState.RESEARCHING
    assert claim.verdicts.get(number=3).summary == ""


def test_twice_is_refused_and_more_may_be_added(claim: Claim):
    erase("publication", claim.public_id)
    with pytest.raises(CommandError, match="Nothing is left to erase"):
        erase("publication", claim.public_id)

    erase("publication", claim.public_id, notes=True)

    assert set(Publication.objects.filter(claim=claim).values_list("public_note", flat=True)) == {""}


def test_unknown_things_are_refused(claim: Claim):
    with pytest.raises(CommandError, match="Nothing was published under nothing"):
        erase("publication", "nothing")
    with pytest.raises(CommandError, match="no version 7"):
        erase("publication", claim.public_id, version=7)
    with pytest.raises(CommandError, match="no event 999999"):
        erase("event", 999_999)
    with pytest.raises(CommandError, match="no copy 999999"):
        erase("capture", 999_999)


def test_single_events_are_erased_but_never_the_record_of_it(claim: Claim):
    event = Event.objects.filter(kind=EventKind.CLAIM_CREATED, claim=claim).get()

    erase("event", event.pk)

    event.refresh_from_db()
    told = Event.objects.get(kind=EventKind.EVENT_REDACTED)
    assert event.data is None
    assert (told.claim_id, told.data and told.data["digest"]) == (claim.pk, event.data_hash)
    with pytest.raises(CommandError, match="record of an erasure"):
        erase("event", told.pk)
    with pytest.raises(CommandError, match="Nothing is left"):
        erase("event", event.pk)


def test_a_failure_half_way_changes_nothing_and_leaves_the_guards_on(
    claim: Claim, guards_on: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
):
    def fails(**_: Any) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(operations, "record", fails)
    with pytest.raises(RuntimeError, match="the power went"):
        erase("publication", claim.public_id)

    assert bodies(claim) == [True, True]
    assert guards_on()


def test_while_the_guards_are_off_nobody_else_can_write():
    claim = factories.published_claim()
    given: Any = connection.get_connection_params()
    known = {name: given[name] for name in ("dbname", "user", "host", "port", "password") if given.get(name)}

    with psycopg.connect(**known) as other:
        with transaction.atomic(), switched_off():
            Publication.objects.filter(claim=claim).update(public_note="changed in here")
            other.execute("SET lock_timeout = '100ms'")
            assert other.execute("SELECT count(*) FROM claims_publication").fetchone() == (1,)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("UPDATE claims_publication SET statement = 'forged'")
            other.rollback()
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="refused"):
            other.execute("UPDATE claims_publication SET statement = 'forged'")


def test_while_others_write_for_long_it_gives_up_and_says_so(
    claim: Claim, guards_on: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(guards, "LONGEST_WAIT", "200ms")
    given: Any = connection.get_connection_params()
    known = {name: given[name] for name in ("dbname", "user", "host", "port", "password") if given.get(name)}

    with psycopg.connect(**known) as other:
        other.execute("LOCK TABLE claims_event IN ROW EXCLUSIVE MODE")  # as one who has written and not committed
        with pytest.raises(CommandError, match=r"Nothing was changed: .* Try again"):
            erase("publication", claim.public_id)
        other.rollback()

    assert bodies(claim) == [True, True]
    assert guards_on()


def test_the_guards_cannot_be_switched_outside_a_transaction():
    with pytest.raises(RuntimeError, match="inside the transaction"), switched_off():
        pass


@pytest.fixture
def writer() -> Iterator[str]:
    """A role that may write to every table and owns none; the server's own administrator makes it."""
    given: Any = {**connection.get_connection_params(), "user": "postgres"}
    known = {name: given[name] for name in ("dbname", "user", "host", "port", "password") if given.get(name)}
    try:
        administrator = psycopg.connect(**known, autocommit=True)
    except psycopg.Error:
        pytest.skip("the server of the tests lets nobody in as postgres")
    owner = connection.settings_dict["USER"]
    with administrator:
        administrator.execute(f"""
            CREATE ROLE factcheck_writer; GRANT factcheck_writer TO {owner};
            GRANT ALL ON ALL TABLES IN SCHEMA public TO factcheck_writer
        """)
        yield "factcheck_writer"
        administrator.execute("DROP OWNED BY factcheck_writer; DROP ROLE factcheck_writer")


def test_a_role_that_does_not_own_the_tables_is_told_which_one_does(
    claim: Claim, writer: str, guards_on: Callable[[], bool]
):
    owner = connection.settings_dict["USER"]
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {writer}")
        with pytest.raises(CommandError, match=f"role {writer} does not own .* logs in as {owner}"):
            erase("publication", claim.public_id)
        cursor.execute("RESET ROLE")

    assert bodies(claim) == [True, True]
    assert guards_on()
