"""/metrics for Prometheus: how the work stands, counted from the rows when it is asked.

With METRICS_TOKEN set, whoever sends it as a bearer token is answered. Without, only loopback is, and not through a
proxy, behind which everybody comes from loopback.
"""

import hmac
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from workers.health import MOST_ATTEMPTS, KindHealth, outbox_health, work_health

_LOOPBACK = {"127.0.0.1", "::1"}
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_X_FORWARDED_PROTO")


class WorkCollector(Collector):
    """Counts at each scrape, so that every process of the service gives the same figures and none keeps any."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics, by queue and kind."""
        kinds = work_health()
        yield _gauge("jobs_due", "Jobs that are due and not taken.", [(one, one.due) for one in kinds])
        yield _gauge("jobs_later", "Jobs that wait for their time.", [(one, one.later) for one in kinds])
        yield _gauge("jobs_running", "Jobs that a worker holds.", [(one, one.running) for one in kinds])
        yield _gauge("jobs_dead", "Jobs that were given up and wait for a person.", [(one, one.dead) for one in kinds])
        yield _gauge(
            "jobs_expired_leases",
            "Running jobs whose worker let the lease run out.",
            [(one, one.expired) for one in kinds],
        )
        yield _gauge(
            "jobs_oldest_due_seconds",
            "How long the job that is due the longest has waited; 0 when none is due.",
            [(one, one.oldest or 0.0) for one in kinds],
        )
        yield _attempts(kinds)
        yield _starts(kinds)
        outbox = outbox_health()
        yield GaugeMetricFamily("factcheck_outbox_waiting", "Facts that are not jobs yet.", value=outbox.waiting)
        yield GaugeMetricFamily(
            "factcheck_outbox_oldest_seconds", "How long the oldest such fact has waited.", value=outbox.oldest
        )


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures as Prometheus reads them, for whoever may; 403 for others."""
    if not _may_read(request):
        text = "Send METRICS_TOKEN as a bearer token, or ask from loopback where none is set.\n"
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    registry.register(WorkCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    forwarded = any(header in request.META for header in _FORWARDED)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not forwarded


def _gauge(name: str, meaning: str, values: Iterable[tuple[KindHealth, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"factcheck_{name}", meaning, labels=["queue", "kind"])
    for one, value in values:
        family.add_metric([one.queue, one.kind], value)
    return family


def _attempts(kinds: Iterable[KindHealth]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "factcheck_jobs_done_last_hour",
        f"Jobs done in the last hour, by the attempts that each took; {MOST_ATTEMPTS} stands for more, too.",
        labels=["queue", "kind", "attempts"],
    )
    for one in kinds:
        for number, count in enumerate(one.attempts, 1):
            family.add_metric([one.queue, one.kind, str(number)], count)
    return family


def _starts(kinds: Iterable[KindHealth]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        "factcheck_jobs_started_last_hour",
        "The same jobs by what led a worker to them. Mostly sweep means that the doorbell is not heard.",
        labels=["queue", "kind", "led_by"],
    )
    for one in kinds:
        for led_by, count in one.rung.items():
            family.add_metric([one.queue, one.kind, led_by], count)
    return family
