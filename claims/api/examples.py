"""Examples for the API's description."""

from typing import Any

from drf_spectacular.utils import OpenApiExample

_CLAIM: dict[str, Any] = {
    "id": "3mw8k20vq5hte",
    "statement": "Unemployment in the district fell by half last year.",
    "language": "en",
    "kind": "factual",
    "state": "in_review",
    "public_status": "none",
    "claimant": {
        "id": 4,
        "name": "Ilse Brandt",
        "kind": "person",
        "job_title": "Mayor",
        "same_as": [],
        "living": True,
    },
    "claimed_on": "2026-02-14",
    "topics": ["economy"],
    "priority": "normal",
    "check_worthiness": None,
    "due_at": None,
    "merged_into": None,
    "created_at": "2026-03-02T12:00:00Z",
    "changed_at": "2026-03-02T12:01:00Z",
    "original_text": "",
    "location": "",
    "context": "",
    "selection_reason": "",
    "decline_reason": "",
    "translation_of": None,
    "watch_until": None,
    "created_by": {"username": "amal", "name": "Amal Haddad"},
    "lock_version": 3,
    "moves": [{"move": "approve", "label": "Approve", "open": True, "reason": "", "needs": ""}],
    "checklist": [
        {
            "line": "reply",
            "label": "Right of reply",
            "state": "waived",
            "message": "Ask Ilse Brandt for a reply and note it here.",
            "waivable": True,
            "reason": "The office is closed.",
            "public": True,
        }
    ],
}
_DOCUMENT: dict[str, Any] = {
    "schema": "factcheck-verdict/1",
    "id": "3mw8k20vq5hte",
    "url": "https://desk.example/verdicts/3mw8k20vq5hte/",
    "version": 1,
    "retracted": False,
    "claim": {
        "statement": "Unemployment in the district fell by half last year.",
        "original_text": "",
        "language": "en",
        "kind": "factual",
        "claimant": {"name": "Ilse Brandt", "kind": "person", "job_title": "Mayor", "same_as": []},
        "claimed_on": "2026-02-14",
        "location": "",
        "context": "",
        "topics": [{"slug": "economy", "name": "Economy"}],
        "appearances": [],
    },
    "verdict": {
        "rating": {
            "slug": "false",
            "name": "False",
            "definition": "Every trustworthy source contradicts it.",
            "value": 0.0,
            "colour": "#aa2222",
            "scale": {"slug": "factual", "version": 1, "name": "Factual", "worst": 0, "best": 1},
        },
        "headline": "It fell by far less",
        "summary": "The figure covers one month, not the year.",
        "explanation_html": "<p>The yearly table shows 3.1 per cent.</p>",
        "explanation_text": "The yearly table shows 3.1 per cent.",
        "byline": "The desk",
        "media_authenticity": None,
        "change_type": "initial",
        "public_note": "",
    },
    "evidence": [
        {
            "kind": "web",
            "stance": "refutes",
            "quote": "3.1",
            "quote_found": "yes",
            "note": "The office's own table.",
            "primary": True,
            "accessed_at": "2026-03-02T12:00:00+00:00",
            "archive_url": None,
            "copy": {"sha256": "9f86d081…", "captured_at": "2026-03-02T12:00:08+00:00"},
            "url": "https://statistics.example/table-7",
            "title": "Table 7",
            "outlet": "Statistics office",
            "published_at": None,
        }
    ],
    "independent_outlets": 1,
    "waivers": [{"line": "outlets", "reason": "Nobody else counts this."}],
    "corrections": [],
    "publisher": {"name": "Fact-check desk", "url": "https://desk.example"},
    "licence": "CC BY 4.0",
    "claim_review": {"@context": "https://schema.org", "@type": "ClaimReview"},
}


def _failure(name: str, status: str, body: dict[str, Any]) -> OpenApiExample:
    return OpenApiExample(
        name, value={**body, "request_id": "5f0c1e2d3b4a5968"}, response_only=True, status_codes=[status]
    )


