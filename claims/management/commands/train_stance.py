"""Learns the suggested stance from what this desk's editors said of coverage by citing or keeping it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from claims.matching.training import decided, shortage, train


class Command(BaseCommand):
    help = "Train the suggested stance on this desk's cited and kept coverage; workers use it from their next page on."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the weights to STANCE_WEIGHTS, or say what is missing and change nothing."""
        examples = decided()
        missing = shortage(examples)
        if missing:
            raise CommandError(missing)
        path = Path(settings.STANCE_WEIGHTS)
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting = path.with_suffix(".new")
        waiting.write_text(train(examples).written(), encoding="utf-8")
        waiting.replace(path)  # at once: a worker reads the old weights or the new ones, never half of them
        self.stdout.write(f"Learned from {len(examples):,} decisions. Weights: {path}")
