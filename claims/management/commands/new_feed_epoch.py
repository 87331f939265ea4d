"""Tells consumers of the change feed that its numbers may mean something else by now."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from claims.publishing.operations import new_epoch


class Command(BaseCommand):
    """Gives the feed a new epoch."""

    help = "Give the change feed a new epoch, after files of the database were put back from an older copy."

    def handle(self, *args: Any, **options: Any) -> None:
        new_epoch(at=timezone.now())
        self.stdout.write("The feed has a new epoch; consumers will read it again from the start.")
