"""The append-only history, the chain that seals it, and the outbox that starts work."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Event(models.Model):
    """One fact of the history, written in the transaction that made it true. Append-only by trigger."""

    kind = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    claim = models.ForeignKey("claims.Claim", on_delete=models.PROTECT, null=True, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    data = models.JSONField(null=True, help_text="Null only after a lawful erasure; data_hash stays.")
    data_hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(data_hash__regex="^[0-9a-f]{64}$"), name="event_hash_is_hex")]
        indexes = [
            models.Index(fields=["claim", "-id"], name="event_timeline"),
            models.Index(fields=["subject_kind", "subject_id", "-id"], name="event_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_kind}:{self.subject_id}"


class EventSeal(models.Model):
    """A link of the chain over committed events: hash = H(previous ‖ header ‖ data_hash). Append-only by trigger."""

    seal_sequence = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="seal")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.seal_sequence}"


class Outbox(models.Model):
    """An event that the dispatcher has yet to turn into jobs; the row goes when it has."""

    event = models.OneToOneField(Event, on_delete=models.PROTECT, primary_key=True, related_name="outbox")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.event_id}"
