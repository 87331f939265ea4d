"""API keys: issued with the clear text shown once, and revoked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from claims.access.keys import issue, revoke
from claims.access.roles import Operation, may
from claims.admin.forms import MinuteField
from claims.admin.guards import ReadOnlyAdmin
from claims.admin.site import actor, desk_site, now, render
from claims.admin.slots import Refusal, refuse, refuse_shape
from claims.choices import Scope
from claims.errors import DomainError
from claims.models import ApiKey, Consumer
from claims.templatetags.desk import ago, when


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


@admin.register(ApiKey, site=desk_site)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys to read and revoke; new ones come from the operation."""

    reading = Operation.MANAGE_KEYS
    list_display = ("name", "prefix", "owner", "shown_scopes", "expires", "used", "standing")
    list_select_related = ("consumer", "user")
    search_fields = ("name", "prefix")
    ordering = ("-pk",)
    fields = ("name", "prefix", "owner", "shown_scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
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
        """With issuing and revoking."""
        view = self.admin_site.admin_view
        return [
            path("issue/", view(self.issue_view), name="key_issue"),
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
                    response = render(
                        request, "claims/admin/key_issued.html", {"issued": issued}, title="The key, this once"
                    )
                    response.headers["Cache-Control"] = "no-store"
                    return response
        context: dict[str, Any] = {"form": form, "refusal": refusal, "allowed": allowed}
        status = refusal.status if refusal is not None else 200
        return render(request, "claims/admin/key_form.html", context, title="Issue a key", status=status)

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
