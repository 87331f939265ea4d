"""Jobs that tell consumers' endpoints, and the feeds' hub, of what was published."""

import time
from datetime import datetime, timedelta

from django.conf import settings

from claims.models import Organisation
from claims.publishing import deliveries
from claims.publishing.deliveries import Hold
from claims.publishing.hub import tell_hub
from claims.publishing.signing import Unsealable
from claims.verdicts.candidate import site_url
from workers.choices import JobKind
from workers.dispatch import enqueue
from workers.handling import ClaimedJob, Save, handles
from workers.hosts import web

SENDS_FOR = 10.0  # seconds; then others have their turn
WRITTEN_DOWN_WITHIN = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(minutes=2)


@handles(JobKind.TELL_ENDPOINTS)
def tell_endpoints(job: ClaimedJob) -> Save:
    """Make the messages of one publication. Safe to run twice: an endpoint is told of a publication once."""

    def save(at: datetime) -> None:
        for webhook_id, doubted in deliveries.fan_out(verdict_id=job.payload["verdict_id"], at=at):
            _enqueue(webhook_id, doubted=doubted, cause=f"verdict={job.payload['verdict_id']}.{job.id}")
        # Once more when all that was served before is written down: who read the old version a moment ago is told too.
        later = at + timedelta(seconds=settings.REACH_FLUSH_SECONDS) + WRITTEN_DOWN_WITHIN
        enqueue(JobKind.TELL_ENDPOINTS, subject=("verdict_id", job.payload["verdict_id"]), cause="late", run_at=later)

    return save


@handles(JobKind.TELL_HUB)
def tell_the_hub(job: ClaimedJob) -> None:
    """Name the changed feeds to the hub. Safe to run twice: it looks again and finds nothing new."""
    base = site_url(Organisation.objects.current())
    tell_hub(verdict_id=job.payload["verdict_id"], base=base, web=web())


@handles(JobKind.SEND_WEBHOOKS)
def send_webhooks(job: ClaimedJob) -> Save | None:
    """Send what waits for one endpoint. Safe to run twice: one job holds an endpoint, and a message keeps its id."""
    return _send(job, doubted=False)


@handles(JobKind.TRY_WEBHOOKS)
def try_webhooks(job: ClaimedJob) -> Save | None:
    """The same for an endpoint that failed lately, one message at a time. Safe to run twice for the same reasons."""
    return _send(job, doubted=True)


@handles(JobKind.FIND_DELIVERIES)
def find_deliveries(job: ClaimedJob) -> Save:
    """Start what was forgotten. Safe to run twice: whoever comes second finds the endpoint held, or nothing due."""

    def save(at: datetime) -> None:
        for webhook_id, doubted in deliveries.forgotten(before=at - FORGOTTEN_AFTER):
            _enqueue(webhook_id, doubted=doubted, cause=f"found={job.id}")

    return save


def _send(job: ClaimedJob, *, doubted: bool) -> Save | None:
    hold = Hold(webhook_id=job.payload["webhook_id"], job=job.id, fence=job.fence)
    if not deliveries.take(hold):
        return None  # whoever holds it sees what is due when it leaves
    ends = time.monotonic() + SENDS_FOR
    goes_on = deliveries.in_doubt(hold.webhook_id) == doubted
    while goes_on and time.monotonic() < ends:
        message = deliveries.next_message(hold)
        if message is None:
            break
        try:
            said = deliveries.send(message=message, web=web())
        except Unsealable:
            deliveries.cannot_sign(hold)
            break
        settled = deliveries.settle(hold=hold, said=said)
        goes_on = settled.written and not settled.doubted and not doubted

    def save(_: datetime) -> None:
        next_due = deliveries.leave(hold)
        if next_due is not None:
            cause = f"after={job.id}.{job.fence}"
            _enqueue(hold.webhook_id, doubted=next_due.doubted, cause=cause, run_at=next_due.at)

    return save


def _enqueue(webhook_id: int, *, doubted: bool, cause: str, run_at: datetime | None = None) -> None:
    kind = JobKind.TRY_WEBHOOKS if doubted else JobKind.SEND_WEBHOOKS
    enqueue(kind, subject=("webhook_id", webhook_id), cause=cause, run_at=run_at)
