"""Exports: every format by a reader that is not ours, nothing that a spreadsheet would run, and the nightly files."""

import csv
import gzip
import io
import json
import os
import re
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import workers.publishing  # noqa: F401 - its handler
from claims.api.exports import Streamed
from claims.models import Dump
from claims.publishing import dumps, export
from tests import factories
from tests.factories import NOON
from tests.publishing.spreadsheet import formulas, office
from workers import ledger
from workers.choices import JobKind, JobState, Queue
from workers.models import Job

EVIL = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    " =HYPERLINK('http://evil.example')",
    "\n=1+1",
    "=cmd|' /C calc'!A0",
    '"=1+1"',
    "＝1+1",
    '",=1+1,"',
    "',=1+1",
    ";=1+1",
    "\r\n=1+1",
]


def _text(answer: Any) -> str:
    assert answer.status_code == 200
    return str(answer.getvalue().decode())


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.django_db
def test_the_csv_holds_each_live_verdict_once(client: Client):
    claim, gone = factories.published_claim(headline="Not so, “really”, she said"), factories.published_claim()
    factories.corrected(claim)
    factories.retracted(gone)

    answer = client.get("/api/v1/exports/verdicts.csv")
    [row] = _rows(_text(answer))

    assert tuple(row) == export.COLUMNS
    assert (row["id"], row["version"], row["statement"]) == (claim.public_id, "2", claim.statement)
    assert row["headline"] == "Not so, “really”, she said"
    assert (row["change_type"], row["public_note"]) == ("correction", "A figure was wrong.")
    assert row["licence"] == "CC BY 4.0"
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == 'attachment; filename="verdicts.csv"'
    assert '/api/v1/verdicts/changes?after=4>; rel="next"' in answer["Link"]


@pytest.mark.django_db
def test_json_lines_are_the_list_s_envelopes_byte_for_byte(client: Client):
    for _ in range(3):
        factories.published_claim()

    lines = _text(client.get("/api/v1/exports/verdicts.jsonl")).splitlines()

    listed = client.get("/api/v1/verdicts").content.decode()
    assert len(lines) == 3
    assert all(line in listed for line in lines)
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2, 3]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_data_feed_is_one_json_document(client: Client, count: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(export, "BATCH", 2)
    claims = [factories.published_claim() for _ in range(count)]

    feed = json.loads(_text(client.get("/api/v1/exports/verdicts.datafeed.json")))

    assert (feed["@context"], feed["@type"]) == ("https://schema.org", "DataFeed")
    assert [item["item"][0]["claimReviewed"] for item in feed["dataFeedElement"]] == [c.statement for c in claims]
    for item in feed["dataFeedElement"]:
        assert item["@type"] == "DataFeedItem"
        assert item["item"][0]["@type"] == "ClaimReview"
        assert item["item"][0]["license"] == "CC BY 4.0"


@pytest.mark.django_db
def test_whoever_was_cut_off_goes_on_after_the_last_that_came_through(client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(export, "BATCH", 2)
    claims = [factories.published_claim() for _ in range(5)]
    whole = _rows(_text(client.get("/api/v1/exports/verdicts.csv")))
    factories.corrected(claims[0])

    rest = _rows(_text(client.get("/api/v1/exports/verdicts.csv", {"after": whole[2]["sequence"]})))

    assert [row["id"] for row in rest] == [c.public_id for c in (claims[3], claims[4], claims[0])]
    assert {row["id"]: row["version"] for row in whole[:3] + rest}[claims[0].public_id] == "2"


@pytest.mark.django_db
def test_the_filters_of_the_list_hold(client: Client):
    factories.published_claim(language="de")
    claim = factories.published_claim(language="en")

    assert [row["id"] for row in _rows(_text(client.get("/api/v1/exports/verdicts.csv", {"language": "en"})))] == [
        claim.public_id
    ]
    assert client.get("/api/v1/exports/verdicts.csv", {"langauge": "en"}).status_code == 400
    assert client.get("/api/v1/exports/verdicts.csv", {"after": "x"}).status_code == 400
    assert client.get("/api/v1/exports/verdicts.xlsx").status_code == 404


@pytest.mark.django_db
def test_more_readers_than_places_are_asked_to_come_again_and_a_place_is_given_back(client: Client):
    factories.published_claim()
    given_up = Streamed(iter([b"never read"]))

    refused = client.get("/api/v1/exports/verdicts.csv")
    given_up.close()
    given_up.close()

    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert int(refused["Retry-After"]) > 0
    for _ in range(3):
        assert len(_rows(_text(client.get("/api/v1/exports/verdicts.csv")))) == 1


def test_no_cell_begins_a_formula():
    line = export.csv_line(EVIL).decode()

    [cells] = csv.reader(io.StringIO(line, newline=""))
    assert len(cells) == len(EVIL)
    for cell, evil in zip(cells, EVIL, strict=True):
        assert cell.removeprefix("'") == evil or cell == evil
        assert cell.lstrip()[:1] not in set("=+-@＝＋－＠")
        assert cell[:1] not in set("\t\r\n")


def test_libreoffice_finds_no_formula_in_it(tmp_path: Path):
    program = office()
    if program is None:
        pytest.skip("no LibreOffice: apt-get install --no-install-recommends libreoffice-calc")
    guarded, bare = tmp_path / "guarded.csv", tmp_path / "bare.csv"
    guarded.write_bytes(b"".join(export.csv_line([evil, "text"]) for evil in EVIL))
    bare.write_text("".join(f'"{evil.replace(chr(34), chr(34) * 2)}","text"\r\n' for evil in EVIL), newline="")

    assert formulas(guarded, program=program) == 0
    assert formulas(bare, program=program) > 0  # else this proves nothing


@pytest.fixture
def made(db: None, tmp_path: Path, settings: Any) -> list[Dump]:
    settings.EXPORT_DIR = tmp_path
    factories.published_claim()
    factories.published_claim()
    dumps.store(dumps.make(at=NOON), at=NOON, before=None)
    return list(Dump.objects.order_by("name"))


def test_the_nightly_files_hold_what_was_live_with_their_checksums(made: list[Dump], client: Client):
    assert [d.name for d in made] == [
        f"verdicts-2026-03-02-2.{suffix}.gz" for suffix in ("csv", "datafeed.json", "jsonl")
    ]
    listed = {row["name"]: row for row in client.get("/api/v1/exports").json()["results"]}
    for dump in made:
        data = b"".join(client.get(listed[dump.name]["url"]))
        assert sha256(data).hexdigest() == dump.sha256 == listed[dump.name]["sha256"]
        assert (dump.verdicts, dump.head, dump.size) == (2, 2, len(data))
        check = client.get(f"/api/v1/exports/{dump.name}.sha256").content.decode()
        assert check == f"{dump.sha256}  {dump.name}\n"
    lines = gzip.decompress(b"".join(client.get(f"/api/v1/exports/{made[2].name}"))).splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [1, 2]
    live = b"".join(client.get("/api/v1/exports/verdicts.datafeed.json"))
    assert json.loads(gzip.decompress(b"".join(client.get(f"/api/v1/exports/{made[1].name}")))) == json.loads(live)


def test_the_tour_s_way_through_the_files(made: list[Dump], client: Client):
    tour = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    row = client.get("/api/v1/exports").json()["results"][0]
    known = {"NAME": row["name"], "HEAD": str(row["head"]), "EPOCH": row["feed_epoch"]}
    addresses = [path for path in re.findall(r"\$API(/[^\"`]*)", tour) if "/exports" in path or "HEAD" in path]

    assert len(addresses) == 7
    for address in addresses:
        named = re.sub("|".join(known), lambda match: known[match[0]], address)
        answer: Any = client.get(f"/api/v1{named}")
        assert answer.status_code == 200, address
        assert answer.getvalue()
    assert answer.json()["changes"] == []


def test_made_twice_the_bytes_are_the_same(made: list[Dump]):
    again = {one.name: one.sha256 for one in dumps.make(at=NOON + timedelta(hours=1))}

    assert again == {dump.name: dump.sha256 for dump in made}


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=10-", slice(10, None)),
        ("bytes=-5", slice(-5, None)),
        ("bytes=0-0", slice(0, 1)),
    ],
)
def test_a_part_of_a_file_is_served(made: list[Dump], client: Client, wanted: str, part: slice):
    address = f"/api/v1/exports/{made[0].name}"
    whole: Any = client.get(address)
    data = whole.getvalue()

    answer: Any = client.get(address, headers={"range": wanted, "if-range": whole["ETag"]})

    assert answer.status_code == 206
    assert answer.getvalue() == data[part]
    begin, end, _ = part.indices(len(data))
    assert answer["Content-Range"] == f"bytes {begin}-{end - 1}/{len(data)}"
    assert answer["Content-Length"] == str(end - begin)


