"""How the background work stands, for a person or a watchdog."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workers.queries import queue_health


class Command(BaseCommand):
    """Prints each queue; exits with an error when a due job has waited too long: workers are down, deaf or too few."""

    help = "Show each queue with work in it. Fails when a due job has waited longer than --max-age seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--max-age", type=float, default=300.0, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        late = []
        for queue in queue_health():
            age = "-" if queue.oldest is None else f"{queue.oldest.total_seconds():.0f} s"
            self.stdout.write(
                f"{queue.queue}: {queue.waiting} waiting, {queue.running} running, {queue.dead} dead, oldest due {age}"
            )
            if queue.oldest is not None and queue.oldest > timedelta(seconds=options["max_age"]):
                late.append(queue.queue)
        if late:
            names = ", ".join(late)
            raise CommandError(f"Due work waits too long in: {names}. Check that workers read it and the broker runs.")
