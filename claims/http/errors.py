"""What can go wrong when a page is asked for. `reason` is stable and short; `str(error)` is a sentence for an editor.

A failure is never an empty answer: whoever catches one of these knows that nothing was learnt about the page.
"""


class WebError(Exception):
    """Base of the three below. `reason` is a label such as "address_refused", fit for counting and for tests."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Refused(WebError):
    """We will not fetch this, today or tomorrow: a forbidden address, robots.txt, too large, a coding not asked for."""


class RetryLater(WebError):
    """It may work another time. `after` is seconds to wait, where they are known."""

    def __init__(self, message: str, *, reason: str, after: float | None = None) -> None:
        super().__init__(message, reason=reason)
        self.after = after


class NotMeasured(WebError):
    """Something answered, but what it said cannot be used: cut short, broken, or its certificate is not valid."""
