"""History stays as it was: UPDATE, DELETE and TRUNCATE refused to raw SQL by the application's own user."""

import pytest
from django.db import IntegrityError, connection, transaction

from claims.models import Capture, Document, Event, EventSeal
from tests.review.conftest import Desk

TABLES = {
    "claims_event": "data = '{}'",
    "claims_eventseal": "hash = 'forged'",
    "claims_publication": "public_note = 'forged'",
    "claims_capture": "sha256 = repeat('0', 64)",
    "claims_verdictcontributor": "at = now()",
    "claims_approval": "comment = 'forged'",
    "claims_verdict": "headline = 'forged'",
}


@pytest.fixture
def history(desk: Desk) -> Desk:
    desk.published()
    document = Document.objects.create(url="https://copied.example/", found_at=desk.at())
    Capture.objects.create(
        document=document,
        fetched_at=desk.at(),
        final_url=document.url,
        http_status=200,
        sha256="a" * 64,
        warc_sha256="b" * 64,
        storage_key="aa/a.warc.gz",
        length=1,
    )
    EventSeal.objects.create(
        seal_sequence=1, event=Event.objects.order_by("id")[0], previous_hash="0" * 64, hash="1" * 64
    )
    return desk


@pytest.mark.parametrize("table", sorted(TABLES))
def test_rows_cannot_be_changed(history: Desk, raw, table: str):
    assert raw(f"SELECT count(*) FROM {table}")[0][0] > 0
    raw("SET CONSTRAINTS ALL IMMEDIATE")  # else TRUNCATE would be refused for another reason

    for sql in (f"UPDATE {table} SET {TABLES[table]}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(IntegrityError, match=r"refused|cannot be changed"), transaction.atomic():
            raw(sql)


def test_the_guards_stand_on_every_table_that_the_design_names(raw, db: None):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, "
            "bool_or(tgtype & 8 > 0), bool_or(tgtype & 16 > 0), bool_or(tgtype & 32 > 0) "
            "FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O' AND tgrelid::regclass::text = ANY(%s) "
            "GROUP BY 1",
            [sorted(TABLES)],
        )
        guarded = {name: (deletes, updates, truncates) for name, deletes, updates, truncates in cursor.fetchall()}

    assert guarded == dict.fromkeys(TABLES, (True, True, True))


def test_merges_are_never_chained(desk: Desk, raw):
    merged, free = desk.merged(), desk.inbox()
    target = merged.merged_into_id

    with pytest.raises(IntegrityError, match="chain"), transaction.atomic():
        raw("UPDATE claims_claim SET merged_into_id = %s, state = 'merged' WHERE id = %s", merged.pk, free.pk)
    with pytest.raises(IntegrityError, match="chain"), transaction.atomic():
        raw("UPDATE claims_claim SET merged_into_id = %s, state = 'merged' WHERE id = %s", free.pk, target)
