"""Jobs that make things public."""

from datetime import datetime

from claims.coverage import retention
from claims.errors import Transient
from claims.publishing import dumps
from claims.review import scheduling
from workers.choices import JobKind
from workers.handling import ClaimedJob, Save, handles


@handles(JobKind.PUBLISH_PLANNED)
def publish_planned(job: ClaimedJob) -> Save:
    """Publish what was set for now. Safe to run twice: a plan comes to its end once, under the claim's lock."""

    def save(at: datetime) -> None:
        scheduling.publish_planned(plan_id=job.payload["plan_id"], at=at)

    return save


@handles(JobKind.MAKE_DUMP)
def make_dump(job: ClaimedJob) -> Save:
    """Write everything live to files. Safe to run twice: the same state gives the same bytes under the same names."""
    try:
        dumps.sweep()
        made = dumps.make(at=job.claimed_at)
    except OSError as error:
        raise Transient(f"The folder of exports cannot be written to: {type(error).__name__}.") from error

    def save(at: datetime) -> None:
        dumps.store(made, at=at, before=retention.kept_since("dumps", at=at))

    return save
