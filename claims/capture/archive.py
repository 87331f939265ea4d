"""Second copies at archives: the Wayback Machine's Save Page Now 2, and Perma.cc. One question, one answer.

Nothing here waits for an archive to finish, and nothing is stored: what an answer means comes back as `Said`. Keys go
out in one header of one request and stand in no message.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from django.conf import settings

from claims.choices import ArchiveService, ArchiveState
from claims.http import Answer, NotMeasured, Refused, RetryLater, Web
from claims.models import ArchiveCopy
from claims.text import one_line

MOST_TRIES = 12  # questions about one copy, failures included
FIRST_WAIT = timedelta(seconds=45)  # a capture takes up to two minutes
LONGEST_WAIT = timedelta(hours=2)
FORGOTTEN_AFTER = timedelta(hours=1)  # the Wayback Machine keeps a job's status for about so long
# https://archive.org/details/spn-2-public-api-docs-2023-01-22: these say that the page cannot or must not be archived.
PERMANENT = frozenset(
    {
        "error:not-found",
        "error:no-access",
        "error:blocked",
        "error:blocked-url",
        "error:invalid-url-syntax",
        "error:unauthorized",
        "error:filesize-limit",
    }
)
_ANEW = ArchiveState.REQUESTED
TODAY_ALREADY = "error:too-many-daily-captures"


@dataclass(frozen=True, slots=True)
class Said:
    """What an archive's answer means for a copy. `again_in` is when to ask next; None when it is over."""

    state: ArchiveState
    note: str = ""
    job_id: str = ""
    archive_url: str = ""
    again_in: timedelta | None = None


class Archive(Protocol):
    """One archive that keeps second copies."""

    def request(self, copy: ArchiveCopy, *, web: Web, asked_before: bool) -> Said:
        """Ask for a copy. Raises WebError, or Unclear for an answer that says nothing that can be used."""
        ...

    def look(self, copy: ArchiveCopy, *, web: Web, at: datetime) -> Said:
        """Ask how far it has come. Raises like request()."""
        ...


class Unclear(Exception):
    """An answer that is neither yes nor no. The message is a sentence for an editor."""


def enabled() -> list[ArchiveService]:
    """The archives that this installation has keys for."""
    keys = {
        ArchiveService.WAYBACK: settings.WAYBACK_ACCESS_KEY and settings.WAYBACK_SECRET_KEY,
        ArchiveService.PERMA: settings.PERMA_API_KEY,
    }
    return [service for service in ArchiveService if keys[service]]


def ask(*, copy: ArchiveCopy, web: Web, at: datetime, asked_before: bool = False) -> Said:
    """Put the next question about the copy to its archive: for the copy, or how it stands.

    `asked_before` says that an earlier request was sent whose answer we may not have had. Every failure comes back as
    an outcome, and what may pass is asked again later, each time after a longer while. Raised is only RetryLater from
    pacing, because then nobody was asked.
    """
    if copy.service not in enabled():
        return Said(ArchiveState.FAILED, "There is no key for this archive any more.")
    archive: Archive = Wayback() if copy.service == ArchiveService.WAYBACK else Perma()
    try:
        if copy.job_id:
            return archive.look(copy, web=web, at=at)
        return archive.request(copy, web=web, asked_before=asked_before)
    except RetryLater as error:
        if error.reason == "pace":
            raise
        return later(copy, str(error), at_least=timedelta(seconds=error.after or 0))
    except (NotMeasured, Unclear) as error:
        return later(copy, str(error))
    except Refused as error:
        return Said(ArchiveState.FAILED, one_line(str(error), limit=300))


def later(copy: ArchiveCopy, note: str, *, at_least: timedelta = timedelta()) -> Said:
    """That the question is put again after a while, or that we give up after the last try."""
    words = one_line(note, limit=300)
    if copy.tries + 1 >= MOST_TRIES:
        return Said(ArchiveState.FAILED, one_line(f"Given up after {MOST_TRIES} tries. {words}", limit=300))
    wait = min(FIRST_WAIT * 2.0**copy.tries, LONGEST_WAIT)
    return Said(ArchiveState(copy.state), words, job_id=copy.job_id, again_in=max(wait, at_least))


