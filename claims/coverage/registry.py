"""Which connector reads which kind of source. A new kind is one file in connectors/ and one line here."""

from claims.choices import SourceKind
from claims.coverage.base import Connector
from claims.coverage.connectors.rss import RssConnector

CONNECTORS: dict[str, Connector] = {SourceKind.RSS: RssConnector()}
