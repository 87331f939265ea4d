"""The Celery app that test workers load: the real one, with kinds of job that only tests have."""

from factcheck.celery import app

app.conf.imports = ("tests.workers.kinds",)  # imported by workers once Django is set up

__all__ = ["app"]
