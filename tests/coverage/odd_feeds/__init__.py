"""Feeds as nobody should write them and somebody does, with what a reader must make of each. All are our own."""

from tests.coverage.odd_feeds import broken, dates, dialects, encodings, links, markup
from tests.coverage.odd_feeds.case import Odd

ODD_FEEDS: tuple[Odd, ...] = tuple(
    odd for module in (encodings, dates, links, dialects, broken, markup) for odd in module.feeds()
)
