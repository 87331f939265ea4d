"""Consumers' endpoints: how each is doing, every message with its answers, and what administrators may do about it."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from claims.access.roles import Operation, may
from claims.admin.guards import ReadOnlyAdmin
from claims.admin.site import actor, desk_site, now, render
from claims.admin.slots import Refusal, refuse, refuse_shape
from claims.errors import DomainError
from claims.http import NO_PACE, Web
from claims.models import Consumer, Delivery, Webhook
from claims.publishing import webhooks
from claims.publishing.webhooks import By, Issued
from claims.templatetags.desk import ago
from claims.text import host_of
from claims.webhook_choices import DeliveryState, WebhookEvent, WebhookOff

MESSAGES_SHOWN, TRIES_SHOWN = 50, 50


@dataclass(frozen=True, slots=True)
class State:
    """How an endpoint is doing: a look, a shape and words."""

    name: str
    shape: str
    words: str


def state_of(webhook: Webhook) -> State:
    """Off, failing, untried or well, in that order of precedence."""
    if webhook.removed_at is not None:
        return State("off", "–", "Removed by its owner")
    if webhook.off:
        return State("off", "–", str(webhook.get_off_display()))
    if webhook.failures:
        return State("trouble", "▲", f"{webhook.failures} failure{'' if webhook.failures == 1 else 's'} in a row")
    if webhook.last_success_at is None:
        return State("unasked", "○", "Nothing sent yet")
    return State("works", "●", "Works")


class StandingFilter(admin.SimpleListFilter):
    """By how an endpoint is doing, in the words of the desk."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """What to choose from."""
        return [
            ("lost", "Switched off because nothing arrived"),
            ("off", "Switched off by its owner or the desk"),
            ("failing", "Failing"),
            ("well", "Works, or not used yet"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> QuerySet[Webhook]:
        """Those that stand so."""
        match self.value():
            case "lost":
                return queryset.filter(off__in=[WebhookOff.GONE, WebhookOff.FAILING])
            case "off":
                return queryset.filter(off__in=[WebhookOff.OWNER, WebhookOff.DESK])
            case "failing":
                return queryset.filter(off=WebhookOff.NO, failures__gt=0)
            case "well":
                return queryset.filter(off=WebhookOff.NO, failures=0)
        return queryset


class EndpointForm(forms.Form):
    """Whose endpoint, where, and what it is told."""

    consumer = forms.ModelChoiceField(queryset=Consumer.objects.filter(active=True).order_by("name"))
    url = forms.CharField(label="Address", max_length=webhooks.LONGEST_URL, help_text="https, on a public host.")
    events = forms.MultipleChoiceField(
        label="It is told of",
        choices=WebhookEvent.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=WebhookEvent.values,
    )
    description = forms.CharField(max_length=200, required=False)


class RotateForm(forms.Form):
    """How long the old secret signs on."""

    overlap_hours = forms.IntegerField(
        label="Hours that the old secret signs on",
        initial=webhooks.DEFAULT_OVERLAP,
        min_value=0,
        max_value=webhooks.LONGEST_OVERLAP,
        help_text="Messages carry both signatures until then. 0 ends the old one at once, for a secret that leaked.",
    )


@admin.register(Webhook, site=desk_site)
class WebhookAdmin(ReadOnlyAdmin):
    """Everybody on the desk sees which consumers are reached; addresses and messages are for administrators."""

    list_display = ("consumer", "state", "host", "waiting", "succeeded", "told")
    list_filter = (StandingFilter,)
    list_select_related = ("consumer",)
    search_fields = ("consumer__name",)
    ordering = ("-failures", "-pk")
    change_list_template = "claims/admin/webhook_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        """Endpoints that are kept, with the number of messages that wait."""
        rows: QuerySet[Webhook] = super().get_queryset(request)
        waiting = Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING))
        return rows.filter(removed_at__isnull=True).annotate(waiting_count=waiting)

    @admin.display(description="At")
    def host(self, webhook: Webhook) -> str:
        """The host alone: the rest of an address often holds what lets anybody post there."""
        return host_of(webhook.url)

    @admin.display(description="Standing", ordering="failures")
    def state(self, webhook: Webhook) -> SafeString:
        """How it is doing."""
        state = state_of(webhook)
        return format_html(
            '<span class="chip chip-source-{}"><span class="shape" aria-hidden="true">{}</span>{}</span>',
            state.name,
            state.shape,
            state.words,
        )

    @admin.display(description="Told of")
    def told(self, webhook: Webhook) -> str:
        """The events, in short."""
        if set(webhook.events) == set(WebhookEvent.values):
            return "everything"
        return ", ".join(event.removeprefix("verdict.") for event in webhook.events)

    @admin.display(description="Messages waiting")
    def waiting(self, webhook: Webhook) -> int:
        """How many."""
        return getattr(webhook, "waiting_count", 0)

    @admin.display(description="Last received", ordering="last_success_at")
    def succeeded(self, webhook: Webhook) -> SafeString:
        """When it last took a message."""
        return ago(webhook.last_success_at)

    def get_urls(self) -> list[URLPattern]:
        """With what can be done to an endpoint and to a message."""
        view = self.admin_site.admin_view
        acts = [
            path(f"<int:pk>/{name}/", view(require_POST(act)), name=f"webhook_{name.replace('-', '_')}")
            for name, act in (
                ("switch-off", self.switch_off_view),
                ("switch-on", self.switch_on_view),
                ("ping", self.ping_view),
                ("redeliver", self.redeliver_view),
                ("rotate-secret", self.rotate_secret_view),
            )
        ]
        return [
            path("register/", view(self.register_view), name="webhook_register"),
            path("<int:pk>/messages/<slug:message_id>/", view(self.message_view), name="webhook_message"),
            *acts,
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the way to register one, for administrators."""
        allowed = may(request.user, Operation.MANAGE_WEBHOOKS)
        return super().changelist_view(request, {"may_manage": allowed, **(extra_context or {})})

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """Links for those who may follow them."""
        return ("consumer",) if may(request.user, Operation.MANAGE_WEBHOOKS) else None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one endpoint, for administrators."""
        if not may(request.user, Operation.MANAGE_WEBHOOKS):
            raise PermissionDenied
        webhook = self.get_object(request, object_id)
        if webhook is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        sent = Delivery.objects.filter(webhook=webhook).defer("payload").order_by("-pk")
        context = {
            "webhook": webhook,
            "state": state_of(webhook),
            "switched_off_at": webhooks.switched_off_at(webhook),
            "secrets": list(webhook.secrets.valid()),
            "waiting": self.waiting(webhook),
            "rotate_form": RotateForm(),
            "messages_sent": list(sent[:MESSAGES_SHOWN]),
            "at": now(),
        }
        return render(request, "claims/admin/webhook.html", context, title=f"Endpoint of {webhook.consumer}")

    def message_view(self, request: HttpRequest, pk: int, message_id: str) -> HttpResponse:
        """One message: its body as it is sent, and every try with the answer, as plain text."""
        if not may(request.user, Operation.MANAGE_WEBHOOKS):
            raise PermissionDenied
        message = get_object_or_404(
            Delivery.objects.select_related("webhook__consumer"), webhook=pk, message_id=message_id
        )
        context = {
            "message": message,
            "payload": json.dumps(json.loads(message.payload), indent=2, ensure_ascii=False),
            "tries": list(message.attempts.order_by("-number")[:TRIES_SHOWN]),
        }
        response = render(request, "claims/admin/webhook_message.html", context, title=f"Message {message_id}")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def register_view(self, request: HttpRequest) -> HttpResponse:
        """Register an endpoint for a consumer; its secret is in this one answer and nowhere else."""
        allowed = may(request.user, Operation.MANAGE_WEBHOOKS)
        form = EndpointForm(request.POST if request.method == "POST" else None)
        refusal: Refusal | None = None
        if request.method == "POST":
            if not allowed:
                raise PermissionDenied
            if not form.is_valid():
                refusal = refuse_shape("endpoint", form)
            else:
                given = form.cleaned_data
                try:
                    webhooks.check_address(given["url"], web=Web(pace=NO_PACE))
                    issued = webhooks.register(**given, **self._by(request))
                except DomainError as error:
                    refusal = refuse("endpoint", error, form, [])
                else:
                    return self._once(request, issued)
        context: dict[str, Any] = {"form": form, "refusal": refusal, "allowed": allowed}
        status = refusal.status if refusal is not None else 200
        return render(request, "claims/admin/webhook_form.html", context, title="Register an endpoint", status=status)

    def switch_off_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell it nothing more."""
        return self._done(
            request, pk, webhooks.switch_off, "The endpoint is switched off; what waited for it is given up."
        )

    def switch_on_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Tell it again."""
        return self._done(request, pk, webhooks.switch_on, "The endpoint is told of what happens from now on.")

    def ping_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send a test."""
        return self._done(request, pk, webhooks.ping, "A test is on its way; look again in a minute.")

    def redeliver_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send one message again."""
        message_id = request.POST.get("message", "")
        if not Delivery.objects.filter(webhook=pk, message_id=message_id).exists():
            messages.error(request, "There is no such message any more.")
            return self._back(pk)
        said = "The message is sent again, with the same id."
        return self._done(request, pk, webhooks.redeliver, said, message_id=message_id)

    def rotate_secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace the secret; the new one is in this one answer and nowhere else."""
        get_object_or_404(Webhook.objects.kept(), pk=pk)
        form = RotateForm(request.POST)
        if not form.is_valid():
            messages.error(request, f"The old secret signs on for 0 to {webhooks.LONGEST_OVERLAP} hours.")
            return self._back(pk)
        overlap_hours = form.cleaned_data["overlap_hours"]
        try:
            issued = webhooks.rotate_secret(webhook_id=pk, overlap_hours=overlap_hours, **self._by(request))
        except DomainError as error:
            messages.error(request, error.message)
            return self._back(pk)
        return self._once(request, issued, overlap_hours=overlap_hours)

    def _once(self, request: HttpRequest, issued: Issued, overlap_hours: int | None = None) -> HttpResponse:
        context = {"issued": issued, "rotated": overlap_hours is not None, "overlap_hours": overlap_hours}
        response = render(request, "claims/admin/webhook_issued.html", context, title="The secret, this once")
        response.headers["Cache-Control"] = "no-store"
        return response

    def _done(self, request: HttpRequest, pk: int, operation: Any, said: str, **more: Any) -> HttpResponse:
        get_object_or_404(Webhook.objects.kept(), pk=pk)
        try:
            operation(webhook_id=pk, **more, **self._by(request))
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said)
        return self._back(pk)

    def _back(self, pk: int) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:claims_webhook_change", args=[pk]))

    def _by(self, request: HttpRequest) -> dict[str, Any]:
        return {"by": By(user=actor(request)), "at": now()}
