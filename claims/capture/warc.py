"""WARC records: one exchange as it went over the wire, and its body out of storage again."""

import base64
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from claims.http import Answer, Hop
from claims.text import sha256


class BadRecord(Exception):
    """The stored bytes are no WARC response, or not the one whose hash is on record."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One stored exchange: what was asked, and what was answered. `body` is unpacked; headers are as they went."""

    request_line: str
    request_headers: tuple[tuple[str, str], ...]
    status_line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def record_pair(answer: Answer) -> bytes:
    """The response and its request as gzipped WARC records; the same answer gives the same bytes.

    Where redirects led to the answer, a third record (WARC 1.1, metadata) names each address on the way and its status.
    """
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    at = answer.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    digest = sha256(answer.wire_body)
    response_id = f"<urn:uuid:{uuid5(NAMESPACE_URL, f'response {answer.url} {at} {digest}')}>"
    request_id = f"<urn:uuid:{uuid5(NAMESPACE_URL, f'request {answer.url} {at} {digest}')}>"
    response = writer.create_warc_record(
        answer.url,
        "response",
        payload=io.BytesIO(answer.wire_body),
        length=len(answer.wire_body),
        warc_headers_dict={
            "WARC-Record-ID": response_id,
            "WARC-Date": at,
            "WARC-IP-Address": answer.address,
            "WARC-Payload-Digest": _label(answer.wire_body),
        },
        http_headers=StatusAndHeaders(_status_line(answer.status), _as_stored(answer.headers), protocol="HTTP/1.1"),
    )
    parts = urlsplit(answer.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = writer.create_warc_record(
        answer.url,
        "request",
        payload=io.BytesIO(b""),
        length=0,
        warc_headers_dict={"WARC-Record-ID": request_id, "WARC-Date": at, "WARC-Concurrent-To": response_id},
        http_headers=StatusAndHeaders(
            f"GET {target} HTTP/1.1", list(answer.request_headers), protocol="", is_http_request=True
        ),
    )
    writer.write_record(response)
    writer.write_record(request)
    if answer.hops:
        way = _way(answer.requested_url, answer.hops)
        metadata_id = f"<urn:uuid:{uuid5(NAMESPACE_URL, f'metadata {answer.url} {at} {digest}')}>"
        writer.write_record(
            writer.create_warc_record(
                answer.url,
                "metadata",
                payload=io.BytesIO(way),
                length=len(way),
                warc_content_type="application/warc-fields",
                warc_headers_dict={
                    "WARC-Record-ID": metadata_id,
                    "WARC-Date": at,
                    "WARC-Concurrent-To": response_id,
                },
            )
        )
    return buffer.getvalue()


def body_of(warc: bytes, *, expected_sha256: str, length: int) -> bytes:
    """The decoded body of the stored response. Raises BadRecord if it is not the one that was captured."""
    try:
        for record in ArchiveIterator(io.BytesIO(warc)):
            if record.rec_type == "response":
                # One byte more than was captured is enough to know that this is something else.
                body: bytes = record.content_stream().read(length + 1)
                if sha256(body) != expected_sha256:
                    raise BadRecord("The stored copy does not have the hash that was recorded for it.")
                return body
    except (OSError, ValueError, EOFError, ArchiveLoadFailed) as error:
        raise BadRecord("The stored copy cannot be read.") from error
    raise BadRecord("The stored copy holds no response.")


def exchange_of(warc: bytes, *, expected_sha256: str, length: int) -> Exchange:
    """The stored exchange with its headers. Raises BadRecord if its body is not the one that was captured."""
    body = body_of(warc, expected_sha256=expected_sha256, length=length)
    said: dict[str, StatusAndHeaders] = {}
    try:
        for record in ArchiveIterator(io.BytesIO(warc)):
            if record.http_headers is not None:
                said.setdefault(record.rec_type, record.http_headers)
    except (OSError, ValueError, EOFError, ArchiveLoadFailed) as error:
        raise BadRecord("The stored copy cannot be read.") from error
    response, request = said["response"], said.get("request")
    return Exchange(
        request_line=_first_line(request) if request is not None else "",
        request_headers=tuple(request.headers) if request is not None else (),
        status_line=_first_line(response),
        headers=tuple(response.headers),
        body=body,
    )


def _first_line(message: StatusAndHeaders) -> str:
    return f"{message.protocol} {message.statusline}".strip()


def _label(payload: bytes) -> str:
    """The payload's SHA-256 in the form that WARC tools check (RFC 3548 base 32)."""
    return f"sha256:{base64.b32encode(hashlib.sha256(payload).digest()).decode()}"


def _way(requested: str, hops: Sequence[Hop]) -> bytes:
    lines = [f"requested: {requested}", *(f"via: {hop.status} {hop.url}" for hop in hops)]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _as_stored(headers: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    # The chunks are already joined, so the header that announces them would make the record unreadable.
    return [
        ("X-Archive-Orig-Transfer-Encoding" if name.lower() == "transfer-encoding" else name, value)
        for name, value in headers
    ]
