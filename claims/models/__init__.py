"""The nouns of the service. Each file holds models with their querysets; all of them are named here."""

from claims.models.audit import Event, EventSeal, Outbox
from claims.models.claim import Assignment, Claim, ClaimAlias
from claims.models.consumer import ApiKey, Consumer, IdempotentCall, KeyUse
from claims.models.copies import ArchiveCopy, CaptureRemoval
from claims.models.coverage import ClaimSearch, Coverage, Source, SourcePoll
from claims.models.document import Capture, Document, DocumentChange, DocumentUrl, TextSketch
from claims.models.dump import Dump
from claims.models.evidence import Appearance, Evidence
from claims.models.intake import ExternalReview, Submission, SubmitterContact
from claims.models.organisation import Organisation
from claims.models.outlet import Outlet
from claims.models.people import Claimant
from claims.models.plan import PublicationPlan
from claims.models.publication import FeedHead, Publication, PublicHead
from claims.models.reach import FeedPosition, Holding, ReachLoss
from claims.models.review import Approval, Challenge, ReplyRequest, ReviewItem, ReviewNote
from claims.models.searching import ClaimQuery, ConnectorUse, QueryTrial, QueryTrialResult, SearchTurn
from claims.models.topic import Topic
from claims.models.verdict import ChecklistWaiver, Rating, RatingScale, Verdict, VerdictContributor
from claims.models.watching import DocumentCheck, DocumentWatch
from claims.models.webhook import Delivery, DeliveryTry, Webhook, WebhookSecret

__all__ = [
    "ApiKey",
    "Appearance",
    "Approval",
    "ArchiveCopy",
    "Assignment",
    "Capture",
    "CaptureRemoval",
    "Challenge",
    "ChecklistWaiver",
    "Claim",
    "ClaimAlias",
    "ClaimQuery",
    "ClaimSearch",
    "Claimant",
    "ConnectorUse",
    "Consumer",
    "Coverage",
    "Delivery",
    "DeliveryTry",
    "Document",
    "DocumentChange",
    "DocumentCheck",
    "DocumentUrl",
    "DocumentWatch",
    "Dump",
    "Event",
    "EventSeal",
    "Evidence",
    "ExternalReview",
    "FeedHead",
    "FeedPosition",
    "Holding",
    "IdempotentCall",
    "KeyUse",
    "Organisation",
    "Outbox",
    "Outlet",
    "PublicHead",
    "Publication",
    "PublicationPlan",
    "QueryTrial",
    "QueryTrialResult",
    "Rating",
    "RatingScale",
    "ReachLoss",
    "ReplyRequest",
    "ReviewItem",
    "ReviewNote",
    "SearchTurn",
    "Source",
    "SourcePoll",
    "Submission",
    "SubmitterContact",
    "TextSketch",
    "Topic",
    "Verdict",
    "VerdictContributor",
    "Webhook",
    "WebhookSecret",
]
