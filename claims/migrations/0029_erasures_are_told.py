"""Endpoints may be told of lawful erasures."""

from django.db import migrations, models
from django.db.models import Q

EVENTS = [
    "verdict.corrected",
    "verdict.erased",
    "verdict.published",
    "verdict.reinstated",
    "verdict.retracted",
    "verdict.updated",
]
TOLD = [
    "verdict.published",
    "verdict.updated",
    "verdict.corrected",
    "verdict.retracted",
    "verdict.reinstated",
    "verdict.erased",
    "webhook.ping",
]


class Migration(migrations.Migration):
    dependencies = [("claims", "0028_lawful_erasure")]

    operations = [
        migrations.RemoveConstraint("webhook", "webhook_events_known"),
        migrations.AddConstraint(
            "webhook",
            models.CheckConstraint(
                condition=Q(events__contained_by=EVENTS) & ~Q(events=[]), name="webhook_events_known"
            ),
        ),
        migrations.RemoveConstraint("delivery", "delivery_event_known"),
        migrations.AddConstraint(
            "delivery", models.CheckConstraint(condition=Q(event__in=TOLD), name="delivery_event_known")
        ),
    ]
