"""Jobs that make things public."""

from datetime import datetime

from claims.review import scheduling
from workers.choices import JobKind
from workers.handling import ClaimedJob, Save, handles


@handles(JobKind.PUBLISH_PLANNED)
def publish_planned(job: ClaimedJob) -> Save:
    """Publish what was set for now. Safe to run twice: a plan comes to its end once, under the claim's lock."""

    def save(at: datetime) -> None:
        scheduling.publish_planned(plan_id=job.payload["plan_id"], at=at)

    return save
