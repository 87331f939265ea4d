"""Liveness and readiness for whoever runs the service."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from redis import Redis
from redis.exceptions import RedisError


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - the view's signature
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - the view's signature
    """200 when this process can serve: database reached and migrated. Redis is reported only.

    Work is rows in PostgreSQL, so a missing Redis slows workers and loses nothing: it is a note, not a failure.
    """
    checks = {"database": _database(), "redis": _redis()}
    ready = checks["database"] == "ok"
    return JsonResponse({"status": "ok" if ready else "unavailable", "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unreachable: check that PostgreSQL runs and DATABASE_URL is right"
    if waiting:
        return f"{len(waiting)} migrations wait: run manage.py migrate"
    return "ok"


def _redis() -> str:
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
    try:
        client.ping()
    except RedisError:
        return "unreachable: work waits in the database until Redis is back"
    finally:
        client.close()
    return "ok"
