"""Records in storage: on disk by default, in a bucket that speaks S3 by setting; what is wrong is told apart."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.storage import storages

from claims.capture import storage
from claims.capture.extract import read
from claims.capture.fetch import fetch
from claims.capture.replay import Whole, replay
from claims.capture.warc import BadRecord
from claims.choices import FetchState
from claims.coverage.operations import store_fetched
from claims.errors import Transient
from claims.http import Web
from claims.models import Capture
from tests.capture.pages import article
from tests.factories import NOON, DocumentFactory
from tests.servers.loopback import Request, Site, Wire

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "copies-of-a-desk"


class Bucket:
    """The least that an S3 server must do for one bucket: PUT, GET, HEAD and DELETE of objects, path addresses."""

    def __init__(self, site: Site) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.refuse = 0
        self.site = site
        site.otherwise(self._answer)

    def _answer(self, request: Request, wire: Wire) -> None:
        bucket, _, key = unquote(request.path.partition("?")[0]).lstrip("/").partition("/")
        signed = request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 Credential=KeySentinel/")
        if self.refuse:
            return self._error(wire, self.refuse, "SlowDown")
        if not signed or bucket != BUCKET or not key:
            return self._error(wire, 403, "AccessDenied")
        if request.method == "PUT":
            if request.headers["x-amz-content-sha256"] not in {
                hashlib.sha256(request.body).hexdigest(),
                "UNSIGNED-PAYLOAD",
            }:
                return self._error(wire, 400, "XAmzContentSHA256Mismatch")
            self.objects[key] = (request.body, dict(request.headers))
            return wire.answer(headers={"ETag": f'"{hashlib.md5(request.body).hexdigest()}"'})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return wire.answer(status=204)
        if key not in self.objects:
            return self._error(wire, 404, "NoSuchKey", head=request.method == "HEAD")
        body, headers = self.objects[key]
        given = {
            "ETag": f'"{hashlib.md5(body).hexdigest()}"',
            "Last-Modified": "Mon, 02 Mar 2026 12:00:00 GMT",
            "Content-Type": headers.get("content-type", "binary/octet-stream"),
        }
        if "content-encoding" in headers:
            given["Content-Encoding"] = headers["content-encoding"]
        if request.method == "HEAD":
            return wire.send(
                "\r\n".join(
                    ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", "Connection: close"]
                    + [f"{name}: {value}" for name, value in given.items()]
                    + ["", ""]
                ).encode()
            )
        return wire.answer(body, headers=given)

    def _error(self, wire: Wire, status: int, code: str, *, head: bool = False) -> None:
        body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()
        wire.answer(b"" if head else body, status=status, headers={"Content-Type": "application/xml"})


@pytest.fixture
def bucket(settings: Any, captures: Path) -> Iterator[Bucket]:
    """The captures storage as settings make it when a bucket is named; the disk is not touched."""
    with Site() as site:
        found = Bucket(site)
        options = {
            "bucket_name": BUCKET,
            "endpoint_url": site.url("").rstrip("/"),
            "region_name": "eu-central-1",
            "location": "captures",
            "access_key": "KeySentinel",
            "secret_key": "SecretSentinel",
        }
        settings.STORAGES = {
            **settings.STORAGES,
            "captures": {"BACKEND": "claims.capture.bucket.Bucket", "OPTIONS": options},
        }
        yield found
    assert not captures.exists()


@pytest.fixture
def kept(site: Site, web: Web) -> Any:
    def keep() -> Capture:
        site.page("/story", article())
        document = DocumentFactory.create(url=site.url("/story"))
        capture = store_fetched(fetched=fetch(document_id=document.pk, web=web, at=NOON), at=NOON)
        assert capture is not None
        return capture

    return keep


@pytest.mark.django_db
def test_a_copy_goes_into_the_bucket_and_comes_back_byte_for_byte(bucket: Bucket, kept):
    capture = kept()

    assert list(bucket.objects) == [f"captures/{capture.storage_key}"]
    body, headers = bucket.objects[f"captures/{capture.storage_key}"]
    assert hashlib.sha256(body).hexdigest() == capture.warc_sha256
    assert headers["content-type"] == "application/warc"
    assert "content-encoding" not in headers
    assert "x-amz-acl" not in headers
    assert replay(capture).whole == Whole.YES
    assert read(document_id=capture.document_id).state == FetchState.READ


@pytest.mark.django_db
def test_the_same_record_is_sent_once(bucket: Bucket, kept):
    capture = kept()
    warc = storage.load(capture)

    assert storage.put(warc) == capture.storage_key
    assert [request.method for request in bucket.site.requests()].count("PUT") == 1


@pytest.mark.django_db
def test_missing_altered_and_away_are_told_apart(bucket: Bucket, kept):
    capture = kept()
    name = f"captures/{capture.storage_key}"
    body, headers = bucket.objects[name]

    bucket.objects[name] = (body[:-1] + b"x", headers)
    with pytest.raises(BadRecord):
        storage.body(capture)
    assert replay(capture).whole == Whole.ALTERED
    del bucket.objects[name]
    with pytest.raises(storage.Missing):
        storage.body(capture)
    assert replay(capture).whole == Whole.MISSING
    bucket.refuse = 403
    with pytest.raises(Transient) as caught:
        storage.body(capture)
    away = replay(capture)
    assert away.whole == Whole.UNKNOWN
    assert "Sentinel" not in str(caught.value) + away.note
    with pytest.raises(Transient):
        storage.put(b"another record")


@pytest.mark.django_db
def test_a_file_that_is_gone_already_is_removed_without_complaint(bucket: Bucket, kept):
    capture = kept()

    for _ in range(2):
        storage.remove(capture.storage_key)

    assert bucket.objects == {}


def test_the_settings_choose_the_bucket_by_its_name_alone():
    shown = (
        "import json, django.conf as c; o = c.settings.STORAGES['captures']; "
        "print(json.dumps([o['BACKEND'], {k: str(v) for k, v in o['OPTIONS'].items()}]))"
    )
    named = {
        "CAPTURE_BUCKET": BUCKET,
        "CAPTURE_BUCKET_ENDPOINT": "https://s3.example.org",
        "CAPTURE_BUCKET_ACCESS_KEY": "a",
    }

    def settings_with(**more: str) -> str:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "factcheck.settings", "DEBUG": "1", **more}
        done = subprocess.run([sys.executable, "-c", shown], env=environment, cwd=ROOT, capture_output=True, check=True)
        return done.stdout.decode()

    assert "FileSystemStorage" in settings_with()
    chosen = settings_with(**named)
    assert "claims.capture.bucket.Bucket" in chosen
    assert BUCKET in chosen
    assert "https://s3.example.org" in chosen


@pytest.mark.django_db
def test_the_disk_is_the_default(kept, captures: Path):
    capture = kept()

    assert (captures / capture.storage_key).is_file()
    assert storages["captures"].__class__.__name__ == "FileSystemStorage"
    (captures / capture.storage_key).unlink()
    with pytest.raises(storage.Missing):
        storage.load(capture)
