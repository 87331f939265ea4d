"""Every enum and named set of values. The stored values are API values: lower case, never changed."""

from django.db.models import TextChoices

from claims.copy_choices import OPEN_ARCHIVE_STATES as OPEN_ARCHIVE_STATES
from claims.copy_choices import ArchiveService as ArchiveService
from claims.copy_choices import ArchiveState as ArchiveState
from claims.copy_choices import CaptureKind as CaptureKind
from claims.copy_choices import CheckOutcome as CheckOutcome
from claims.copy_choices import Standing as Standing


class ClaimState(TextChoices):
    """Where the work on a claim stands. What is true is a Rating; what the public sees is a Publication."""

    INBOX = "inbox", "Inbox"
    RESEARCHING = "researching", "Researching"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"
    PUBLISHED = "published", "Published"
    DECLINED = "declined", "Declined"
    MERGED = "merged", "Merged"


EDITABLE_STATES = frozenset({ClaimState.INBOX, ClaimState.RESEARCHING})
FROZEN_STATES = frozenset({ClaimState.IN_REVIEW, ClaimState.APPROVED})
OPEN_REVISION_STATES = frozenset({ClaimState.RESEARCHING, ClaimState.IN_REVIEW, ClaimState.APPROVED})
WATCHED_STATES = frozenset({ClaimState.RESEARCHING, ClaimState.IN_REVIEW, ClaimState.APPROVED, ClaimState.PUBLISHED})


class PublicStatus(TextChoices):
    """What the public sees of a claim, derived from its newest publication and stored nowhere."""

    NONE = "none", "Nothing public"
    LIVE = "live", "Live"
    RETRACTED = "retracted", "Retracted"


class Move(TextChoices):
    """The moves of the workflow; claims/review/rules.py says who may make them and from where."""

    CREATE = "create", "Create"
    ACCEPT = "accept", "Accept"
    DECLINE = "decline", "Decline"
    MERGE = "merge", "Merge"
    UNMERGE = "unmerge", "Unmerge"
    SUBMIT = "submit", "Send to review"
    WITHDRAW = "withdraw", "Take back from review"
    RETURN = "return", "Return to the writer"
    APPROVE = "approve", "Approve"
    OVERRIDE_APPROVE = "override_approve", "Approve by override"
    PUBLISH = "publish", "Publish"
    SCHEDULE = "schedule", "Set a time to publish"
    UNSCHEDULE = "unschedule", "Take the time back"
    REVISE = "revise", "Revise"
    ABANDON = "abandon", "Abandon the revision"
    PROPOSE_RETRACTION = "propose_retraction", "Propose a retraction"
    RETRACT = "retract", "Retract"
    REOPEN = "reopen", "Reopen"


class Role(TextChoices):
    """A person's standing on the desk, held as membership of the Django group of the same name."""

    CONTRIBUTOR = "contributor", "Contributor"
    FACT_CHECKER = "fact_checker", "Fact-checker"
    REVIEWER = "reviewer", "Reviewer"
    PUBLISHER = "publisher", "Publisher"
    ADMINISTRATOR = "administrator", "Administrator"


class ClaimKind(TextChoices):
    FACTUAL = "factual", "Statement of fact"
    PROMISE = "promise", "Promise"
    MEDIA = "media", "Image, audio or video"


class MediaAuthenticity(TextChoices):
    """What kind of content a claim about media shows, as schema.org's MediaReview tells them apart."""

    DECONTEXTUALISED = "decontextualised", "Real, shown in a false context"
    EDITED_OR_CROPPED = "edited_or_cropped", "Edited or cropped so that it misleads"
    ORIGINAL = "original", "Original, as it was taken"
    SATIRE_OR_PARODY = "satire_or_parody", "Satire or parody"
    STAGED = "staged", "Staged"
    TRANSFORMED = "transformed", "Transformed or made up"


