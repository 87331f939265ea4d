"""Prints the workflow's tables as the Markdown page that the documentation holds."""

from typing import Any

from django.core.management.base import BaseCommand

from claims.review.printed import markdown


class Command(BaseCommand):
    help = "Print the tables of moves and permissions: manage.py print_rules > docs/workflow.md"
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the page to standard output."""
        self.stdout.write(markdown(), ending="")