class Wayback:
    """Save Page Now 2. Errors come inside answers of status 200, so the job id decides, not the status."""

    def request(self, copy: ArchiveCopy, *, web: Web, asked_before: bool) -> Said:
        """Ask for a copy; asking again within the hour gives the same job, so this may be repeated."""
        form = urlencode({"url": copy.document.url, "skip_first_archive": "1"}).encode()
        answer = web.post(
            f"{settings.WAYBACK_URL}/save",
            body=form,
            content_type="application/x-www-form-urlencoded",
            credentials=self._credentials(),
        )
        said = _json(answer)
        job_id = str(said.get("job_id") or "")[:200]
        if job_id and said.get("status") != "error":
            return Said(ArchiveState.PENDING, _note(said), job_id=job_id, again_in=FIRST_WAIT)
        return self._error(copy, said, answer, web)

    def look(self, copy: ArchiveCopy, *, web: Web, at: datetime) -> Said:
        """Ask after the job."""
        if copy.sent_at is not None and at - copy.sent_at > FORGOTTEN_AFTER:
            note = "The archive has not said within an hour what became of it; it may have been made all the same."
            return Said(ArchiveState.FAILED, note, job_id=copy.job_id)
        answer = web.get(
            f"{settings.WAYBACK_URL}/save/status/{quote(copy.job_id, safe='')}",
            accept="application/json",
            limit=5_000_000,  # it lists every resource of the page
            obey_robots=False,
            credentials=self._credentials(),
        )
        said = _json(answer)
        timestamp = str(said.get("timestamp") or "")
        if said.get("status") == "success" and timestamp.isdigit():
            original = str(said.get("original_url") or copy.document.url)
            return Said(ArchiveState.DONE, job_id=copy.job_id, archive_url=self._address(timestamp, original))
        if said.get("status") == "pending":
            return later(copy, "The archive is making the copy.")
        return self._error(copy, said, answer, web)

    def _error(self, copy: ArchiveCopy, said: Mapping[str, Any], answer: Answer, web: Web) -> Said:
        code = str(said.get("status_ext") or "")
        note = one_line(_note(said) or f"The archive answered {answer.status} without a reason.", limit=300)
        if code == TODAY_ALREADY:
            return self._today(copy, web)
        if code in PERMANENT:
            return Said(ArchiveState.REFUSED, note, job_id=copy.job_id)
        if answer.status in {401, 403}:
            return Said(ArchiveState.FAILED, "The archive does not accept our key.", job_id=copy.job_id)
        if copy.job_id:  # that job is over; what may pass is asked for anew
            said_later = later(copy, note)
            return said_later if said_later.again_in is None else replace(said_later, job_id="", state=_ANEW)
        raise Unclear(note)

    def _today(self, copy: ArchiveCopy, web: Web) -> Said:
        """The page was archived so often today that it takes no more: as good as done; where it lies is looked up."""
        query = urlencode({"url": copy.document.url, "timestamp": copy.day.strftime("%Y%m%d")})
        note = "The page was archived already today."
        try:
            said = _json(web.get(f"{settings.WAYBACK_AVAILABLE_URL}?{query}", obey_robots=False, limit=1_000_000))
        except (RetryLater, NotMeasured, Refused, Unclear) as error:
            if isinstance(error, RetryLater) and error.reason == "pace":
                raise
            return Said(ArchiveState.ALREADY, note + " Its address could not be looked up.")
        snapshots = said.get("archived_snapshots")
        closest = snapshots.get("closest") if isinstance(snapshots, dict) else None
        timestamp = str(closest.get("timestamp") or "") if isinstance(closest, dict) else ""
        if timestamp.isdigit() and timestamp.startswith(copy.day.strftime("%Y%m%d")):
            return Said(ArchiveState.ALREADY, note, archive_url=self._address(timestamp, copy.document.url))
        return Said(ArchiveState.ALREADY, note + " Its address is not listed yet.")

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"LOW {settings.WAYBACK_ACCESS_KEY}:{settings.WAYBACK_SECRET_KEY}"}

    def _address(self, timestamp: str, url: str) -> str:
        return f"{settings.WAYBACK_URL}/web/{timestamp[:14]}/{url}"[:2300]


