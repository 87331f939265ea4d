"""The feed's numbers: gapless and in order for a polling reader, whatever publishers do."""

import threading
import time

import pytest
from django.db import IntegrityError, connection, transaction

from claims.errors import ChangedSinceApproval, IllegalMove
from claims.models import Claim, FeedHead, Publication
from claims.publishing.operations import publish_bytes
from claims.review import operations as moves
from claims.text import sha256
from tests.review.conftest import Desk, committed_desk, desk

__all__ = ["committed_desk", "desk"]  # fixtures


def _publish(desk: Desk, claim_id: int, *, hold: float = 0.0, fail: bool = False) -> None:
    try:
        with transaction.atomic():
            moves.publish(claim_id=claim_id, actor=desk.publisher, at=desk.at())
            time.sleep(hold)
            if fail:
                raise RuntimeError("the transaction is rolled back")
    except RuntimeError:
        pass
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_late_committer_and_a_rollback_leave_no_gap_for_a_polling_reader(committed_desk: Desk):
    desk = committed_desk
    claims = [desk.approved() for _ in range(6)]
    assert desk.publisher.pk
    plans = [(0.4, False), (0.0, False), (0.3, True), (0.0, False), (0.2, False), (0.0, True)]
    seen: list[int] = []
    after_each_poll: list[list[int]] = []
    done = threading.Event()

    def read() -> None:
        last = 0
        try:
            while not done.is_set() or Publication.objects.filter(sequence__gt=last).exists():
                new = list(
                    Publication.objects.filter(sequence__gt=last)
                    .order_by("sequence")
                    .values_list("sequence", flat=True)
                )
                seen.extend(new)
                after_each_poll.append(new)
                last = seen[-1] if seen else 0
                time.sleep(0.01)
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    writers = [
        threading.Thread(target=_publish, args=(desk, claim.pk), kwargs={"hold": hold, "fail": fail})
        for claim, (hold, fail) in zip(claims, plans, strict=True)
    ]
    for writer in writers:
        writer.start()
        time.sleep(0.02)
    for writer in writers:
        writer.join(timeout=20)
    done.set()
    reader.join(timeout=20)

    assert seen == [1, 2, 3, 4]
    assert FeedHead.objects.get().n == 4
    instants = list(Publication.objects.order_by("sequence").values_list("valid_from", flat=True))
    assert instants == sorted(set(instants))
    assert any(after_each_poll), "the reader polled while publishers ran"


@pytest.mark.django_db(transaction=True)
def test_two_publishers_of_one_claim_make_one_publication(committed_desk: Desk):
    desk = committed_desk
    claim = desk.approved()
    errors: list[str] = []
    gate = threading.Barrier(2)
    publishers = [desk.publisher, desk.person("other", desk_role(desk))]

    def race(index: int) -> None:
        gate.wait()
        try:
            moves.publish(claim_id=claim.pk, actor=publishers[index], at=desk.at())
        except IllegalMove as error:
            errors.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=race, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert errors == ["illegal_move"]
    assert Publication.objects.count() == 1


def desk_role(desk: Desk):
    return desk.publisher.groups.get().name


@pytest.mark.django_db
def test_bytes_that_nobody_approved_are_refused_by_the_database(desk: Desk, raw):
    claim = desk.approved()
    revision = claim.verdicts.get()
    insert = (
        "INSERT INTO claims_publication (sequence, claim_id, version, kind, change_type, public_note, "
        "verdict_id, body, body_hash, valid_from, statement, language, rating, claimant, topics) "
        "VALUES (1, %s, 1, 'initial', 'initial', '', %s, %s, %s, now(), 'x', 'en', '', '', '{}')"
    )
    others = b'{"schema":"factcheck-verdict/1"}'

    with pytest.raises(IntegrityError, match="nobody approved these bytes"), transaction.atomic():
        raw(insert, claim.pk, revision.pk, others, sha256(others))
    with pytest.raises(IntegrityError, match="not the SHA-256"), transaction.atomic():
        raw(insert, claim.pk, revision.pk, others, revision.candidate_hash)
    assert not Publication.objects.exists()


@pytest.mark.django_db
def test_other_bytes_than_the_approved_ones_are_not_published(desk: Desk):
    claim = desk.approved()
    revision = claim.verdicts.get()
    from_elsewhere = b'{"schema":"factcheck-verdict/1"}'

    with pytest.raises(ChangedSinceApproval):
        publish_bytes(
            claim=Claim.objects.get(pk=claim.pk),
            verdict=revision,
            body=from_elsewhere,
            approved_hash=revision.candidate_hash,
            tombstone=False,
        )
