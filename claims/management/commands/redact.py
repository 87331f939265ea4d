"""Erases what the law forbids to keep: published words, what an event says, or a copy of a page."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone

from claims.errors import DomainError
from claims.redaction.captures import captures_plan
from claims.redaction.events import events_plan
from claims.redaction.guards import NotOwner, check_owner
from claims.redaction.operations import Warrant, redact, remove_files, stored_answers
from claims.redaction.plan import Plan
from claims.redaction.publications import Scope, publication_plan

ALWAYS = (
    "Backups and their archives, logs, caches and CDNs, search engines, whoever copied it: no command reaches these.",
    "PostgreSQL keeps what was overwritten in its files until VACUUM, and in its log until that is recycled.",
)


class Command(BaseCommand):
    """Shows what would go and what stays, asks, and does it in one transaction."""

    help = (
        "Lawful erasure. Nulls the words of published versions, of events, or copies of pages; rows, numbers and "
        "digests stay. Two people and a written reason are needed, and the database role that owns the tables. Do not "
        "repeat the words in the reason: it becomes part of the history."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """One subcommand for each kind of thing."""
        kinds = parser.add_subparsers(dest="kind", required=True)
        published = kinds.add_parser("publication", help="published versions of a claim, and every copy of their words")
        published.add_argument("public_id", metavar="CLAIM", help="the id in the claim's public address")
        published.add_argument(
            "--version", type=int, action="append", default=[], dest="versions", help="a version; all unless named"
        )
        published.add_argument(
            "--notes", action="store_true", help="their public notes and reasons of retraction and override, too"
        )
        published.add_argument(
            "--claim-text", action="store_true", help="the claim's own rows, too: statement, sources, notes, replies …"
        )
        events = kinds.add_parser("event", help="what events of the history say")
        events.add_argument("ids", type=int, nargs="+", metavar="EVENT")
        captures = kinds.add_parser("capture", help="copies of pages")
        captures.add_argument("names", nargs="+", metavar="COPY", help="an id, or the SHA-256 of the page")
        for kind in (published, events, captures):
            kind.add_argument("--by", required=True, metavar="USERNAME", help="the administrator who erases")
            kind.add_argument("--with", required=True, metavar="USERNAME", dest="agreed", help="a publisher who agrees")
            kind.add_argument("--reason", required=True, help="in writing, without the words themselves")
            kind.add_argument("--dry-run", action="store_true", help="show what would be done, and do nothing")
            kind.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Plan, show, ask, erase, take the files away."""
        at = timezone.now()
        draw = _drawer(options, at)
        try:
            warrant = Warrant(by=_user(options["by"]), agreed=_user(options["agreed"]), reason=options["reason"])
            warrant.check()
            check_owner()
            self._show(draw())
            if options["dry_run"]:
                self.stdout.write("Nothing was changed.")
                return
            if not options["yes"] and not _confirmed():
                raise CommandError("Nothing was changed.")
            plan = redact(draw=draw, warrant=warrant, at=at)
        except (DomainError, NotOwner) as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"Nothing was changed: {error} Try again; others were writing to the tables.") from error
        left = remove_files(plan, at=at)
        for file in left:
            self.stderr.write(f"{file.name} {file.why}")
        self.stdout.write(f"Erased: {plan.title}. The history says who, with whom and why.")
        if left:
            raise CommandError("It was erased from the database; the files named above are still there.")

    def _show(self, plan: Plan) -> None:
        self.stdout.write(plan.title)
        self.stdout.write("Goes:")
        for step in (*plan.todo(), stored_answers()):
            if step.count():
                self.stdout.write(f"  {step.shown()}")
        for name in plan.dumps:
            self.stdout.write(f"  the file {name}; the next nightly run makes new ones")
        for name in plan.files:
            self.stdout.write(f"  the uploaded file {name}")
        self.stdout.write("Stays:")
        for line in ("ids, numbers, instants and SHA-256 digests of all of it.", *plan.stays, *ALWAYS):
            self.stdout.write(f"  {line}")


def _confirmed() -> bool:
    try:
        return input("Nothing brings it back. Type ERASE to go on: ").strip() == "ERASE"
    except EOFError:
        return False


def _user(name: str) -> User:
    found = User.objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is nobody called {name}.")
    return found


def _drawer(options: dict[str, Any], at: Any) -> Callable[[], Plan]:
    if options["kind"] == "event":
        return lambda: events_plan(ids=options["ids"])
    if options["kind"] == "capture":
        return lambda: captures_plan(names=options["names"], at=at)
    scope = Scope(notes=options["notes"], claim_text=options["claim_text"])
    return lambda: publication_plan(public_id=options["public_id"], versions=options["versions"], scope=scope, at=at)
