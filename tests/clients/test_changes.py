"""Changes by the client: in order, each once wherever it stops, waited for, and never of two histories mixed."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from claims.publishing.operations import new_epoch
from claims.publishing.waiting import waiters
from claims.review import operations as moves
from factcheck_client import Change, Client, EpochChanged, UnexpectedAnswer, cursor
from tests import factories
from tests.clients.conftest import Open, change, feed, in_turn, says
from tests.servers.loopback import Site
from tests.workers.processes import wait_until

PATH = "/api/v1/verdicts/changes"
on_the_desk = pytest.mark.django_db(transaction=True)


def state(changes: list[Change]) -> dict[str, int]:
    """What a consumer holds after them: versions by id."""
    held: dict[str, int] = {}
    for one in changes:
        if one.is_tombstone:
            held.pop(one.id)
        else:
            held[one.id] = one.version
    return held


@on_the_desk
def test_a_replay_gives_what_is_live(desk: Open):
    first, second, third = (factories.published_claim() for _ in range(3))
    factories.corrected(first, note="A figure was wrong.")
    factories.retracted(second)

    found = list(desk().changes(page_size=2))

    assert [one.sequence for one in found] == [1, 2, 3, 4, 5]
    assert state(found) == {first.public_id: 2, third.public_id: 1}
    assert (found[3].change_type, found[3].note) == ("correction", "A figure was wrong.")
    assert found[3].document is not None
    assert found[3].document.summary == "It fell by 3.1 per cent."
    assert found[4].is_tombstone
    assert found[4].note == "The table itself was withdrawn by its office."
    assert {verdict.id: verdict.version for verdict in desk().verdicts()} == state(found)


@on_the_desk
def test_wherever_it_is_stopped_it_goes_on_with_the_next(desk: Open):
    for _ in range(5):
        factories.published_claim()
    found: list[Change] = []

    while True:  # one change by each client, which then ends
        with_them = desk().changes(after=found[-1].cursor if found else "", page_size=3)
        one = next(with_them, None)
        with_them.close()
        if one is None:
            break
        found.append(one)

    assert [one.sequence for one in found] == [1, 2, 3, 4, 5]


@on_the_desk
def test_what_is_published_while_it_waits_comes_at_once(desk: Open):
    claims = [factories.published_claim(), *(factories.approved_claim() for _ in range(2))]
    client, found = desk(), list[Change]()

    def read() -> None:
        for one in client.changes(after="", wait=30):
            found.append(one)
            if len(found) == 3:
                return

    reader = threading.Thread(target=read)
    reader.start()
    publisher = factories.person("publisher")
    for number, claim in enumerate(claims[1:], start=1):
        wait_until(lambda number=number: len(found) == number and waiters.waiting == 1, seconds=20, message="it waits")  # type: ignore[misc]
        moves.publish(claim_id=claim.pk, actor=publisher, at=factories.NOON)
    reader.join(timeout=20)

    assert not reader.is_alive()
    assert [(one.sequence, one.id) for one in found] == [(n, c.public_id) for n, c in enumerate(claims, start=1)]


@on_the_desk
def test_after_a_restore_the_follower_is_told(desk: Open):
    factories.published_claim()
    client = desk()
    [before] = client.changes()
    assert list(client.changes(after=before.cursor)) == []

    new_epoch(at=factories.NOON)

    with pytest.raises(EpochChanged) as told:
        next(client.changes(after=before.cursor))
    [again] = client.changes()
    assert (told.value.feed_epoch, told.value.head) == (again.feed_epoch, 1)
    assert again.feed_epoch != before.feed_epoch
    assert cursor(feed_epoch=told.value.feed_epoch, sequence=1) == again.cursor


@on_the_desk
def test_a_number_that_was_not_given_out_yet_is_another_history_too(desk: Open):
    factories.published_claim()
    client = desk()
    [one] = client.changes()

    with pytest.raises(EpochChanged) as told:
        list(client.changes(after=cursor(feed_epoch=one.feed_epoch, sequence=7)))

    assert told.value.head == 1


@on_the_desk
def test_a_desk_without_publications_has_no_changes(desk: Open):
    page = desk().changes_page()

    assert (page.changes, page.head) == ((), 0)
    assert list(desk().changes(after=page.cursor)) == []


def test_a_change_of_history_between_two_pages_is_told(client: Client, site: Site):
    site.handle(PATH, in_turn(says(feed(change(1), head=2)), says(feed(change(2), epoch="e-2", head=2))))
    reading = client.changes()

    assert next(reading).cursor == "e-1/1"
    with pytest.raises(EpochChanged):
        next(reading)
    assert [path.partition("?")[2] for path in site.paths()] == [
        "after=0&page_size=100",
        "after=1&page_size=100&feed_epoch=e-1",
    ]


@pytest.mark.parametrize(
    "changes",
    [[change(2)], [change(1), change(3)], [change(1), change(1)], [change(2), change(1)], [change(0)]],
    ids=["first missing", "gap", "twice", "disorder", "before the first"],
)
def test_changes_that_do_not_follow_one_another_are_not_believed(client: Client, site: Site, changes: list[Any]):
    site.handle(PATH, says(feed(*changes)))

    with pytest.raises(UnexpectedAnswer, match="follow"):
        list(client.changes())


def test_who_found_no_place_to_wait_comes_again_when_asked_to(client: Client, site: Site, pauses: list[float]):
    site.handle(PATH, in_turn(says(feed(head=0), Retry_After="6"), says(feed(change(1)))))

    found = next(client.changes(wait=30))

    assert found.sequence == 1
    assert pauses == [6.0]


def test_a_desk_that_does_not_let_it_wait_is_not_asked_in_a_hurry(client: Client, site: Site, pauses: list[float]):
    site.handle(PATH, in_turn(says(feed()), says(feed()), says(feed(change(1)))))

    next(client.changes(wait=30))

    assert len(pauses) == 2
    assert all(0.0 <= pause <= 1.0 for pause in pauses)


@pytest.mark.parametrize("given", ["7", "/7", "e-1/-1", "e-1/1/2", "e-1/01", "e-1/", " "])
def test_what_is_no_cursor_is_not_taken_for_the_beginning(client: Client, site: Site, given: str):
    with pytest.raises(ValueError, match="cursor"):
        next(client.changes(after=given))
    assert site.paths() == []


def test_a_wait_that_no_desk_grants_is_refused(client: Client):
    asked: Callable[..., Any] = client.changes_page
    with pytest.raises(ValueError, match="30"):
        asked(wait=31)
