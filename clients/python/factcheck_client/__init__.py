"""Reads verdicts from a fact-check desk, follows every correction, and verifies its webhooks."""

from factcheck_client.cache import Cache, Kept, MemoryCache
from factcheck_client.client import Client, cursor
from factcheck_client.documents import (
    Appearance,
    Change,
    ChangePage,
    Claim,
    Claimant,
    Correction,
    Document,
    Evidence,
    HeldVersion,
    Rating,
    Translation,
    Verdict,
)
from factcheck_client.errors import (
    EpochChanged,
    FactcheckError,
    NotFound,
    Redacted,
    RefusedByDesk,
    Retracted,
    TryLater,
    UnexpectedAnswer,
    Unreachable,
    WebhookRefused,
)
from factcheck_client.exchange import Patience
from factcheck_client.webhooks import Message, verify

__all__ = [
    "Appearance",
    "Cache",
    "Change",
    "ChangePage",
    "Claim",
    "Claimant",
    "Client",
    "Correction",
    "Document",
    "EpochChanged",
    "Evidence",
    "FactcheckError",
    "HeldVersion",
    "Kept",
    "MemoryCache",
    "Message",
    "NotFound",
    "Patience",
    "Rating",
    "Redacted",
    "RefusedByDesk",
    "Retracted",
    "Translation",
    "TryLater",
    "UnexpectedAnswer",
    "Unreachable",
    "Verdict",
    "WebhookRefused",
    "cursor",
    "verify",
]