class Priority(TextChoices):
    LOW = "low", "Low"
    NORMAL = "normal", "Normal"
    HIGH = "high", "High"
    URGENT = "urgent", "Urgent"


class DeclineReason(TextChoices):
    NOT_CHECKABLE = "not_checkable", "Not checkable"
    OPINION = "opinion", "An opinion"
    OUT_OF_SCOPE = "out_of_scope", "Out of scope"
    ALREADY_CHECKED = "already_checked", "Already checked"


class AssignmentRole(TextChoices):
    WRITER = "writer", "Writer"
    REVIEWER = "reviewer", "Reviewer"


class ClaimantKind(TextChoices):
    PERSON = "person", "Person"
    ORGANISATION = "organisation", "Organisation"


class OutletKind(TextChoices):
    WIRE = "wire", "Wire agency"
    NEWSPAPER = "newspaper", "Newspaper"
    BROADCASTER = "broadcaster", "Broadcaster"
    GOVERNMENT = "government", "Government"
    STATE_MEDIA = "state_media", "State media"
    PLATFORM = "platform", "Platform"
    FACT_CHECKER = "fact_checker", "Fact-checker"
    OTHER = "other", "Other"


class FetchState(TextChoices):
    """How far the copy of a page has come. Failed and refused are answers of their own, never "no text"."""

    WAITING = "waiting", "Waiting to be fetched"
    FETCHED = "fetched", "Fetched"
    READ = "read", "Read"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Not measured"
    GONE = "gone", "Gone"


class UrlOrigin(TextChoices):
    """How an address came to be known as a document's."""

    ENTERED = "entered", "Entered by a person"
    FEED = "feed", "Found in a feed"
    SEARCH = "search", "Found by a search"
    REDIRECT = "redirect", "Redirected to"
    CANONICAL = "canonical", "Named canonical by the page"
    AMP = "amp", "Named by the page as its AMP form"


class EvidenceKind(TextChoices):
    WEB = "web", "Web page"
    FILE = "file", "File"
    STATEMENT = "statement", "Statement"


class Stance(TextChoices):
    SUPPORTS = "supports", "Supports the claim"
    REFUTES = "refutes", "Refutes the claim"
    CONTEXT = "context", "Gives context"


class SuggestedStance(TextChoices):
    """What a machine makes of a piece of coverage; a person decides."""

    REPEATS = "repeats", "Repeats the claim"
    REFUTES = "refutes", "Refutes the claim"
    REPORTS = "reports", "Reports on it"
    UNCLEAR = "unclear", "Unclear"


class QuoteFound(TextChoices):
    YES = "yes", "Found in the copy"
    NO = "no", "Not in the copy"
    NOT_CHECKED = "not_checked", "Not checked"


class SourceKind(TextChoices):
    RSS = "rss", "RSS or Atom feed"
    JSON_FEED = "json_feed", "JSON Feed"
    SITEMAP = "sitemap", "News sitemap"


class Outcome(TextChoices):
    """What became of one attempt to find coverage. Only `none` means that we looked and there was nothing."""

    FOUND = "found", "Found"
    NONE = "none", "Looked, nothing new"
    RETRY_LATER = "retry_later", "Try again later"
    REFUSED = "refused", "Refused"
    NOT_MEASURED = "not_measured", "Not measured"


class CoverageState(TextChoices):
    SUGGESTED = "suggested", "Suggested"
    KEPT = "kept", "Kept"
    DISMISSED = "dismissed", "Dismissed"


class FoundBy(TextChoices):
    """Which way a piece of coverage came to a claim."""

    FEED = "feed", "A polled source"
    SEARCH = "search", "A search for the claim"
    PERSON = "person", "A person"


class ChangeType(TextChoices):
    """What a revision does to what the public has. CORRECTIONS are owed a dated public note."""

    INITIAL = "initial", "First verdict"
    CLARIFICATION = "clarification", "Clarification"
    CORRECTION = "correction", "Correction"
    RATING_CHANGE = "rating_change", "Change of rating"
    REINSTATEMENT = "reinstatement", "Reinstatement"
    RETRACTION = "retraction", "Retraction"


