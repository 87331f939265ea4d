"""Reading request bodies: JSON in UTF-8 of bounded size, with no character that PostgreSQL could not store."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from claims.access.transfer import FORM_LIMIT
from claims.api.errors import Problem


class StrictJSON(BaseParser):
    """One JSON value. Ignores a declared charset (JSON is UTF-8); refuses NaN, NUL and lone surrogates with 400."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value. Raises ParseError, or Problem where it is too large or holds a character it may not."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise Problem(f"The body is larger than {limit:,} bytes.", code="too_large", status=413)
        try:
            value = json.loads(body.decode(), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError from error
        _check(value)
        return value


class OneForm(MultiPartParser):
    """A form with a file. Its length must be said before it is read; the server reads no more than that."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The fields and files. Raises Problem where it is too large or cannot be read."""
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > FORM_LIMIT:
            raise Problem(f"The form is larger than {FORM_LIMIT:,} bytes.", code="too_large", status=413)
        try:
            return super().parse(stream, media_type, dict(parser_context or {}))
        except ParseError as error:
            raise Problem("The form cannot be read. Send multipart/form-data.", code="malformed") from error


class OnlyJSON(DefaultContentNegotiation):
    """Answers JSON whatever the Accept header wants, so that no client is refused for its browser's default."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first renderer and its media type."""
        return renderers[0], renderers[0].media_type


def storable(text: str) -> bool:
    """Whether PostgreSQL could store the text: no NUL, no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _check(value: Any) -> None:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if not storable(item):
                raise Problem("The body holds a NUL or half a character. Take it out.", code="malformed")
        elif isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
