"""WARC records: one exchange as it went over the wire, and its body out of storage again."""

import io
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from claims.http import Answer
from claims.text import sha256


class BadRecord(Exception):
    """The stored bytes are no WARC response, or not the one whose hash is on record."""


def record_pair(answer: Answer) -> bytes:
    """The response and its request as two gzipped WARC records; the same answer gives the same bytes."""
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
        warc_headers_dict={"WARC-Record-ID": response_id, "WARC-Date": at, "WARC-IP-Address": answer.address},
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
    except (OSError, ValueError, EOFError) as error:
        raise BadRecord("The stored copy cannot be read.") from error
    raise BadRecord("The stored copy holds no response.")


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
