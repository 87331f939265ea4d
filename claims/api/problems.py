"""Which codes an operation may refuse with, by status; the description says so, and tests hold answers to it."""

from collections.abc import Mapping, Sequence
from typing import Any

# Of operations that ask for more than the rules below tell: by operation, the codes of a status.
_OWN: dict[str, dict[str, list[str]]] = {
    "verdicts_retrieve": {
        "308": ["merged"],
        "404": ["not_found", "not_yet_published"],
        "410": ["retracted"],
        "451": ["redacted"],
    },
    "verdicts_changes": {"409": ["feed_epoch_changed", "ahead_of_feed"]},
    "exports_stream": {"503": ["busy", "database_unavailable"]},
    "claims_submit": {"422": ["checklist_unmet", "idempotency_key_reused"]},
    "claims_publish": {"409": ["illegal_move", "conflict", "changed_since_approval", "in_flight"]},
}


def takes_idempotency_key(method: str, operation: Mapping[str, Any]) -> bool:
    """Whether the operation can be repeated under a key of the client's: the desk's POSTs."""
    return method == "post" and _for_people(operation)


def codes_of(path: str, method: str, operation: Mapping[str, Any]) -> dict[str, list[str]]:
    """Codes by status, for one operation of the description."""
    people, anybody = _for_people(operation), {} in _security(operation)
    conditions = {p.get("name"): p.get("required", False) for p in operation.get("parameters", [])}
    keyed = takes_idempotency_key(method, operation)
    found: dict[str, list[str]] = {"400": ["unknown_parameter", "invalid"]}
    if "requestBody" in operation or keyed or "If-Match" in conditions:
        found["400"].append("malformed")
    if "requestBody" in operation:
        found |= {"413": ["too_large"], "415": ["unsupported_media_type"]}
    found["401"] = ["invalid_key"] if anybody else ["not_authenticated", "invalid_key"]
    if people:
        found["403"] = ["not_allowed", "insufficient_scope", "csrf_failed"]
        if "Moves" in operation["tags"]:
            found["403"].append("four_eyes")
    elif not anybody and "Your key" not in operation["tags"]:
        found["403"] = ["not_allowed", "insufficient_scope"]
    if "{" in path:
        found["404"] = ["not_found"]
    if method != "get":
        found["409"] = ["conflict", "illegal_move"] if people else ["conflict"]
    if keyed:
        found["409"].append("in_flight")
        found["422"] = ["idempotency_key_reused"]
    if "If-Match" in conditions:
        found["412"] = ["stale_write"]
        if conditions["If-Match"]:
            found["428"] = ["precondition_required"]
    found |= {"429": ["throttled"], "500": ["internal_error"], "503": ["database_unavailable"]}
    return {**found, **_OWN.get(operation["operationId"], {})}


def _security(operation: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = operation.get("security", [{}])
    return found


def _for_people(operation: Mapping[str, Any]) -> bool:
    """Whether somebody who is signed in may use it: the desk's own. What consumers do takes their key alone."""
    return any("cookieAuth" in scheme for scheme in _security(operation))
