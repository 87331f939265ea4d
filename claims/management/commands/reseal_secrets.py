"""Seals the signing secrets of webhooks anew after SECRET_KEY was changed."""

from typing import Any

from django.core.management.base import BaseCommand

from claims.publishing.webhooks import reseal


class Command(BaseCommand):
    help = "Seal the signing secrets of webhooks under the present SECRET_KEY, so that its fallbacks can be dropped."

    def handle(self, *args: Any, **options: Any) -> None:
        """Says how many were sealed anew, and how many open under none of the keys."""
        done, lost = reseal()
        self.stdout.write(f"{done} sealed anew, {lost} cannot be opened.")
        if lost:
            self.stderr.write("Name the SECRET_KEY under which they were made in SECRET_KEY_FALLBACKS, or rotate them.")
