"""The only way out to the web. Everything fetched anywhere in the product comes through `Web.get`."""

from claims.http.client import NO_PACE, Answer, CrawlDelay, Hold, Hop, Pace, Release, Web
from claims.http.errors import NotMeasured, Refused, RetryLater, WebError

__all__ = [
    "NO_PACE",
    "Answer",
    "CrawlDelay",
    "Hold",
    "Hop",
    "NotMeasured",
    "Pace",
    "Refused",
    "Release",
    "RetryLater",
    "Web",
    "WebError",
]