def test_a_part_of_another_file_or_beyond_the_end_is_not(made: list[Dump], client: Client):
    address = f"/api/v1/exports/{made[0].name}"

    other = client.get(address, headers={"range": "bytes=0-9", "if-range": '"another"'})
    beyond = client.get(address, headers={"range": f"bytes={made[0].size}-"})
    known = client.get(address, headers={"if-none-match": f'"{made[0].sha256}"'})
    nonsense = client.get(address, headers={"range": "lines=1-2"})

    assert (other.status_code, nonsense.status_code) == (200, 200)
    assert beyond.status_code == 416
    assert beyond["Content-Range"] == f"bytes */{made[0].size}"
    assert known.status_code == 304
    assert client.get("/api/v1/exports/..%2Fsecrets").status_code == 404
    for answer in (other, nonsense):
        assert len(b"".join(answer)) == made[0].size


def test_old_ones_are_forgotten_and_their_files_go_with_a_later_run(made: list[Dump], tmp_path: Path):
    dumps.store([], at=NOON, before=NOON + timedelta(seconds=1))
    assert not Dump.objects.exists()
    assert dumps.sweep() == []  # just written: a run may be about to name them

    for file in tmp_path.iterdir():
        os.utime(file, (0, 0))

    assert sorted(dumps.sweep()) == sorted(dump.name for dump in made)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_the_scheduled_job_makes_them(tmp_path: Path, settings: Any):
    settings.EXPORT_DIR = tmp_path
    factories.published_claim()
    job = Job.objects.create(kind=JobKind.MAKE_DUMP, key="dump", queue=Queue.DEFAULT)

    ledger.run(job.pk)

    assert Job.objects.get(pk=job.pk).state == JobState.DONE
    assert sorted(d.name for d in Dump.objects.all()) == sorted(file.name for file in tmp_path.iterdir())
    assert Dump.objects.count() == 3