class ApprovalDecision(TextChoices):
    APPROVED = "approved", "Approved"
    RETURNED = "returned", "Returned"


class ReviewItemKind(TextChoices):
    """Why the desk should look again at a claim."""

    CLAIMANT_CHANGED = "claimant_changed", "A claimant's entry changed"
    HEADLINE_CHANGED = "headline_changed", "A cited page has a new headline"
    QUOTE_CHANGED = "quote_changed", "A quoted passage is no longer in its source"
    SOURCE_GONE = "source_gone", "A cited page is gone"
    SOURCE_MOVED = "source_moved", "A cited page leads elsewhere"
    NEW_COVERAGE = "new_coverage", "Coverage repeats the refuted claim"
    OTHER_VERDICT = "other_verdict", "Another fact-checker differs"
    CHALLENGE = "challenge", "A reader contests the verdict"
    SCHEDULE_STOPPED = "schedule_stopped", "A publication did not go out at its time"


class ReviewItemState(TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    DISMISSED = "dismissed", "Dismissed"


class ChallengeOutcome(TextChoices):
    OPEN = "open", "Open"
    UPHELD = "upheld", "Upheld"
    REJECTED = "rejected", "Rejected"


class SubmissionState(TextChoices):
    NEW = "new", "New"
    LINKED = "linked", "Linked to a claim"
    DECLINED = "declined", "Declined"


class PlanState(TextChoices):
    """What became of a time that was set to publish at."""

    WAITING = "waiting", "Waiting for its time"
    PUBLISHED = "published", "Published"
    TAKEN_BACK = "taken_back", "Taken back"
    STOPPED = "stopped", "Stopped at its time"


class PublicationKind(TextChoices):
    INITIAL = "initial", "First publication"
    UPDATE = "update", "Update"
    TOMBSTONE = "tombstone", "Retraction"


class Scope(TextChoices):
    """What an API key may be used for; the person or consumer behind it bounds it further."""

    VERDICTS_READ = "verdicts:read", "Read published verdicts"
    DESK_READ = "desk:read", "Read the desk's work"
    DESK_WRITE = "desk:write", "Work on the desk"
    WEBHOOKS_MANAGE = "webhooks:manage", "Manage its own webhooks"


# What a consumer's key may be given; what follows from a key's owner, a constraint holds too.
CONSUMER_SCOPES = frozenset({Scope.VERDICTS_READ, Scope.WEBHOOKS_MANAGE})


class ChecklistLine(TextChoices):
    """The lines that a revision must meet, or waive with a written reason, before review."""

    RATING = "rating", "Rating and explanation"
    EVIDENCE = "evidence", "Evidence"
    OUTLETS = "outlets", "Independent outlets"
    COPIES = "copies", "A copy of every source"
    CLAIMANT_DATE = "claimant_date", "Claimant and date"
    REPLY = "reply", "Right of reply"
    CLAIMREVIEW = "claimreview", "Valid ClaimReview"
    CHANGE = "change", "Kind of change and public note"


class EventKind(TextChoices):
    """Facts of the history. workers/kinds.py says which of them start work."""

    CLAIM_CREATED = "claim.created"
    CLAIM_EDITED = "claim.edited"
    CLAIM_ACCEPTED = "claim.accepted"
    CLAIM_DECLINED = "claim.declined"
    CLAIM_MERGED = "claim.merged"
    CLAIM_UNMERGED = "claim.unmerged"
    CLAIM_REOPENED = "claim.reopened"
    CLAIM_ASSIGNED = "claim.assigned"
    CLAIM_SEARCH_REQUESTED = "claim.search_requested"
    CLAIM_SEARCHED = "claim.searched"
    CLAIM_QUERIES_SAVED = "claim.queries_saved"
    QUERIES_TRIED = "queries.tried"
    EXTERNAL_REVIEW_FOUND = "external_review.found"
    ALIAS_ADDED = "claim.alias_added"
    APPEARANCE_ADDED = "appearance.added"
    APPEARANCE_REMOVED = "appearance.removed"
    CLAIMANT_SAVED = "claimant.saved"
    NOTE_ADDED = "note.added"
    REPLY_REQUESTED = "reply.requested"
    REPLY_ANSWERED = "reply.answered"
    REVIEW_ITEM_OPENED = "review_item.opened"
    REVIEW_ITEM_CLOSED = "review_item.closed"
    EVIDENCE_ADDED = "evidence.added"
    EVIDENCE_EDITED = "evidence.edited"
    EVIDENCE_WITHDRAWN = "evidence.withdrawn"
    EVIDENCE_COPIED = "evidence.copied"
    COVERAGE_SUGGESTED = "coverage.suggested"
    COVERAGE_KEPT = "coverage.kept"
    COVERAGE_DISMISSED = "coverage.dismissed"
    COVERAGE_RESTORED = "coverage.restored"
    REVISION_OPENED = "revision.opened"
    REVISION_SAVED = "revision.saved"
    CHECK_WAIVED = "check.waived"
    CHECK_UNWAIVED = "check.unwaived"
    VERDICT_SUBMITTED = "verdict.submitted"
    VERDICT_WITHDRAWN = "verdict.withdrawn"
    VERDICT_RETURNED = "verdict.returned"
    VERDICT_APPROVED = "verdict.approved"
    VERDICT_OVERRIDDEN = "verdict.override_approved"
    VERDICT_PUBLISHED = "verdict.published"
    VERDICT_SCHEDULED = "verdict.scheduled"
    VERDICT_UNSCHEDULED = "verdict.unscheduled"
    SCHEDULE_STOPPED = "schedule.stopped"
    VERDICT_ABANDONED = "verdict.abandoned"
    RETRACTION_PROPOSED = "retraction.proposed"
    VERDICT_RETRACTED = "verdict.retracted"
    DOCUMENT_FOUND = "document.found"
    DOCUMENT_FETCH_REQUESTED = "document.fetch_requested"
    DOCUMENT_CAPTURED = "document.captured"
    DOCUMENT_READ = "document.read"
    DOCUMENT_FAILED = "document.failed"
    DOCUMENT_GROUPED = "document.grouped"
    DOCUMENT_SPLIT = "document.split"
    DOCUMENT_REJOINED = "document.rejoined"
    DOCUMENT_REFETCHED = "document.refetched"
    DOCUMENT_CHANGED = "document.changed"
    DOCUMENT_ARCHIVED = "document.archived"
    SOURCE_SAVED = "source.saved"
    SOURCE_POLL_REQUESTED = "source.poll_requested"
    CONFIGURATION_SAVED = "configuration.saved"
    KEY_ISSUED = "key.issued"
    KEY_REVOKED = "key.revoked"
    KEY_ROTATED = "key.rotated"
    KEY_LIMIT_SET = "key.limit_set"
    WEBHOOK_SAVED = "webhook.saved"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - a fact, not a secret
    WEBHOOK_SWITCHED_OFF = "webhook.switched_off"
    WEBHOOK_SWITCHED_ON = "webhook.switched_on"
    WEBHOOK_REMOVED = "webhook.removed"
    DELIVERY_REQUESTED = "delivery.requested"
    JOB_REQUEUED = "job.requeued"
    JOB_CANCELLED = "job.cancelled"
    JOB_RUN_NOW = "job.run_now"
    PUBLICATION_REDACTED = "publication.redacted"
    EVENT_REDACTED = "event.redacted"
    CAPTURE_REDACTED = "capture.redacted"
    SEEDS_LOADED = "seeds.loaded"
