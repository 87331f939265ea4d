"""Uploaded evidence: which files are taken, what they are called, who gets them back and as what."""

import json
import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from claims.access.transfer import FILE_LIMIT, FORM_LIMIT
from claims.choices import EvidenceKind, Role
from claims.editing.evidence import EvidenceFields, add_file, add_statement
from claims.editing.files import KINDS, shown_name
from claims.errors import Conflict, IllegalMove, Invalid, NotAllowed
from claims.models import Claim, Evidence
from claims.text import sha256
from claims.verdicts.candidate import document
from tests.admin.conftest import editor
from tests.api.conftest import DESK, key_for
from tests.factories import UserFactory
from tests.review.conftest import Desk, desk

__all__ = ["desk"]
REFUTES = EvidenceFields(stance="refutes", note="Shows 3.1.")
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
SAMPLES = {
    "a.pdf": PDF,
    "a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 20,
    "a.JPG": b"\xff\xd8\xff\xe0" + b"\0" * 20,
    "a.gif": b"GIF89a" + b"\0" * 20,
    "a.webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "a.wav": b"RIFF\x10\0\0\0WAVEfmt ",
    "a.mp4": b"\0\0\0\x18ftypmp42" + b"\0" * 20,
    "a.txt": "Eleven per cent, said the müller.".encode(),
    "a.csv": "month;rate\r\nJan;3,1\r\n".encode("latin-1"),
    "a.docx": b"PK\x03\x04" + b"\0" * 20,
}
HOSTILE = {
    "page.html": b"<script>alert(1)</script>",
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "run.exe": b"MZ\x90\0",
    "script.js": b"alert(1)",
    "report.pdf.exe": PDF,
    "report": PDF,
    ".pdf": PDF,
    "report.pdf": b"<html><script>alert(1)</script>",
    "photo.png": b"GIF89a;<script>",
    "notes.txt": b"MZ\x90\0\x03",
    "late.pdf": b"\n" * 8 + PDF,
}
NAMES = {
    "../../etc/passwd.pdf": "passwd.pdf",
    "C:\\Users\\ana\\leak.pdf": "leak.pdf",
    "bill\u202efdp.exe.pdf": "billfdp.exe.pdf",
    'a"; filename="b.html.pdf': "a__ filename=_b.html.pdf",
    "line\r\nSet-Cookie: x=1.pdf": "lineSet-Cookie_ x=1.pdf",
    "...hidden.pdf": "hidden.pdf",
    "a\x00b.pdf": "ab.pdf",
    "<img src=x onerror=alert(1)>.pdf": "_img src=x onerror=alert(1)_.pdf",
    "Zahlen für März.pdf": "Zahlen für März.pdf",
    "": "file",
    "x" * 300 + ".pdf": "x" * 116 + ".pdf",
}


def stored() -> set[str]:
    folder = Path(default_storage.path("evidence"))
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def upload(desk: Desk, claim: Claim, name: str = "table.pdf", body: bytes = PDF) -> Evidence:
    file = ContentFile(body, name=name)
    return add_file(claim_id=claim.pk, file=file, given=REFUTES, actor=desk.writer, at=desk.at())


@pytest.mark.parametrize("name", SAMPLES)
def test_files_of_the_kinds_that_are_taken_are_kept_whole(desk: Desk, name: str):
    evidence = upload(desk, desk.researching(), name, SAMPLES[name])

    with default_storage.open(f"evidence/{sha256(SAMPLES[name])}") as kept:
        assert kept.read() == SAMPLES[name]
    assert evidence.file_type == KINDS[name.lower().rpartition(".")[2]][0]
    assert (evidence.file_name, evidence.file_size) == (name, len(SAMPLES[name]))


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_browser_would_run_or_is_not_what_it_says_is_refused(desk: Desk, name: str):
    claim = desk.researching()
    body = HOSTILE[name] + os.urandom(8).hex().encode()

    with pytest.raises(Invalid) as refused:
        upload(desk, claim, name, body)

    assert set(refused.value.fields) == {"file"}
    assert not claim.evidence.exists()
    assert sha256(body) not in stored()


