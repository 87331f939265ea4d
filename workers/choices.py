"""The named sets of the ledger. The stored values never change: two releases' workers may run together."""

from django.db.models import TextChoices


class JobState(TextChoices):
    """Where one piece of work stands. `dead` waits for a person; nothing retries it by itself."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    DEAD = "dead", "Dead"


class Queue(TextChoices):
    """The queues, by what the work costs: waiting, processor time, or neither. Lost jobs have one to themselves."""

    FETCH = "fetch", "Fetch"
    PARSE = "parse", "Parse"
    MATCH = "match", "Match"
    DELIVER = "deliver", "Deliver"
    DEFAULT = "default", "Default"
    SUSPECT = "suspect", "Suspect"  # whose worker vanished, whatever their kind


class RungBy(TextChoices):
    """What led a worker to a job: the doorbell, the sweep that needs none, or the job it had just finished."""

    DOORBELL = "doorbell", "Doorbell"
    SWEEP = "sweep", "Sweep"
    WORKER = "worker", "Worker that carried on"


class JobKind(TextChoices):
    """What workers can do. workers/kinds.py says how each runs; one function handles each."""

    POLL_SOURCE = "poll_source", "Poll a source"
    FETCH_DOCUMENT = "fetch_document", "Fetch a page"
    READ_DOCUMENT = "read_document", "Read a page's text"
    GROUP_DOCUMENT = "group_document", "Group a page with those that carry the same story"
    MATCH_DOCUMENT = "match_document", "Match a page with the watched claims"
    SEARCH_CLAIM = "search_claim", "Search coverage for a claim"
    SEARCH_LAPSED = "search_lapsed", "Ask for the monthly search of claims that are watched no more"
    NOTE_REPEAT = "note_repeat", "See whether coverage repeats what is refuted"
    PLAN_CHECKS = "plan_checks", "Plan when cited pages are looked at again"
    CHECK_DOCUMENT = "check_document", "Look at a cited page again"
    COMPARE_DOCUMENT = "compare_document", "Compare a cited page with its earlier copy"
    REQUEST_ARCHIVE = "request_archive", "Ask for second copies of a cited page"
    ASK_ARCHIVE = "ask_archive", "Ask an archive about a second copy"
    PLAN_SEARCHES = "plan_searches", "Give claims their turns at the services"
    SEARCH_WEB = "search_web", "Search one service for a claim"
    TRY_QUERIES = "try_queries", "Try a claim's queries at one service"
    PUBLISH_PLANNED = "publish_planned", "Publish what was set for now"
    TELL_HUB = "tell_hub", "Tell the hub which feeds have changed"
    TELL_ENDPOINTS = "tell_endpoints", "Tell endpoints of what was published"
    SEND_WEBHOOKS = "send_webhooks", "Send an endpoint what waits for it"
    TRY_WEBHOOKS = "try_webhooks", "Send to an endpoint that failed lately"
    FIND_DELIVERIES = "find_deliveries", "Find messages that nobody sends"
    MAKE_DUMP = "make_dump", "Write everything live to files"
    SEAL_EVENTS = "seal_events", "Seal the history"
    PRUNE_LEDGER = "prune_ledger", "Remove rows that are past their keeping"
    REMOVE_COPIES = "remove_copies", "Remove copies of pages that are past their keeping"
