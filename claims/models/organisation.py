"""The one organisation that an installation serves."""

from typing import Self

from django.db import models
from django.db.models import Q


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def current(self) -> "Organisation":
        """The one row; a migration makes it, so it is always there."""
        return self.get(pk=1)

    def named(self) -> Self:
        """Installations whose administrator has given the newsroom a name."""
        return self.exclude(name="")


class Organisation(models.Model):
    """Who publishes: its name, policies and licence go into every public document."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=200, default="Fact-check desk")
    site_url = models.URLField(
        max_length=300, blank=True, help_text="Base of every public address. Empty means the SITE_URL setting."
    )
    logo_url = models.URLField(max_length=300, blank=True)
    contact = models.CharField(
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text="Where readers report an error: an e-mail address, or the address of a page.",
    )
    corrections_policy_url = models.URLField(max_length=300, blank=True)
    publishing_principles_url = models.URLField(max_length=300, blank=True)
    funding = models.TextField(blank=True, help_text="Who pays for the work, in words readers can check.")
    time_zone = models.CharField(max_length=64, default="UTC")
    default_language = models.CharField(max_length=35, default="en")
    data_licence = models.CharField(max_length=200, default="CC BY 4.0")

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="organisation_is_one")]

    def __str__(self) -> str:
        return self.name
