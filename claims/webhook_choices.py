"""What consumers' endpoints may be told of, and how far it has come. Stored values are API values: never changed."""

from django.db.models import TextChoices


class WebhookEvent(TextChoices):
    """What an endpoint may be told of. The test ping goes to every endpoint and is not chosen."""

    PUBLISHED = "verdict.published", "A first verdict"
    UPDATED = "verdict.updated", "A clarification"
    CORRECTED = "verdict.corrected", "A correction or a change of rating"
    RETRACTED = "verdict.retracted", "A retraction"
    REINSTATED = "verdict.reinstated", "A verdict that stands again"
    ERASED = "verdict.erased", "Versions that the law made us erase"


PING = "webhook.ping"


class WebhookOff(TextChoices):
    """Why an endpoint gets nothing any more; it can be switched on again."""

    NO = "", "Switched on"
    OWNER = "owner", "Switched off by its owner"
    DESK = "desk", "Switched off by the desk"
    GONE = "gone", "It answered 410: gone"
    FAILING = "failing", "Nothing but failures for days"


class DeliveryState(TextChoices):
    """How far one event has come on its way to one endpoint."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    GIVEN_UP = "given_up", "Given up"


class HeldBy(TextChoices):
    """How we know that a consumer holds a version."""

    ACKNOWLEDGED = "acknowledged", "It said so"
    DELIVERED = "delivered", "A webhook arrived"
    READ = "read", "It read the verdict"
    FEED = "feed", "It read past it in the change feed"
