"""System checks that turn risky combinations of settings into clear words."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004 - Django's name


@register()
def pool_serves_every_thread(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """A pool smaller than the server's threads makes requests wait for a connection."""
    size, threads = settings.DATABASE_POOL_SIZE, settings.WEB_THREADS
    if size and size < threads:
        return [
            Error(
                f"DATABASE_POOL_SIZE ({size}) is below WEB_THREADS ({threads}).",
                hint="Give the pool at least one connection per server thread.",
                id="claims.E001",
            )
        ]
    return []


@register()
def waiting_leaves_threads(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """A reader that waits for changes holds a thread; at least half must stay for everybody else."""
    waiters, threads = settings.LONG_POLL_WAITERS, settings.WEB_THREADS
    if waiters > threads // 2:
        return [
            Error(
                f"LONG_POLL_WAITERS ({waiters}) is more than half of WEB_THREADS ({threads}).",
                hint="Lower it, or give the web server more threads.",
                id="claims.E002",
            )
        ]
    return []


@register(deploy=True)
def no_loopback_in_production(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """Loopback addresses are for development: in production they would be a way in."""
    if settings.FETCH_LOOPBACK_ALLOWED and not settings.DEBUG:
        return [
            Warning(
                "FETCH_LOOPBACK_ALLOWED is set without DEBUG.",
                hint="Unset it: workers could be led to fetch from services on this machine.",
                id="claims.W001",
            )
        ]
    return []


@register()
def fetch_pace_is_polite(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:  # noqa: ARG001
    """The floor between two requests to one host is five seconds outside development."""
    if settings.FETCH_PACE_SECONDS < 5 and not settings.DEBUG and not settings.FETCH_LOOPBACK_ALLOWED:
        return [
            Warning(
                f"FETCH_PACE_SECONDS is {settings.FETCH_PACE_SECONDS}: below 5 seconds outlets may block the desk.",
                hint="Leave it at 5 or more.",
                id="claims.W002",
            )
        ]
    return []
