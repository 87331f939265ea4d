"""The operators' view of the work: what waits, what runs, what died of what, and the button to try again."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.timesince import timesince

from claims.access.roles import Operation, may
from claims.errors import Conflict, NotAllowed
from workers import ledger
from workers.choices import JobKind, JobState, Queue
from workers.clock import database_now
from workers.health import outbox_health, work_health
from workers.kinds import KINDS
from workers.models import Host, Job
from workers.queries import queue_health

_ERROR_SHOWN = 120


class KindFilter(admin.SimpleListFilter):
    """By kind, with the kinds that this release does not know as one choice."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((str(kind), str(kind.label)) for kind in JobKind), ("unknown", "Unknown to this release")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        if self.value() == "unknown":
            return queryset.exclude(kind__in=list(KINDS))
        return queryset.filter(kind=self.value()) if self.value() else queryset


class QueueFilter(admin.SimpleListFilter):
    """By queue."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        return [(str(queue), str(queue.label)) for queue in Queue]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(queue=self.value()) if self.value() else queryset


class _ReadOnly:
    """For administrators to look at; rows change through the ledger's operations only."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Operation.MANAGE_JOBS)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, Operation.MANAGE_JOBS)

    def has_manage_permission(self, request: HttpRequest) -> bool:
        return may(request.user, Operation.MANAGE_JOBS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JobAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg] # cannot be subscripted at run time
    """Jobs, newest first; dead ones can be tried again, waiting and running ones cancelled."""

    list_display = ("id", "kind_name", "state", "queue", "age", "attempts", "errors", "losses", "error")
    list_filter = ("state", KindFilter, QueueFilter)
    ordering = ("-id",)
    show_full_result_count = False
    search_fields = ("=id", "key")
    actions = ("requeue_selected",)
    fields = (
        ("kind_name", "state", "queue"),
        "key",
        "payload",
        "last_error",
        ("attempts", "errors", "losses"),
        ("run_at", "lease_until", "priority"),
        ("rung_at", "rung_by"),
        ("created_at", "started_at", "finished_at"),
        "cause_name",
    )
    change_list_template = "workers/jobs.html"
    change_form_template = "workers/job.html"

    @admin.display(description="Kind", ordering="kind")
    def kind_name(self, job: Job) -> str:
        """The kind in words; one that this release does not know says so, since it waits for another release."""
        if job.kind in JobKind.values:
            return str(JobKind(job.kind).label)
        return job.kind if job.kind in KINDS else f"{job.kind} (unknown to this release: waits)"

    @admin.display(description="Age", ordering="created_at")
    def age(self, job: Job) -> str:
        return timesince(job.created_at, depth=1)

    @admin.display(description="Last error")
    def error(self, job: Job) -> str:
        return job.last_error if len(job.last_error) <= _ERROR_SHOWN else job.last_error[:_ERROR_SHOWN] + "…"

    @admin.display(description="Cause")
    def cause_name(self, job: Job) -> str:
        return "A schedule" if job.cause is None else f"Event {job.cause_id}: {job.cause.kind}"

    @admin.action(description="Try the selected dead jobs again", permissions=["manage"])
    def requeue_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Requeues those of the selected jobs that are dead."""
        number = 0
        for job_id in queryset.filter(state=JobState.DEAD).order_by("pk").values_list("pk", flat=True):
            number += _tried(request, job_id)
        self.message_user(request, f"{number} jobs were put back into their queues.")

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:job_id>/requeue/", self.admin_site.admin_view(self.requeue), name="workers_job_requeue"),
            path("<int:job_id>/cancel/", self.admin_site.admin_view(self.cancel), name="workers_job_cancel"),
            path("<int:job_id>/run-now/", self.admin_site.admin_view(self.run_now), name="workers_job_run_now"),
            path("overview/", self.admin_site.admin_view(self.overview), name="workers_overview"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if not self.has_view_permission(request):
            raise PermissionDenied
        unknown = Job.objects.exclude(kind__in=list(KINDS)).exclude(state__in=[JobState.DONE, JobState.DEAD])
        context = {
            "title": "Background work",
            "queues": queue_health(),
            "unknown": list(unknown.order_by("kind").values("kind").annotate(number=Count("pk"))),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        job = Job.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        context = {
            "may_requeue": job is not None and job.state == JobState.DEAD,
            "may_run_now": job is not None and job.state == JobState.QUEUED and job.run_at > database_now(),
            "may_cancel": job is not None and job.state in {JobState.QUEUED, JobState.RUNNING},
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def requeue(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Try a dead job again. POST."""
        return self._act(request, job_id, "requeue")

    def cancel(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Give up a waiting or running job. POST."""
        return self._act(request, job_id, "cancel")

    def run_now(self, request: HttpRequest, job_id: int) -> HttpResponse:
        """Let a job that waits for its time run now. POST."""
        return self._act(request, job_id, "run_now")

    def overview(self, request: HttpRequest) -> HttpResponse:
        """How each kind of work stands."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kinds = work_health()
        context = {
            **self.admin_site.each_context(request),
            "title": "How the work stands",
            "now": [kind for kind in kinds if kind.waits_or_runs],
            "lately": [kind for kind in kinds if kind.done],
            "outbox": outbox_health(),
        }
        return TemplateResponse(request, "workers/overview.html", context)

    def _act(self, request: HttpRequest, job_id: int, action: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_manage_permission(request):
            raise PermissionDenied
        get_object_or_404(Job, pk=job_id)
        try:
            if action == "requeue":
                ledger.requeue(job_id=job_id, actor=_actor(request))
                self.message_user(request, "The job is back in its queue with a fresh set of tries.")
            elif action == "run_now":
                ledger.run_now(job_id=job_id, actor=_actor(request))
                self.message_user(request, "The job is due now; a worker takes it within seconds.")
            else:
                ledger.cancel(job_id=job_id, actor=_actor(request))
                self.message_user(request, "The job was cancelled. It stands among the dead ones, and can be requeued.")
        except (Conflict, NotAllowed) as error:
            self.message_user(request, error.message, messages.ERROR)
        name = self.admin_site.name
        return redirect(reverse(f"{name}:workers_job_change", args=[job_id]))


class HostAdmin(_ReadOnly, admin.ModelAdmin):  # type: ignore[type-arg] # cannot be subscripted at run time
    """When each host was last asked, and until when it wants to be left alone."""

    list_display = ("__str__", "last_at", "next_at", "retry_after_until", "crawl_delay", "pace")
    ordering = ("-last_at", "id")
    search_fields = ("host",)
    show_full_result_count = False


def register(site: admin.AdminSite) -> None:
    """Hangs the ledger into an admin site; the composition root says which."""
    site.register(Job, JobAdmin)
    site.register(Host, HostAdmin)


def _tried(request: HttpRequest, job_id: int) -> bool:
    try:
        ledger.requeue(job_id=job_id, actor=_actor(request))
    except Conflict:
        return False  # somebody else was faster
    return True


def _actor(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
