"""Every address of the API. One POST per move; what is not named here is 404 in the one shape."""

from typing import Any

from django.urls import path, re_path

from claims.api.appearances import AliasViewSet, AppearanceViewSet
from claims.api.bulk import BulkClaimViewSet
from claims.api.catalogue import OutletViewSet, RatingScaleViewSet, TopicViewSet
from claims.api.changes import VerdictChanges
from claims.api.claimants import ClaimantViewSet
from claims.api.claims import ClaimViewSet
from claims.api.conversation import AssignmentViewSet, NoteViewSet, ReplyViewSet
from claims.api.copies import ArchiveCopyViewSet, CaptureViewSet, DocumentChangeViewSet
from claims.api.coverage import ClaimCoverageViewSet, ClaimSearchViewSet, CoverageViewSet
from claims.api.documentation import docs, openapi_json, openapi_yaml
from claims.api.documents import DocumentViewSet
from claims.api.errors import unknown_address
from claims.api.evidence import ClaimEvidenceViewSet, EvidenceViewSet
from claims.api.exports import ExportFile, Exports, VerdictExport
from claims.api.files import EvidenceFileViewSet
from claims.api.history import HistoryViewSet
from claims.api.look_again import ClaimReviewItemViewSet, ExternalReviewViewSet, ReviewItemViewSet
from claims.api.moves import MoveViewSet
from claims.api.own_key import OwnKeyViewSet
from claims.api.reach import AcknowledgementView
from claims.api.search_queries import ClaimQueryViewSet, QueryTrialViewSet
from claims.api.sources import SourcePollViewSet, SourceViewSet
from claims.api.verdict_revisions import ChecklistViewSet, VerdictViewSet
from claims.api.verdicts import VerdictDetail, VerdictList
from claims.api.webhooks import ConsumerViewSet, DeliveryViewSet, WebhookViewSet

app_name = "api"

CLAIM = "claims/<slug:public_id>"
# Address → method of MoveViewSet.
MOVES = {
    "accept": "accept",
    "decline": "decline",
    "reopen": "reopen",
    "merge": "merge",
    "unmerge": "unmerge",
    "submit": "submit",
    "withdraw": "withdraw",
    "return": "return_to_writer",
    "approve": "approve",
    "override-approve": "override_approve",
    "publish": "publish",
    "schedule": "schedule",
    "unschedule": "unschedule",
    "revise": "revise",
    "abandon": "abandon",
    "propose-retraction": "propose_retraction",
    "retract": "retract",
}

HOOK = "/<slug:webhook_id>"
WEBHOOKS: tuple[tuple[str, type[ConsumerViewSet], dict[str, Any], str], ...] = (
    ("", WebhookViewSet, {"get": "list", "post": "create"}, "webhooks"),
    (HOOK, WebhookViewSet, {"get": "retrieve", "patch": "partial_update", "delete": "remove"}, "webhook"),
    (f"{HOOK}/rotate-secret", WebhookViewSet, {"post": "rotate_secret"}, "webhook-rotate"),
    (f"{HOOK}/ping", WebhookViewSet, {"post": "ping"}, "webhook-ping"),
    (f"{HOOK}/switch-off", WebhookViewSet, {"post": "switch_off"}, "webhook-off"),
    (f"{HOOK}/switch-on", WebhookViewSet, {"post": "switch_on"}, "webhook-on"),
    (f"{HOOK}/redeliver", WebhookViewSet, {"post": "redeliver"}, "webhook-redeliver"),
    (f"{HOOK}/deliveries", DeliveryViewSet, {"get": "list"}, "deliveries"),
    (f"{HOOK}/deliveries/<slug:message_id>", DeliveryViewSet, {"get": "retrieve"}, "delivery"),
    (f"{HOOK}/deliveries/<slug:message_id>/redeliver", DeliveryViewSet, {"post": "redeliver"}, "delivery-redeliver"),
)

