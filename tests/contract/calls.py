"""One request per operation of the API, such that whoever may make it is answered with success."""

from typing import Any

from claims.access.roles import Operation
from claims.choices import ClaimState, Move
from tests.contract.access import Call, Other

S, Op, M = ClaimState, Operation, Move
READ = Op.READ_DESK
_LATER = "2099-01-01T12:00:00Z"


def _reads(on: str, *names: str) -> dict[str, Call]:
    return dict.fromkeys(names, Call(READ, on=on))


def _edit(on: str = "researching", **more: Any) -> Call:
    return Call(Op.EDIT_CLAIM, S.RESEARCHING, on=on, **more)


def _move(move: Move, on: str, body: Any = None) -> Call:
    return Call(move, on=on, body=body)


CALLS: dict[str, Call] = {
    # Open to everybody.
    "verdicts_list": Call(Other.PUBLIC),
    "verdicts_retrieve": Call(Other.PUBLIC, on="published"),
    "verdicts_changes": Call(Other.PUBLIC),
    "exports_list": Call(Other.PUBLIC),
    "exports_stream": Call(Other.PUBLIC, on="form"),
    "exports_file": Call(Other.PUBLIC, on="no file", also=404),
    # What a key does for its holder.
    "key_retrieve": Call(Other.KEY),
    "key_rotate": Call(Other.KEY),
    "key_revoke": Call(Other.KEY),
    "acknowledgements_retrieve": Call(Other.READS, on="published"),
    "acknowledgements_create": Call(Other.READS, on="published", body={"version": 1}),
    **{
        name: Call(Other.WEBHOOKS, on="hook")
        for name in (
            "webhooks_list",
            "webhooks_create",
            "webhooks_retrieve",
            "webhooks_update",
            "webhooks_remove",
            "webhooks_rotate",
            "webhooks_ping",
            "webhooks_switch_off",
            "webhooks_switch_on",
            "webhooks_redeliver",
            "webhook_deliveries_list",
            "webhook_deliveries_retrieve",
            "webhook_deliveries_redeliver",
        )
    },
    # Reading the desk.
    **_reads("", "claims_list", "claimants_list", "outlets_list", "topics_list", "rating_scales_list", "sources_list"),
    **_reads("", "review_items_list"),
    **_reads("researching", "claims_retrieve", "aliases_list", "appearances_list", "assignments_list"),
    **_reads("researching", "checklist_retrieve", "coverage_list", "evidence_list", "external_reviews_list"),
    **_reads("researching", "history_list", "notes_list", "queries_retrieve", "tries_list", "replies_list"),
    **_reads("researching", "claim_review_items_list", "revisions_list", "searches_list", "verdict_retrieve"),
    **_reads("researching", "verdict_preview"),
    **_reads("revision", "revisions_retrieve"),
    **_reads("claimant", "claimants_retrieve"),
    **_reads("coverage", "coverage_retrieve"),
    **_reads("document", "documents_retrieve", "archives_list", "captures_list", "changes_list"),
    **_reads("evidence", "evidence_retrieve"),
    **_reads("file", "evidence_file"),
    **_reads("try", "tries_retrieve"),
    **_reads("source", "sources_retrieve", "sources_health", "polls_list"),
    # Claims and what is said of them.
    "claims_create": Call(Op.CREATE_CLAIM, body={"statement": "Bread costs twice as much."}),
    "claims_create_many": Call(Op.CREATE_CLAIM, body={"claims": [{"statement": "Bread costs twice as much."}]}),
    "claimants_create": Call(Op.CREATE_CLAIM, body={"name": "Somebody new"}),
    "claimants_edit": Call(Op.EDIT_CLAIMANT, on="claimant", body={"job_title": "Governor"}, match=True),
    "claims_edit": _edit(body={"location": "Here"}, match=True),
    "aliases_create": _edit(body={"text": "Bread has doubled in price."}),
    "appearances_create": _edit(body={"description": "A speech in the town hall"}),
    "appearances_remove": _edit("appearance"),
    "assignments_create": Call(
        Op.ASSIGN, S.RESEARCHING, on="researching", body={"user": "standing-fact_checker", "role": "writer"}
    ),
    "assignments_end": Call(
        Op.ASSIGN, S.RESEARCHING, on="researching", body={"user": "standing-fact_checker", "role": "writer"}
    ),
    "notes_create": Call(Op.ADD_NOTE, S.RESEARCHING, on="researching", body={"text": "Look at table 7."}),
    "replies_create": Call(
        Op.ASK_REPLY, S.RESEARCHING, on="researching", body={"asked_of": "The office", "how": "by e-mail"}
    ),
    "replies_answer": Call(Op.ASK_REPLY, S.RESEARCHING, on="reply", body={"answer": "No comment."}),
    "review_items_close": Call(Op.CLOSE_REVIEW_ITEM, on="item"),
    # Sources of a verdict, and coverage.
    "evidence_create": Call(
        Op.ADD_EVIDENCE, S.RESEARCHING, on="researching", body={"url": "https://new.example/1", "stance": "refutes"}
    ),
    "evidence_upload": Call(Op.ADD_EVIDENCE, S.RESEARCHING, on="researching", body="form"),
    "evidence_edit": Call(Op.EDIT_EVIDENCE, S.RESEARCHING, on="evidence", body={"note": "Shows 3.2."}, match=True),
    "evidence_withdraw": Call(Op.EDIT_EVIDENCE, S.RESEARCHING, on="evidence", body={"reason": "Wrong table."}),
    "coverage_keep": Call(Op.DECIDE_COVERAGE, S.RESEARCHING, on="coverage"),
    "coverage_dismiss": Call(Op.DECIDE_COVERAGE, S.RESEARCHING, on="coverage"),
    "coverage_restore": Call(Op.DECIDE_COVERAGE, S.RESEARCHING, on="coverage"),
    "coverage_cite": Call(Op.ADD_EVIDENCE, S.RESEARCHING, on="coverage", body={"stance": "refutes"}),
    "documents_split": Call(Op.SPLIT_STORY, on="document"),
    "documents_rejoin": Call(Op.SPLIT_STORY, on="split document"),
    "searches_request": Call(Op.SEARCH_COVERAGE, S.RESEARCHING, on="researching"),
    "queries_edit": Call(
        Op.SEARCH_COVERAGE, S.RESEARCHING, on="researching", body={"lines": ["bread price"]}, match=True
    ),
    "tries_create": Call(Op.SEARCH_COVERAGE, S.RESEARCHING, on="written", body={"lines": ["bread price"]}),
    "sources_create": Call(Op.CONFIGURE, body={"name": "New", "url": "https://new.example/feed"}),
    "sources_edit": Call(Op.CONFIGURE, on="source", body={"poll_minutes": 45}, match=True),
    "sources_poll": Call(Op.CONFIGURE, on="source"),
    # The revision.
    "verdict_edit": Call(Op.WRITE_VERDICT, S.RESEARCHING, on="researching", body={"headline": "Less"}, match=True),
    "checklist_waive": Call(Op.WAIVE_CHECK, S.RESEARCHING, on="line", body={"reason": "Nobody else counts it."}),
    "checklist_unwaive": Call(Op.WAIVE_CHECK, S.RESEARCHING, on="waived line"),
    # Moves.
    "claims_accept": _move(M.ACCEPT, "inbox"),
    "claims_decline": _move(M.DECLINE, "inbox", {"reason": "opinion"}),
    "claims_reopen": _move(M.REOPEN, "declined", {"reason": "It can be checked now."}),
    "claims_merge": _move(M.MERGE, "inbox", "merge"),
    "claims_unmerge": _move(M.UNMERGE, "merged"),
    "claims_submit": _move(M.SUBMIT, "written"),
    "claims_withdraw": _move(M.WITHDRAW, "in review"),
    "claims_return": _move(M.RETURN, "in review", {"comment": "Look at table 7 again."}),
    "claims_approve": _move(M.APPROVE, "in review"),
    "claims_override_approve": _move(M.OVERRIDE_APPROVE, "in review", {"reason": "Nobody else is here tonight."}),
    "claims_publish": _move(M.PUBLISH, "approved"),
    "claims_schedule": _move(M.SCHEDULE, "approved", {"publish_at": _LATER}),
    "claims_unschedule": _move(M.UNSCHEDULE, "scheduled"),
    "claims_revise": _move(M.REVISE, "published", {"change_type": "correction", "public_note": "A figure was wrong."}),
    "claims_abandon": _move(M.ABANDON, "revised", {"reason": "It was right."}),
    "claims_propose_retraction": _move(M.PROPOSE_RETRACTION, "published", {"public_note": "The table is withdrawn."}),
    "claims_retract": _move(M.RETRACT, "retracting"),
}
