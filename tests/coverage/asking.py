"""One turn of a source, asked and stored."""

from claims.coverage import polling
from claims.http import Web
from claims.models import Source, SourcePoll
from tests.factories import NOON


def poll(source: Source, web: Web, at=NOON) -> SourcePoll:
    """Ask the source at that time and store what came; the source is read again."""
    polled = polling.ask(source_id=source.pk, web=web, at=at)
    stored = polling.store_poll(polled=polled, at=at)
    source.refresh_from_db()
    return stored
