"""Files that hold everything that was live one night."""

from django.db import models
from django.db.models import Q


class Dump(models.Model):
    """One file of all live verdicts, of one snapshot. `head` is the feed's number then; the changes go on after it."""

    name = models.CharField(max_length=80, unique=True)
    format = models.CharField(max_length=16)
    feed_epoch = models.UUIDField()
    head = models.BigIntegerField()
    verdicts = models.PositiveIntegerField()
    size = models.BigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="dump_hash_is_hex")]
        indexes = [models.Index(fields=["-made_at", "-id"], name="dump_newest")]

    def __str__(self) -> str:
        return self.name
