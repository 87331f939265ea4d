"""The Celery app that the bench's workers load: the service's own, with kinds of job that only the bench has."""

from factcheck.celery import app

app.conf.imports = ("bench.stage.kinds",)  # imported by workers once Django is set up

__all__ = ["app"]
