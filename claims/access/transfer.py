"""Files on their way in and out: none above the limit is read, none leaves as anything a browser would run."""

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.base import File
from django.core.files.uploadhandler import FileUploadHandler
from django.http import FileResponse

FILE_LIMIT = 25 * 1024 * 1024  # bytes
FORM_LIMIT = FILE_LIMIT + 1024 * 1024  # a form holds words beside its file


class Bounded(FileUploadHandler):
    """Refuses a form that says it is larger than any file may be, before a byte of it is read."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],  # noqa: N803 - Django names it so
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Passes the form on. Raises RequestDataTooBig; the server reads no more than the length that was said."""
        if content_length > FORM_LIMIT:
            raise RequestDataTooBig("The form is larger than any file that is taken.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """The chunk as it is, for the handlers that keep it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Nothing: the handlers after this one make the file."""


def attachment(*, file: "File[Any]", name: str) -> FileResponse:
    """The file as a download: bytes of no type, in a sandbox, under a name of ours, for the asker alone."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    return response
