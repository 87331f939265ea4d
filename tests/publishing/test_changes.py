"""The feed under publishers that commit late, in any order, or not at all, and after a restore."""

import os
import random
import subprocess
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from claims.models import FeedHead, Publication
from claims.publishing.changes import changes_after
from claims.review import operations as moves
from tests.review.conftest import Desk, committed_desk
from tests.workers.processes import database_address

__all__ = ["committed_desk"]  # a fixture

PUBLISHERS, READERS, EACH = 8, 4, 3
SEED = 20161007


@pytest.mark.django_db(transaction=True)
def test_every_reader_sees_every_change_once_and_in_order(committed_desk: Desk):
    desk = committed_desk
    chance = random.Random(SEED)
    claims = [desk.approved() for _ in range(PUBLISHERS * EACH)]
    assert desk.publisher.pk
    plans = [(claim.pk, chance.random() * 0.05, chance.random() < 0.3) for claim in claims]
    kept = sum(not fails for _, _, fails in plans)
    over = threading.Event()
    seen: list[list[int]] = [[] for _ in range(READERS)]

    def publish(plan: list[tuple[int, float, bool]]) -> None:
        try:
            for claim_id, hold, fails in plan:
                with transaction.atomic():
                    moves.publish(claim_id=claim_id, actor=desk.publisher, at=desk.at())
                    over.wait(hold)
                    transaction.set_rollback(fails)
        finally:
            connection.close()

    def read(found: list[int]) -> None:
        try:
            while True:
                last_round = over.is_set()
                while (page := changes_after(after=found[-1] if found else 0, limit=2)).count:
                    found += [page.last - back for back in reversed(range(page.count))]
                    assert page.head >= page.last
                if last_round:
                    return
        finally:
            connection.close()

    readers = [threading.Thread(target=read, args=(found,)) for found in seen]
    publishers = [threading.Thread(target=publish, args=(plans[n::PUBLISHERS],)) for n in range(PUBLISHERS)]
    for thread in readers + publishers:
        thread.start()
    for thread in publishers:
        thread.join(timeout=60)
    over.set()
    for thread in readers:
        thread.join(timeout=60)

    assert 0 < kept < len(claims), "some are rolled back, some are not"
    assert seen == [list(range(1, kept + 1))] * READERS
    assert FeedHead.objects.get().n == Publication.objects.count() == kept


@pytest.mark.django_db(transaction=True)
def test_a_copy_of_the_database_is_another_epoch(committed_desk: Desk, tmp_path: Path):
    binaries = Path(os.environ.get("PG_BIN_DIR", "/nowhere"))
    if not (binaries / "pg_dump").exists():
        pytest.skip("pg_dump is not here")
    committed_desk.published()
    before = changes_after(after=0, limit=10)
    dump, copy = tmp_path / "copy.sql", f"{connection.settings_dict['NAME']}_restored"
    address = {**psycopg.conninfo.conninfo_to_dict(database_address()), "dbname": copy}
    restored_address = psycopg.conninfo.make_conninfo("", **address)

    def run(tool: str, *arguments: Any) -> None:
        subprocess.run([binaries / tool, *map(str, arguments)], check=True, timeout=60)

    # Without the extension, which needs an administrator. In plain SQL, because a newer pg_dump sets what an older
    # server does not know, and psql goes on after that.
    run("pg_dump", "--no-owner", "--exclude-extension=vector", "-f", dump, database_address())
    _create(copy)
    try:
        run("psql", "-q", "-X", "-d", restored_address, "-f", dump)
        with psycopg.connect(restored_address) as restored:
            stored, epoch = restored.execute(
                "SELECT feed_epoch, claims_feed_place(tableoid) FROM claims_feedhead"
            ).fetchone() or ("", "")
    finally:
        _create(copy, drop_only=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT feed_epoch, claims_feed_place(tableoid) FROM claims_feedhead")
        own_stored, own_epoch = cursor.fetchone()

    assert stored == own_stored
    assert epoch != own_epoch
    assert changes_after(after=0, limit=10) == before


def _create(name: str, *, drop_only: bool = False) -> None:
    with psycopg.connect(database_address(), autocommit=True) as maintenance:
        maintenance.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {}").format(psycopg.sql.Identifier(name)))
        if not drop_only:
            maintenance.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
