"""What the admin site serves. Importing these modules hangs their pages and models into it."""

from claims.admin import (
    accounts,
    actions,
    audit,
    claim_list,
    claimants,
    claims,
    configuration,
    connectors,
    copies,
    coverage,
    desk,
    files,
    keys,
    records,
    search_queries,
    source_health,
    verdicts,
)
from claims.admin.site import desk_site

__all__ = [
    "accounts",
    "actions",
    "audit",
    "claim_list",
    "claimants",
    "claims",
    "configuration",
    "connectors",
    "copies",
    "coverage",
    "desk",
    "desk_site",
    "files",
    "keys",
    "records",
    "search_queries",
    "source_health",
    "verdicts",
]
