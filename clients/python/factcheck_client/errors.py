"""What can go wrong, as types. Programs go by the type and its fields; `str()` is for people."""

from collections.abc import Mapping
from datetime import datetime


class FactcheckError(Exception):
    """The root of everything that this package raises, but for ValueError where an argument makes no sense."""


class Unreachable(FactcheckError):
    """No whole answer came, after every try: no connection, cut off, or not within the time allowed."""


class UnexpectedAnswer(FactcheckError):
    """The answer is not what a desk sends: too large, no JSON, a part missing, a number out of order."""


class EpochChanged(FactcheckError):
    """The desk was restored from an older copy, so the numbers that you followed may mean other changes now.

    Drop what you hold and read the feed again from 0. `feed_epoch` and `head` are those of the new history.
    """

    def __init__(self, message: str, *, feed_epoch: str, head: int) -> None:
        super().__init__(message)
        self.feed_epoch = feed_epoch
        self.head = head


class RefusedByDesk(FactcheckError):
    """The desk understood and said no. `code` is stable; `fields` names inputs at fault."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        fields: Mapping[str, object],
        details: Mapping[str, object],
        request_id: str,
    ) -> None:
        super().__init__(f"{message} ({status} {code})")
        self.message = message
        self.status = status
        self.code = code
        self.fields = fields
        self.details = details
        self.request_id = request_id


class NotFound(RefusedByDesk):
    """Never public, or (`code` not_yet_published) not public at that instant."""


class Redacted(RefusedByDesk):
    """This version was erased for legal reasons (451). Erase your copy. `link` is the address that was asked."""

    link: str = ""


class Retracted(RefusedByDesk):
    """The verdict was taken back (410): `reason`, when, and `link` where its last version stays readable."""

    reason: str = ""
    link: str = ""
    version: int = 0
    retracted_at: datetime | None = None
    superseded_by: str | None = None


class TryLater(RefusedByDesk):
    """The limit is used up (429) or the desk is busy (503), after every try. `retry_after` in seconds, if it said."""

    retry_after: float | None = None


class WebhookRefused(FactcheckError):
    """The message is not from the desk, or too old or new. Answer 400 and do nothing."""