_VERDICT: dict[str, Any] = {
    "id": "3mw8k20vq5hte",
    "version": 1,
    "sequence": 17,
    "status": "live",
    "kind": "initial",
    "change_type": "initial",
    "published_at": "2026-03-02T12:03:00.104233Z",
    "valid_to": None,
    "translations": [{"id": "7yq1zr9d4k2ns", "language": "de", "url": "https://desk.example/verdicts/7yq1zr9d4k2ns/"}],
    "document": _DOCUMENT,
}
VERDICT = OpenApiExample("A live verdict", value=_VERDICT, response_only=True, status_codes=["200"])
CHANGES = OpenApiExample(
    "Two changes, and no more yet",
    value={
        "feed_epoch": "6f1f6f6b-3f0e-4f0e-9d0a-2f4b7f1c5a10",
        "head": 18,
        "next": "https://desk.example/api/v1/verdicts/changes?after=18",
        "changes": [
            {
                "sequence": 17,
                "id": "3mw8k20vq5hte",
                "version": 1,
                "kind": "initial",
                "change_type": "initial",
                "note": "",
                "at": "2026-03-02T12:03:00.104233Z",
                "document": _DOCUMENT,
            },
            {
                "sequence": 18,
                "id": "3mw8k20vq5hte",
                "version": 2,
                "kind": "tombstone",
                "change_type": "retraction",
                "note": "The table itself was withdrawn by its office.",
                "at": "2026-03-04T09:30:00.551009Z",
                "document": {**_DOCUMENT, "version": 2, "retracted": True},
            },
        ],
    },
    response_only=True,
    status_codes=["200"],
)
FEED_EPOCH_CHANGED = _failure(
    "The desk was restored from a copy",
    "409",
    {
        "code": "feed_epoch_changed",
        "message": "The desk was restored from a copy, so these numbers may mean other changes. Read again from 0.",
        "details": {"feed_epoch": "0b7a6f6b-9c0e-4f0e-9d0a-2f4b7f1c5a10", "head": 12},
    },
)
UNKNOWN_PARAMETER = _failure(
    "A typing error",
    "400",
    {
        "code": "unknown_parameter",
        "message": "There is no parameter “ratting”. Known here: cursor, page_size, rating.",
        "fields": {"ratting": ["Not known."]},
    },
)
NOT_YET_PUBLISHED = _failure(
    "Before the first version",
    "404",
    {"code": "not_yet_published", "message": "At that instant nothing was published yet."},
)
MERGED = _failure(
    "Merged into another claim",
    "308",
    {
        "code": "merged",
        "message": "This claim says the same as another and was merged into it.",
        "details": {"id": "7c2hq9t0xw4ze", "url": "https://desk.example/api/v1/verdicts/7c2hq9t0xw4ze"},
    },
)
REDACTED = _failure("Erased", "451", {"code": "redacted", "message": "This version was erased for legal reasons."})
RETRACTED = _failure(
    "A retracted verdict",
    "410",
    {
        "code": "retracted",
        "message": "This verdict was retracted. Its versions stay readable by their numbers.",
        "details": {
            "reason": "The table itself was withdrawn by its office.",
            "retracted_at": "2026-03-04T09:30:00.551009Z",
            "version": 2,
            "last_version_url": "https://desk.example/api/v1/verdicts/3mw8k20vq5hte?version=1",
        },
    },
)
CLAIM = OpenApiExample("A claim in review", value=_CLAIM, response_only=True, status_codes=["200"])
NEW_CLAIM = OpenApiExample(
    "A claim from a council meeting",
    value={
        "statement": "Unemployment in the district fell by half last year.",
        "language": "en",
        "kind": "factual",
        "claimant": 4,
        "claimed_on": "2026-02-14",
        "topics": ["economy"],
    },
    request_only=True,
)
BULK = OpenApiExample(
    "Two claims, one of them too short",
    value={"claims": [{"statement": "Bread costs twice as much.", "topics": ["economy"]}, {"statement": "x"}]},
    request_only=True,
)
BULK_ANSWER = OpenApiExample(
    "One was taken",
    value={
        "created": 1,
        "refused": 1,
        "results": [
            {"index": 0, "status": 201, "id": "3mw8k20vq5hte", "error": None},
            {
                "index": 1,
                "status": 400,
                "id": None,
                "error": {
                    "code": "invalid",
                    "message": "State the claim in words.",
                    "fields": {"statement": ["Give the whole statement."]},
                },
            },
        ],
    },
    response_only=True,
    status_codes=["200"],
)
NEW_EVIDENCE = OpenApiExample(
    "A page that refutes the claim",
    value={
        "kind": "web",
        "url": "https://statistics.example/table-7",
        "stance": "refutes",
        "quote": "3.1",
        "note": "The office's own table.",
        "is_primary": True,
    },
    request_only=True,
)
DRAFT = OpenApiExample(
    "A rating with its reasons",
    value={
        "rating": 2,
        "headline": "It fell by far less",
        "summary": "The figure covers one month, not the year.",
        "explanation": "The *yearly* table shows 3.1 per cent.",
    },
    request_only=True,
)
STALE = _failure(
    "Somebody saved in between",
    "412",
    {
        "code": "stale_write",
        "message": "Somebody saved this in between. Compare both texts, then save again.",
        "fields": {"headline": ["What stands now", "What was refused"]},
    },
)
ILLEGAL_MOVE = _failure(
    "Not open from this state",
    "409",
    {
        "code": "illegal_move",
        "message": "“Publish” is not open for a claim that is inbox; it starts from: approved.",
    },
)
FOUR_EYES = _failure(
    "One's own work",
    "403",
    {"code": "four_eyes", "message": "You had a hand in this revision, so a second person must decide on it."},
)
UNMET = _failure(
    "The checklist is not complete",
    "422",
    {
        "code": "checklist_unmet",
        "message": ("The checklist is not complete: meet each line named here, or waive it with a written reason."),
        "fields": {"rating": ["Choose a rating."], "evidence": ["Link at least 1 source; there are 0."]},
    },
)
NEW_WEBHOOK = OpenApiExample(
    "An endpoint for corrections and retractions",
    value={
        "url": "https://newsroom.example/hooks/factchecks",
        "events": ["verdict.corrected", "verdict.retracted"],
        "description": "Corrects what we published",
    },
    request_only=True,
)
WEBHOOK_REFUSED = _failure(
    "An address inside a network",
    "400",
    {
        "code": "invalid",
        "message": "Events cannot be sent to this address.",
        "fields": {
            "url": [
                "hooks.example leads into a private or reserved network; only public web pages are fetched.",
            ]
        },
    },
)