urlpatterns = [
    path("verdicts", VerdictList.as_view(), name="verdicts"),
    path("verdicts/changes", VerdictChanges.as_view(), name="changes"),
    path("verdicts/<slug:public_id>", VerdictDetail.as_view(), name="verdict"),
    path("verdicts/<slug:public_id>/acknowledgements", AcknowledgementView.as_view(), name="acknowledgements"),
    path("exports", Exports.as_view(), name="exports"),
    path("exports/verdicts.<str:form>", VerdictExport.as_view(), name="export"),
    path("exports/<str:name>", ExportFile.as_view(), name="export-file"),
    path("claims", ClaimViewSet.as_view({"get": "list", "post": "create"}), name="claims"),
    path("claims/bulk", BulkClaimViewSet.as_view({"post": "create"}), name="claims-bulk"),
    path(CLAIM, ClaimViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="claim"),
    *[path(f"{CLAIM}/{name}", MoveViewSet.as_view({"post": method}), name=name) for name, method in MOVES.items()],
    path(f"{CLAIM}/evidence", ClaimEvidenceViewSet.as_view({"get": "list", "post": "create"}), name="claim-evidence"),
    path(f"{CLAIM}/evidence/files", EvidenceFileViewSet.as_view({"post": "create"}), name="evidence-upload"),
    path("evidence/<int:pk>/file", EvidenceFileViewSet.as_view({"get": "download"}), name="evidence-file"),
    path("evidence/<int:pk>", EvidenceViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="evidence"),
    path("evidence/<int:pk>/withdraw", EvidenceViewSet.as_view({"post": "withdraw"}), name="evidence-withdraw"),
    path(f"{CLAIM}/coverage", ClaimCoverageViewSet.as_view({"get": "list"}), name="claim-coverage"),
    path(f"{CLAIM}/searches", ClaimSearchViewSet.as_view({"get": "list", "post": "create"}), name="searches"),
    path("coverage/<int:pk>", CoverageViewSet.as_view({"get": "retrieve"}), name="coverage"),
    path("coverage/<int:pk>/keep", CoverageViewSet.as_view({"post": "keep"}), name="coverage-keep"),
    path("coverage/<int:pk>/dismiss", CoverageViewSet.as_view({"post": "dismiss"}), name="coverage-dismiss"),
    path("coverage/<int:pk>/restore", CoverageViewSet.as_view({"post": "restore"}), name="coverage-restore"),
    path("coverage/<int:pk>/cite", CoverageViewSet.as_view({"post": "cite"}), name="coverage-cite"),
    path("documents/<int:pk>", DocumentViewSet.as_view({"get": "retrieve"}), name="document"),
    path("documents/<int:pk>/split", DocumentViewSet.as_view({"post": "split"}), name="document-split"),
    path("documents/<int:pk>/rejoin", DocumentViewSet.as_view({"post": "rejoin"}), name="document-rejoin"),
    path("documents/<int:pk>/captures", CaptureViewSet.as_view({"get": "list"}), name="captures"),
    path("documents/<int:pk>/changes", DocumentChangeViewSet.as_view({"get": "list"}), name="document-changes"),
    path("documents/<int:pk>/archives", ArchiveCopyViewSet.as_view({"get": "list"}), name="archives"),
    path(f"{CLAIM}/verdict/preview", VerdictViewSet.as_view({"get": "preview"}), name="verdict-preview"),
    path(f"{CLAIM}/verdict", VerdictViewSet.as_view({"get": "open", "patch": "partial_update"}), name="claim-verdict"),
    path(f"{CLAIM}/revisions", VerdictViewSet.as_view({"get": "list"}), name="revisions"),
    path(f"{CLAIM}/revisions/<int:number>", VerdictViewSet.as_view({"get": "retrieve"}), name="revision"),
    path(f"{CLAIM}/checklist", ChecklistViewSet.as_view({"get": "show"}), name="checklist"),
    path(f"{CLAIM}/checklist/<slug:line>/waive", ChecklistViewSet.as_view({"post": "waive"}), name="waive"),
    path(f"{CLAIM}/checklist/<slug:line>/unwaive", ChecklistViewSet.as_view({"post": "unwaive"}), name="unwaive"),
    path(f"{CLAIM}/notes", NoteViewSet.as_view({"get": "list", "post": "create"}), name="notes"),
    path(f"{CLAIM}/replies", ReplyViewSet.as_view({"get": "list", "post": "create"}), name="replies"),
    path("replies/<int:pk>/answer", ReplyViewSet.as_view({"post": "answer"}), name="reply-answer"),
    path(f"{CLAIM}/assignments", AssignmentViewSet.as_view({"get": "list", "post": "create"}), name="assignments"),
    path(f"{CLAIM}/assignments/end", AssignmentViewSet.as_view({"post": "end"}), name="assignment-end"),
    path(f"{CLAIM}/appearances", AppearanceViewSet.as_view({"get": "list", "post": "create"}), name="appearances"),
    path("appearances/<int:pk>", AppearanceViewSet.as_view({"delete": "remove"}), name="appearance"),
    path(f"{CLAIM}/aliases", AliasViewSet.as_view({"get": "list", "post": "create"}), name="aliases"),
    path(f"{CLAIM}/queries", ClaimQueryViewSet.as_view({"get": "show", "patch": "partial_update"}), name="queries"),
    path(f"{CLAIM}/queries/tries", QueryTrialViewSet.as_view({"get": "list", "post": "create"}), name="tries"),
    path("query-tries/<int:pk>", QueryTrialViewSet.as_view({"get": "retrieve"}), name="try"),
    path(f"{CLAIM}/external-reviews", ExternalReviewViewSet.as_view({"get": "list"}), name="external-reviews"),
    path(f"{CLAIM}/review-items", ClaimReviewItemViewSet.as_view({"get": "list"}), name="claim-review-items"),
    path("review-items", ReviewItemViewSet.as_view({"get": "list"}), name="review-items"),
    path("review-items/<int:pk>/close", ReviewItemViewSet.as_view({"post": "close"}), name="review-item-close"),
    path(f"{CLAIM}/history", HistoryViewSet.as_view({"get": "list"}), name="history"),
    path("sources", SourceViewSet.as_view({"get": "list", "post": "create"}), name="sources"),
    path("sources/<int:pk>", SourceViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="source"),
    path("sources/<int:pk>/poll", SourceViewSet.as_view({"post": "poll"}), name="source-poll"),
    path("sources/<int:pk>/health", SourceViewSet.as_view({"get": "health"}), name="source-health"),
    path("sources/<int:pk>/polls", SourcePollViewSet.as_view({"get": "list"}), name="polls"),
    path("claimants", ClaimantViewSet.as_view({"get": "list", "post": "create"}), name="claimants"),
    path(
        "claimants/<int:pk>", ClaimantViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="claimant"
    ),
    path("topics", TopicViewSet.as_view({"get": "list"}), name="topics"),
    path("outlets", OutletViewSet.as_view({"get": "list"}), name="outlets"),
    path("rating-scales", RatingScaleViewSet.as_view({"get": "list"}), name="rating-scales"),
    path("key", OwnKeyViewSet.as_view({"get": "show"}), name="own-key"),
    path("key/rotate", OwnKeyViewSet.as_view({"post": "rotate"}), name="own-key-rotate"),
    path("key/revoke", OwnKeyViewSet.as_view({"post": "revoke"}), name="own-key-revoke"),
    *[path(f"webhooks{rest}", view.as_view(methods), name=name) for rest, view, methods, name in WEBHOOKS],
    path("openapi.json", openapi_json, name="openapi-json"),
    path("openapi.yaml", openapi_yaml, name="openapi-yaml"),
    path("docs/", docs, name="docs"),
    re_path(r"", unknown_address),
]