@pytest.mark.parametrize("given", NAMES)
def test_a_hostile_name_is_made_harmless(given: str):
    assert shown_name(given) == NAMES[given]


def test_empty_and_large_files_are_refused(desk: Desk):
    claim = desk.researching()

    for body in (b"", PDF + b"\0" * FILE_LIMIT):
        with pytest.raises(Invalid, match="larger than 25 MB"):
            upload(desk, claim, body=body)


def test_the_same_bytes_are_kept_once_and_linked_once(desk: Desk):
    first, second = desk.researching(), desk.researching()
    upload(desk, first)
    before = stored()

    other = upload(desk, second, "another name.pdf")
    with pytest.raises(Conflict):
        upload(desk, first, "again.pdf")

    assert stored() == before
    assert other.file.name == first.evidence.get().file.name


def test_nobody_uploads_who_may_not_or_where_the_sources_are_frozen(desk: Desk):
    body = PDF + b"% for nobody"
    file = ContentFile(body, name="table.pdf")
    claims = [desk.researching(), desk.in_review()]
    stranger = desk.person("configures", Role.ADMINISTRATOR)

    with pytest.raises(NotAllowed):
        add_file(claim_id=claims[0].pk, file=file, given=REFUTES, actor=stranger, at=desk.at())
    with pytest.raises(IllegalMove):
        upload(desk, claims[1], body=body)

    assert sha256(body) not in stored()


def test_the_uploader_had_a_hand_and_the_public_sees_hash_and_note_alone(desk: Desk):
    claim = desk.researching()
    evidence = upload(desk, claim, "from Jane Informant.pdf")
    revision = claim.verdicts.get()

    shown = document(claim=claim, verdict=revision)["evidence"]

    assert revision.contributors.filter(user=desk.writer).exists()
    assert [(item["kind"], item["file_sha256"], item["note"]) for item in shown] == [
        (EvidenceKind.FILE, evidence.file_sha256, "Shows 3.1.")
    ]
    assert "Informant" not in json.dumps(shown)


def test_the_form_links_a_file_and_the_page_gives_it_as_a_download(desk: Desk):
    claim, client = desk.researching(), editor(desk.writer)
    file = SimpleUploadedFile("../Zahlen für März.pdf", PDF + b"% a form", content_type="text/html")

    done = client.do(claim, "evidence-file", file=file, stance="refutes", note="The office's own.")
    evidence = claim.evidence.get()
    page = client.page(claim).content.decode()
    answer = client.get(reverse("admin:evidence_file", args=[evidence.pk]))

    assert done.status_code == 302
    assert "Zahlen für März.pdf</a>" in page
    assert 'enctype="multipart/form-data"' in page
    assert b"".join(answer.streaming_content) == PDF + b"% a form"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == "attachment; filename*=utf-8''Zahlen%20f%C3%BCr%20M%C3%A4rz.pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "no-store" in answer["Cache-Control"]


def test_a_refused_file_comes_back_beside_its_field(desk: Desk):
    claim, client = desk.researching(), editor(desk.writer)
    file = SimpleUploadedFile("page.html", b"<script>alert(1)</script>")

    answer = client.do(claim, "evidence-file", file=file, stance="refutes", note="A long thought.")

    assert answer.status_code == 400
    assert "Files of this kind are not taken" in answer.content.decode()
    assert "A long thought." in answer.content.decode()


def test_only_people_of_the_desk_get_the_file(desk: Desk):
    evidence = upload(desk, desk.researching())
    address = reverse("admin:evidence_file", args=[evidence.pk])
    nobody, without_role = Client(), Client()
    without_role.force_login(UserFactory.create())
    consumer = key_for(desk.writer, ["verdicts:read"])

    answers = [nobody.get(address).status_code, without_role.get(address).status_code]
    by_key = Client().get(f"/api/v1/evidence/{evidence.pk}/file", headers={"authorization": f"Bearer {consumer}"})
    unnamed = Client().get(f"/api/v1/evidence/{evidence.pk}/file")

    assert answers == [302, 302]
    assert (by_key.status_code, unnamed.status_code) == (403, 401)


