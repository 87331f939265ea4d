"""API keys: issued with the clear text shown once, limited, replaced and revoked."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from claims.access import uses
from claims.access.keys import LONGEST_OVERLAP, MOST_PER_MINUTE, IssuedKey, issue, revoke, rotate, set_limit
from claims.access.roles import Operation, may
from claims.admin.forms import MinuteField
from claims.admin.guards import ReadOnlyAdmin
from claims.admin.site import actor, desk_site, now, render
from claims.admin.slots import Refusal, refuse, refuse_shape
from claims.choices import Scope
from claims.errors import DomainError
from claims.models import ApiKey, Consumer
from claims.templatetags.desk import ago, when

_SHOWN_DAYS = 30


class KeyForm(forms.Form):
    """Whose key, and what for."""

    name = forms.CharField(max_length=200, help_text="What it is used for, such as “nightly export”.")
    consumer = forms.ModelChoiceField(queryset=Consumer.objects.filter(active=True).order_by("name"), required=False)
    user = forms.ModelChoiceField(
        label="Or a colleague", queryset=User.objects.filter(is_active=True).order_by("username"), required=False
    )
    scopes = forms.MultipleChoiceField(
        label="It may", choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.VERDICTS_READ]
    )
    expires_at = MinuteField(label="Expires", required=False, help_text="Empty: it does not expire.")
    requests_per_minute = forms.IntegerField(
        label="Requests a minute",
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text="Empty: the limit of its kind.",
    )


class LimitForm(forms.Form):
    """A limit of the key's own."""

    requests_per_minute = forms.IntegerField(
        label="Requests a minute",
        required=False,
        min_value=1,
        max_value=MOST_PER_MINUTE,
        help_text="Empty: the limit of its kind.",
    )


class RotateForm(forms.Form):
    """How long the old key works on."""

    overlap_hours = forms.IntegerField(
        label="Hours that the old key works on",
        initial=24,
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds() // 3600),
        help_text="0 ends it at once.",
    )


@admin.register(ApiKey, site=desk_site)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys to read, limit, replace and revoke, each by its operation."""

    reading = Operation.MANAGE_KEYS
    list_display = ("name", "prefix", "owner", "shown_scopes", "per_minute", "expires", "used", "standing")
    list_select_related = ("consumer", "user")
    search_fields = ("name", "prefix")
    ordering = ("-pk",)
    fields = (
        "name",
        "prefix",
        "owner",
        "shown_scopes",
        "per_minute",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    readonly_fields = fields
    change_form_template = "claims/admin/key.html"
    change_list_template = "claims/admin/key_list.html"

    @admin.display(description="Owner")
    def owner(self, key: ApiKey) -> str:
        """Whose it is."""
        return str(key.consumer or key.user)

    @admin.display(description="May")
    def shown_scopes(self, key: ApiKey) -> str:
        """What it may be used for."""
        return ", ".join(key.scopes)

    @admin.display(description="Requests a minute")
    def per_minute(self, key: ApiKey) -> str:
        """Its own limit, or that of its kind."""
        if key.requests_per_minute is not None:
            return str(key.requests_per_minute)
        usual = settings.CONSUMER_PER_MINUTE if key.consumer_id is not None else settings.PERSON_PER_MINUTE
        return f"{usual}, as its kind" if usual else "no limit"

    @admin.display(description="Expires", ordering="expires_at")
    def expires(self, key: ApiKey) -> SafeString | str:
        """When it ends by itself."""
        return when(key.expires_at) if key.expires_at else "never"

    @admin.display(description="Last used", ordering="last_used_at")
    def used(self, key: ApiKey) -> SafeString:
        """When it was last seen."""
        return ago(key.last_used_at)

    @admin.display(description="Standing")
    def standing(self, key: ApiKey) -> str:
        """Whether it works."""
        if key.revoked_at is not None:
            return "revoked"
        return "expired" if key.expires_at is not None and key.expires_at <= now() else "in use"

    def get_urls(self) -> list[URLPattern]:
        """With issuing, limiting, replacing and revoking."""
        view = self.admin_site.admin_view
        return [
            path("issue/", view(self.issue_view), name="key_issue"),
            path("<int:pk>/limit/", view(require_POST(self.limit_view)), name="key_limit"),
            path("<int:pk>/rotate/", view(require_POST(self.rotate_view)), name="key_rotate"),
            path("<int:pk>/revoke/", view(require_POST(self.revoke_view)), name="key_revoke"),
            *super().get_urls(),
        ]

    def issue_view(self, request: HttpRequest) -> HttpResponse:
        """Make a key; its clear text is in this one answer and nowhere else."""
        allowed = may(request.user, Operation.MANAGE_KEYS)
        form = KeyForm(request.POST if request.method == "POST" else None)
        refusal: Refusal | None = None
        if request.method == "POST":
            if not form.is_valid():
                refusal = refuse_shape("key", form)
            else:
                try:
                    issued = issue(actor=actor(request), at=now(), **form.cleaned_data)
                except DomainError as error:
                    refusal = refuse("key", error, form, [])
                else:
                    return self._once(request, issued)
        context: dict[str, Any] = {"form": form, "refusal": refusal, "allowed": allowed}
        status = refusal.status if refusal is not None else 200
        return render(request, "claims/admin/key_form.html", context, title="Issue a key", status=status)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The key with its use by day, and the forms to limit and to replace it."""
        key = self.get_object(request, object_id)
        more: dict[str, Any] = {}
        if key is not None:
            more = {
                "key_uses": uses.by_day(key_id=key.pk, days=_SHOWN_DAYS),
                "limit_form": LimitForm(initial={"requests_per_minute": key.requests_per_minute}, prefix="limit"),
                "rotate_form": RotateForm(prefix="rotate"),
                "over": self.standing(key) != "in use",
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def limit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the key a limit of its own, or that of its kind."""
        get_object_or_404(ApiKey, pk=pk)
        form = LimitForm(request.POST, prefix="limit")
        if not form.is_valid():
            messages.error(request, f"A limit is a number from 1 to {MOST_PER_MINUTE:,}, or empty.")
        else:
            try:
                set_limit(key_id=pk, actor=actor(request), at=now(), **form.cleaned_data)
            except DomainError as error:
                messages.error(request, error.message)
            else:
                messages.success(request, "The limit holds from the next request on.")
        return HttpResponseRedirect(reverse("admin:claims_apikey_change", args=[pk]))

    def rotate_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Replace the key; the new one's clear text is in this one answer and nowhere else."""
        get_object_or_404(ApiKey, pk=pk)
        form = RotateForm(request.POST, prefix="rotate")
        if not form.is_valid():
            messages.error(request, "The old key works on for 0 to 168 hours.")
        else:
            overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
            try:
                issued = rotate(key_id=pk, overlap=overlap, actor=actor(request), at=now())
            except DomainError as error:
                messages.error(request, error.message)
            else:
                return self._once(request, issued)
        return HttpResponseRedirect(reverse("admin:claims_apikey_change", args=[pk]))

    def _once(self, request: HttpRequest, issued: IssuedKey) -> HttpResponse:
        response = render(request, "claims/admin/key_issued.html", {"issued": issued}, title="The key, this once")
        response.headers["Cache-Control"] = "no-store"
        return response

    def revoke_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a key at once."""
        get_object_or_404(ApiKey, pk=pk)
        try:
            revoke(key_id=pk, actor=actor(request), at=now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "The key is revoked; it opens nothing any more.")
        return HttpResponseRedirect(reverse("admin:claims_apikey_changelist"))
