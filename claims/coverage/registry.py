"""Which connector reads which kind of source. A new kind is one file in connectors/ and one line here."""

from claims.choices import SourceKind
from claims.coverage.base import Connector
from claims.coverage.connectors.json_feed import JsonFeedConnector
from claims.coverage.connectors.rss import RssConnector
from claims.coverage.connectors.sitemap import SitemapConnector

CONNECTORS: dict[str, Connector] = {
    SourceKind.RSS: RssConnector(),
    SourceKind.JSON_FEED: JsonFeedConnector(),
    SourceKind.SITEMAP: SitemapConnector(),
}
