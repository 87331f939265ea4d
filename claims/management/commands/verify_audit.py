"""Proves that the history is as it was written."""

import re
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from claims.audit.seal import verify


class Command(BaseCommand):
    """Recomputes the chain over the history; exits with an error that names the first bad row."""

    help = "Recompute the chain over the history. Fails, naming the first bad row, if anything in it was changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            type=_head,
            metavar="SEQUENCE:HASH",
            help="a head that an earlier run printed: also proves that the chain's end was not cut off since",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = verify(expected_head=options["head"])
        if report.fault is not None:
            raise CommandError(f"The history was changed. {report.fault}.")
        self.stdout.write(
            f"{report.sealed} events sealed and intact ({report.redacted} redacted), {report.unsealed} not sealed yet."
        )
        sequence, digest = report.head
        self.stdout.write(f"Head {sequence}:{digest}")


def _head(text: str) -> tuple[int, str]:
    match = re.fullmatch(r"(\d+):([0-9a-f]{64})", text)
    if match is None:
        raise ArgumentTypeError("a head looks like 120:9f86d0… with 64 hexadecimal digits")
    return int(match[1]), match[2]
