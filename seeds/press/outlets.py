"""The four fictional outlets of the press site, in the order of their ports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PressOutlet:
    """One fictional outlet: what its pages say of it, and which kind of feed it offers where."""

    slug: str
    name: str
    motto: str
    feed_path: str
    feed_format: str  # rss, atom or rdf
    feed_charset: str = "utf-8"
    structured_data: bool = False


OUTLETS = (
    PressOutlet(
        slug="harbour-ledger",
        name="The Harbour Ledger",
        motto="News of the estuary, and of the world beyond it",
        feed_path="/feed.xml",
        feed_format="rss",
        structured_data=True,
    ),
    PressOutlet(
        slug="meridian-wire",
        name="Meridian Wire",
        motto="Agency reports for newspapers large and small",
        feed_path="/rss",
        feed_format="rss",
    ),
    PressOutlet(
        slug="civic-lantern",
        name="Civic Lantern",
        motto="Public affairs, explained without hurry",
        feed_path="/atom.xml",
        feed_format="atom",
        structured_data=True,
    ),
    PressOutlet(
        slug="alpenrand",
        name="Alpenrand English Service",
        motto="From the edge of the Alps",
        feed_path="/index.rdf",
        feed_format="rdf",
        feed_charset="iso-8859-1",
    ),
)
