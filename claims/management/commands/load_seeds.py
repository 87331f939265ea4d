"""`manage.py load_seeds`: what a new installation starts with, and, when asked for, the demo."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from claims.errors import DomainError
from claims.management.demo import Login, keep_logins, load_demo
from claims.management.seed_files import read_seeds
from claims.management.seed_reader import SeedFileError
from claims.management.seeds import Ledger, load


class Command(BaseCommand):
    """Reads all seed files, then writes what is missing, in one transaction."""

    help = (
        "Loads rating scales, outlets, topics, claimants and claims from the seed files. Safe to run again: what is "
        "there is left as it is. With --demo also demo people, a press site on loopback and a worked verdict."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the options."""
        parser.add_argument("--demo", action="store_true", help="also make demo people, press outlets and verdicts")
        parser.add_argument(
            "--demo-credentials",
            type=Path,
            metavar="FILE",
            help="write the logins of new demo people to FILE, readable by its owner only, and do not print them",
        )
        parser.add_argument("--dir", type=Path, default=settings.BASE_DIR / "seeds", help="the folder of seed files")

    def handle(self, *args: Any, **options: Any) -> None:
        """Loads the files. Raises CommandError, with nothing written, if a file is bad or an operation refuses."""
        path: Path | None = options["demo_credentials"]
        if path is not None and not options["demo"]:
            raise CommandError("--demo-credentials has a use with --demo only.")
        try:
            seeds = read_seeds(options["dir"])
        except SeedFileError as error:
            raise CommandError(f"Nothing was loaded. The seed files have faults:\n{error}") from error
        at = timezone.now()
        logins: list[Login] = []
        try:
            with transaction.atomic():
                ledger = Ledger.read()
                load(seeds, ledger=ledger, at=at)
                if options["demo"]:
                    logins = load_demo(seeds, ports=settings.DEMO_PRESS_PORTS, ledger=ledger, at=at)
                if path is not None and logins:
                    keep_logins(logins, path)  # before the commit: people whose passwords are lost are of no use
        except DomainError as error:
            raise CommandError(f"Nothing was loaded. {error.message} {error.fields or ''}".rstrip()) from error
        except (OSError, json.JSONDecodeError) as error:
            raise CommandError(f"Nothing was loaded. The logins cannot be kept in {path}: {error}") from error
        self._report(ledger)
        if path is not None and logins:
            self.stdout.write(f"The logins of {len(logins)} demo people are in {path}.")
        elif logins:
            self.stdout.write("Demo logins, shown this once:")
            for login in logins:
                self.stdout.write(f"  {login.username:<8} {login.password}  {login.role}")

    def _report(self, ledger: Ledger) -> None:
        for kind in sorted(set(ledger.made) | set(ledger.kept)):
            if kind != "system":
                self.stdout.write(f"{kind:<10} {ledger.made[kind]} made, {ledger.kept[kind]} there already")
