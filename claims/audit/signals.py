"""The one signal of the domain."""

from django.dispatch import Signal

event_recorded = Signal()
"""Sent after commit when events were recorded. Carries nothing: receivers look into the outbox."""
