"""Which connector reads which kind of source, and which services are searched for claims.

A new one is one file in connectors/ and one line here.
"""

from claims.choices import SourceKind
from claims.coverage.base import Connector, SearchConnector
from claims.coverage.connectors.gdelt import GdeltConnector
from claims.coverage.connectors.google_factcheck import GoogleFactCheckConnector
from claims.coverage.connectors.json_feed import JsonFeedConnector
from claims.coverage.connectors.media_cloud import MediaCloudConnector
from claims.coverage.connectors.news_api import NewsApiConnector
from claims.coverage.connectors.rss import RssConnector
from claims.coverage.connectors.sitemap import SitemapConnector
from claims.coverage.connectors.wikipedia import WikipediaConnector

CONNECTORS: dict[str, Connector] = {
    SourceKind.RSS: RssConnector(),
    SourceKind.JSON_FEED: JsonFeedConnector(),
    SourceKind.SITEMAP: SitemapConnector(),
}

SEARCHES: dict[str, SearchConnector] = {
    connector.name: connector
    for connector in (
        GdeltConnector(),
        WikipediaConnector(),
        MediaCloudConnector(),
        NewsApiConnector(),
        GoogleFactCheckConnector(),
    )
}
