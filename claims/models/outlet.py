"""Outlets: who publishes the pages that we read."""

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from claims.choices import OutletKind


class OutletQuerySet(models.QuerySet["Outlet"]):
    def on_host(self, host: str) -> Self:
        """Outlets that own the host or a parent domain of it; the host may carry a port (`127.0.0.1:8101`)."""
        labels = host.removeprefix("www.").split(".")
        names = [".".join(labels[start:]) for start in range(len(labels))]
        return self.filter(domains__overlap=names)


class Outlet(models.Model):
    """A publisher of pages, found by its domains. Two pages of one outlet are one independent voice."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    domains = ArrayField(models.CharField(max_length=253), default=list, blank=True)
    homepage = models.URLField(max_length=500, blank=True)
    country = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=35, blank=True)
    kind = models.CharField(max_length=16, choices=OutletKind, default=OutletKind.OTHER)

    objects = OutletQuerySet.as_manager()

    class Meta:
        indexes = [GinIndex(fields=["domains"], name="outlet_domains")]

    def __str__(self) -> str:
        return self.name
