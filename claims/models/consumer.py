"""Who pulls verdicts, and the keys of consumers and of people."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.choices import CONSUMER_SCOPES


class Consumer(models.Model):
    """A newsroom, platform or researcher that pulls verdicts under agreed terms."""

    name = models.CharField(max_length=200, unique=True)
    contact = models.CharField(max_length=300, blank=True)
    terms = models.TextField(blank=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> Self:
        """Keys that are neither revoked nor expired, on the database's clock."""
        now = Now()
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)


class ApiKey(models.Model):
    """A hashed key of one consumer or of one person. A consumer's key makes no moves."""

    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=8, unique=True)
    secret_hash = models.CharField(max_length=64)
    consumer = models.ForeignKey(Consumer, on_delete=models.PROTECT, null=True, blank=True, related_name="keys")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="api_keys"
    )
    scopes = ArrayField(models.CharField(max_length=32), default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    requests_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text="A limit of its own; null for that of its kind of key."
    )
    first = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="later",
        help_text="The key that this one goes back to by rotation. They count as one towards the limit.",
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(consumer__isnull=False, user__isnull=True) | Q(consumer__isnull=True, user__isnull=False),
                name="api_key_has_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(secret_hash__regex="^[0-9a-f]{64}$"),  # noqa: S106 - a pattern, not a secret
                name="api_key_is_hashed",
            ),
            models.CheckConstraint(
                condition=Q(consumer__isnull=True) | Q(scopes__contained_by=sorted(CONSUMER_SCOPES)),
                name="api_key_consumer_only_reads",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                name="api_key_expires_after_created",
            ),
            models.CheckConstraint(
                condition=Q(requests_per_minute__isnull=True) | Q(requests_per_minute__gte=1),
                name="api_key_limit_lets_some_pass",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class KeyUse(models.Model):
    """How often a key was used on one day (UTC), and how many of these requests its limit refused."""

    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, related_name="uses")
    day = models.DateField()
    requests = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "day"], name="key_use_once_a_day"),
            models.CheckConstraint(condition=Q(refused__lte=F("requests")), name="key_use_refused_are_requests"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day}"


class IdempotentCall(models.Model):
    """What a call answered that its client marked with a key, so that a repetition gets the same and does nothing."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotent_call_once"),
            models.CheckConstraint(condition=Q(status__range=(200, 299)), name="idempotent_call_is_no_refusal"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.key}"
