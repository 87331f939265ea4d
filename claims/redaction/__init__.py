"""Lawful erasure: what the law forbids to keep goes, its place and its digest stay. Run by `manage.py redact` alone."""
