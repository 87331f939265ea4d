"""The chain over the history: unforked whoever writes and seals, and broken by any change, even with triggers off."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from claims.audit.operations import record
from claims.audit.seal import FIRST_PREVIOUS, seal_events, verify
from claims.choices import EventKind
from claims.models import Event, EventSeal, Outlet

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS = 8
EACH = 25


@pytest.fixture
def outlet(transactional_db: None) -> Outlet:
    return Outlet.objects.create(name="The Daily Wire Test", kind="newspaper")


@pytest.fixture
def sealed(outlet: Outlet, noon: datetime) -> list[Event]:
    """Five sealed events, in order."""
    events = [write(outlet, noon, number=number) for number in range(5)]
    seal_events(limit=100)
    return events


HISTORY = ("claims_event", "claims_eventseal")
REFERENCES = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
     WHERE contype = 'f' AND confrelid = 'claims_event'::regclass
"""


@pytest.fixture
def tamper(sealed: list[Event]) -> Iterator[Callable[..., None]]:
    """Runs raw SQL on the history as the owner of its tables may: without triggers, and without foreign keys to it."""
    with connection.cursor() as cursor:
        cursor.execute(REFERENCES)
        references = cursor.fetchall()
        for table, name, _ in references:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for table in HISTORY:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def run(sql: str, *values: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)

    yield run
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM claims_outbox; DELETE FROM claims_eventseal; DELETE FROM claims_event")
        for table in HISTORY:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for table, name, definition in references:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def write(outlet: Outlet, at: datetime, **data: object) -> Event:
    with transaction.atomic():
        return record(kind=EventKind.CONFIGURATION_SAVED, subject=outlet, actor=None, at=at, data=data)


def test_committed_events_are_chained_in_one_line_and_only_once(sealed, noon, outlet):
    write(outlet, noon, text="naïve – “quoted”", score=0.1234567890123, nested={"b": [1, None, True], "a": {}})

    again = [seal_events(limit=100), seal_events(limit=100)]

    seals = list(EventSeal.objects.order_by("seal_sequence"))
    assert again == [1, 0]
    assert [seal.seal_sequence for seal in seals] == [1, 2, 3, 4, 5, 6]
    assert [seal.previous_hash for seal in seals] == [FIRST_PREVIOUS, *(seal.hash for seal in seals[:-1])]
    assert verify().fault is None


def test_an_event_that_commits_late_is_sealed_when_it_is_seen(outlet, noon):
    written = threading.Event()
    go = threading.Event()

    def late() -> None:
        try:
            with transaction.atomic():
                record(kind=EventKind.CONFIGURATION_SAVED, subject=outlet, actor=None, at=noon)
                written.set()
                go.wait()
        finally:
            connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    written.wait()
    write(outlet, noon)
    first = seal_events(limit=100)
    go.set()
    thread.join()

    assert [first, seal_events(limit=100)] == [1, 1]
    assert verify().fault is None


def test_eight_writers_and_two_sealers_make_one_unforked_chain(outlet, noon):
    writing = threading.Event()

    def writer() -> None:
        try:
            for number in range(EACH):
                write(outlet, noon, number=number)
        finally:
            connection.close()

    def sealer() -> None:
        try:
            while not writing.is_set():
                seal_events(limit=7)
        finally:
            connection.close()

    writers = [threading.Thread(target=writer) for _ in range(WRITERS)]
    sealers = [threading.Thread(target=sealer) for _ in range(2)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    writing.set()
    for thread in sealers:
        thread.join()
    seal_events(limit=1000)

    report = verify()
    assert (report.sealed, report.unsealed, report.fault) == (WRITERS * EACH, 0, None)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE claims_event SET data = '{\"number\": 99}' WHERE id = %s", "data was altered"),
        ("UPDATE claims_event SET kind = 'claim.declined' WHERE id = %s", "header"),
        ("UPDATE claims_event SET at = at + interval '1 microsecond' WHERE id = %s", "header"),
        ("UPDATE claims_event SET data = NULL, data_hash = repeat('0', 64) WHERE id = %s", "header"),
        ("DELETE FROM claims_event WHERE id = %s", "event was removed"),
        ("DELETE FROM claims_eventseal WHERE event_id = %s", "seal is missing"),
        ("UPDATE claims_eventseal SET hash = repeat('0', 64) WHERE event_id = %s", "seal's hash"),
        ("UPDATE claims_eventseal SET previous_hash = repeat('0', 64) WHERE event_id = %s", "forked or cut"),
    ],
)
def test_any_change_is_found_and_its_row_named(sealed, tamper, change, problem):
    tamper(change, sealed[2].pk)

    with pytest.raises(CommandError) as caught:
        call_command("verify_audit")

    assert problem in str(caught.value)
    assert "seal 3" in str(caught.value)


def test_altered_data_of_an_event_not_sealed_yet_is_found(sealed, outlet, noon, tamper):
    event = write(outlet, noon, number=6)
    tamper("UPDATE claims_event SET data = '{}' WHERE id = %s", event.pk)

    fault = verify().fault

    assert fault is not None
    assert (fault.seal_sequence, fault.event_id) == (None, event.pk)


def test_lawfully_erased_data_leaves_the_chain_intact(sealed, tamper):
    tamper("UPDATE claims_event SET data = NULL WHERE id = %s", sealed[2].pk)

    report = verify()

    assert (report.redacted, report.fault) == (1, None)


def test_a_cut_off_end_shows_against_a_head_noted_before(sealed, tamper):
    sequence, digest = verify().head
    tamper("DELETE FROM claims_eventseal WHERE seal_sequence > 3")
    tamper("DELETE FROM claims_event WHERE id > %s", sealed[2].pk)

    assert verify().fault is None
    with pytest.raises(CommandError, match="end was removed"):
        call_command("verify_audit", head=(sequence, digest))


def test_another_chain_shows_against_a_head_noted_before(sealed):
    with pytest.raises(CommandError, match="another one"):
        call_command("verify_audit", "--head", f"3:{'0' * 64}")


def test_an_intact_history_is_said_to_be_so_with_its_head(sealed):
    out = StringIO()

    call_command("verify_audit", stdout=out)

    assert "5 events sealed and intact (0 redacted), 0 not sealed yet." in out.getvalue()
    assert f"Head 5:{EventSeal.objects.get(seal_sequence=5).hash}" in out.getvalue()


def test_a_head_must_look_like_one(sealed):
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        call_command("verify_audit", "--head", "five")
