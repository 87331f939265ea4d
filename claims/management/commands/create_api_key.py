"""Issue an API key from the command line; its clear text is shown once and kept nowhere."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from claims.access.keys import issue
from claims.choices import Scope
from claims.errors import DomainError
from claims.models import Consumer


class Command(BaseCommand):
    help = "Issue an API key for a consumer of verdicts or for a person of the desk, and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose it is, what for, how long."""
        owner = parser.add_mutually_exclusive_group(required=True)
        owner.add_argument("--consumer", metavar="NAME", help="a consumer of verdicts; made if it is not there yet")
        owner.add_argument("--user", metavar="USERNAME", help="a person of the desk; the key acts as that person")
        parser.add_argument(
            "--scope",
            action="append",
            choices=Scope.values,
            required=True,
            help="what the key may do; repeat for more. A consumer's key takes verdicts:read and webhooks:manage only.",
        )
        parser.add_argument("--name", required=True, help="what the key is for, such as “newsroom script”")
        parser.add_argument("--expires-days", type=int, metavar="N", help="days until it ends; without, it does not")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the key alone on standard output, so that a script can take it; the rest goes to standard error."""
        at = timezone.now()
        try:
            days = options["expires_days"]
            expires_at = at + timedelta(days=days) if days is not None else None
            with transaction.atomic():
                consumer, user = _owner(options["consumer"], options["user"])
                issued = issue(
                    name=options["name"],
                    scopes=options["scope"],
                    consumer=consumer,
                    user=user,
                    expires_at=expires_at,
                    actor=None,
                    at=at,
                )
        except OverflowError as error:
            raise CommandError("That many days reach past the end of the calendar.") from error
        except DomainError as error:
            details = "; ".join(f"{field}: {' '.join(texts)}" for field, texts in error.fields.items())
            raise CommandError(f"{error.message} ({details})" if details else error.message) from error
        until = f"until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at is not None else "without end"
        self.stderr.write(f"Key for {consumer or user}, {', '.join(issued.key.scopes)}, {until}. It is shown only now:")
        self.stdout.write(issued.clear)


def _owner(consumer: str | None, username: str | None) -> tuple[Consumer | None, User | None]:
    if consumer is not None:
        return Consumer.objects.get_or_create(name=consumer)[0], None
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"Nobody active has the user name “{username}”.")
    return None, user