def test_a_source_without_bytes_is_no_file(desk: Desk):
    claim = desk.researching()
    told = add_statement(
        claim_id=claim.pk,
        stated_by="The office",
        stated_at=desk.at(),
        stated_how="by telephone",
        given=REFUTES,
        actor=desk.writer,
        at=desk.at(),
    )
    lost = upload(desk, claim, body=PDF + b"% lost")
    default_storage.delete(str(lost.file.name))
    client = editor(desk.writer)

    found = [client.get(reverse("admin:evidence_file", args=[item.pk])).status_code for item in (told, lost)]

    assert found == [404, 404]


def send(desk: Desk, claim: Claim, **form: object):
    key = key_for(desk.writer, DESK)
    path = f"/api/v1/claims/{claim.public_id}/evidence/files"
    return Client().post(path, form, headers={"authorization": f"Bearer {key}"})


def test_the_api_takes_a_file_and_gives_it_back(desk: Desk):
    claim = desk.researching()
    body = PDF + b"% by key"

    made = send(desk, claim, file=SimpleUploadedFile("table.pdf", body), stance="supports", is_primary="true")
    row = json.loads(made.content)
    key = {"authorization": f"Bearer {key_for(desk.writer, ['desk:read'])}"}
    back = Client().get(f"/api/v1/evidence/{row['id']}/file", headers=key)

    assert made.status_code == 201
    assert (row["kind"], row["file_sha256"], row["file_name"]) == ("file", sha256(body), "table.pdf")
    assert (row["file_type"], row["file_size"], row["is_primary"]) == ("application/pdf", len(body), True)
    assert b"".join(back.streaming_content) == body  # type: ignore[attr-defined]
    assert back["Content-Disposition"] == 'attachment; filename="table.pdf"'
    assert back["Content-Type"] == "application/octet-stream"
    assert back["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_the_api_refuses_in_the_one_shape(desk: Desk):
    claim = desk.researching()
    key = {"authorization": f"Bearer {key_for(desk.writer, DESK)}"}
    path = f"/api/v1/claims/{claim.public_id}/evidence/files"
    html = SimpleUploadedFile("page.html", b"<script>alert(1)</script>")

    answers = [
        send(desk, claim, file=html, stance="refutes"),
        send(desk, claim, stance="refutes"),
        send(desk, claim, file=SimpleUploadedFile("a.pdf", PDF), stance="refutes", colour="red"),
        Client().post(path, b"{}", content_type="application/json", headers=key),
        Client().post(path, b"no form", content_type="multipart/form-data; boundary=x", headers=key),
        Client().post(
            path,
            b"--x",
            content_type="multipart/form-data; boundary=x",
            headers=key,
            CONTENT_LENGTH=str(FORM_LIMIT + 1),
        ),
    ]

    found = [(answer.status_code, json.loads(answer.content)["code"]) for answer in answers]
    assert found == [
        (400, "invalid"),
        (400, "invalid"),
        (400, "invalid"),
        (415, "unsupported_media_type"),
        (400, "invalid"),
        (413, "too_large"),
    ]
    assert not claim.evidence.exists()


def test_a_form_that_says_it_is_too_large_is_not_read(desk: Desk):
    claim, client = desk.researching(), editor(desk.writer)

    answer = client.client.post(
        reverse("admin:claim_do", args=[claim.public_id, "evidence-file"]),
        b"--x",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(FORM_LIMIT + 1),
    )

    assert answer.status_code == 400
    assert "Link this file" not in answer.content.decode()  # it did not get as far as the page
    assert not claim.evidence.exists()


def test_a_file_left_half_written_is_written_anew(desk: Desk):
    body = PDF + b"% of which a server that died kept the beginning"
    key = default_storage.save(f"evidence/{sha256(body)}", ContentFile(body[:9]))

    evidence = upload(desk, desk.researching(), body=body)

    assert evidence.file.name == key
    with default_storage.open(key) as kept:
        assert kept.read() == body