class Perma:
    """Perma.cc. A post makes a link that is paid for, so after one without an answer we look before we post again."""

    def request(self, copy: ArchiveCopy, *, web: Web, asked_before: bool) -> Said:
        """Ask for a copy, or find the one that an earlier, lost request made."""
        if asked_before:
            guid = self._made_before(copy, web)
            if guid:
                return Said(ArchiveState.PENDING, job_id=guid, again_in=FIRST_WAIT)
        wanted: dict[str, Any] = {"url": copy.document.url}
        if settings.PERMA_FOLDER:
            wanted["folder"] = settings.PERMA_FOLDER  # in a query parameter it would be ignored, and billed elsewhere
        answer = web.post(
            f"{settings.PERMA_API_URL}/archives/",
            body=json.dumps(wanted).encode(),
            content_type="application/json",
            credentials=self._credentials(),
        )
        said = _json(answer)
        guid = str(said.get("guid") or "")[:200]
        if answer.status == 201 and guid:
            return Said(ArchiveState.PENDING, job_id=guid, again_in=FIRST_WAIT)
        return self._error(said, answer)

    def look(self, copy: ArchiveCopy, *, web: Web, at: datetime) -> Said:
        """Ask after the capture job, which has the link's guid."""
        guid = quote(copy.job_id, safe="")
        answer = web.get(
            f"{settings.PERMA_API_URL}/capture_jobs/{guid}/",
            accept="application/json",
            limit=1_000_000,
            obey_robots=False,
            credentials=self._credentials(),
        )
        said = _json(answer)
        status = said.get("status")
        if answer.status == 200 and status == "completed":
            return Said(ArchiveState.DONE, job_id=copy.job_id, archive_url=f"{settings.PERMA_URL}/{guid}")
        if answer.status == 200 and status in {"pending", "in_progress"}:
            return later(copy, "The archive is making the copy.")
        if answer.status == 200 and status in {"failed", "deleted"}:
            note = one_line(f"The archive could not make the copy. {_note(said)}", limit=300)
            return Said(ArchiveState.FAILED, note, job_id=copy.job_id)
        return self._error(said, answer)

    def _made_before(self, copy: ArchiveCopy, web: Web) -> str:
        since = copy.sent_at or copy.requested_at
        query = urlencode({"url": copy.document.url, "min_date": since.isoformat()})
        answer = web.get(
            f"{settings.PERMA_API_URL}/archives/?{query}",
            accept="application/json",
            limit=5_000_000,
            obey_robots=False,
            credentials=self._credentials(),
        )
        objects = _json(answer).get("objects")
        if answer.status != 200 or not isinstance(objects, list):
            raise Unclear("The archive did not say whether it has the copy already.")
        return next((str(one["guid"])[:200] for one in objects if isinstance(one, dict) and one.get("guid")), "")

    def _error(self, said: Mapping[str, Any], answer: Answer) -> Said:
        if answer.status in {401, 403}:
            return Said(ArchiveState.FAILED, "The archive does not accept our key.")
        note = _note(said) or f"The archive answered {answer.status} without a reason."
        if 400 <= answer.status < 500 and answer.status not in {404, 408, 425}:
            return Said(ArchiveState.REFUSED, one_line(note, limit=300))
        raise Unclear(note)

    def _credentials(self) -> dict[str, str]:
        return {"Authorization": f"ApiKey {settings.PERMA_API_KEY}"}


def _json(answer: Answer) -> dict[str, Any]:
    """The answer's JSON object. Raises Unclear for anything else, an error page of a proxy among it."""
    try:
        value = json.loads(answer.body, strict=False)
    except (ValueError, RecursionError) as error:
        raise Unclear(f"The archive answered {answer.status} with something that is no JSON.") from error
    if not isinstance(value, dict):
        raise Unclear(f"The archive answered {answer.status} with JSON of another shape.")
    return value


def _note(said: Mapping[str, Any]) -> str:
    """The reason in an answer: `message`, `error`, `detail`, or a field's list of faults."""
    for name in ("message", "error", "detail"):
        if isinstance(said.get(name), str) and said[name]:
            return one_line(str(said[name]), limit=280)
    faults = [f"{name}: {', '.join(map(str, value))}" for name, value in said.items() if isinstance(value, list)]
    return one_line("; ".join(faults[:3]), limit=280)
