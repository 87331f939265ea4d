"""Who may do what in the stock lists and forms: by role, never by Django's own permissions."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.forms import BaseForm, BaseFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from claims.access.roles import Operation, may
from claims.admin.forms import WebField
from claims.admin.site import actor, now
from claims.audit.operations import record
from claims.choices import EventKind

if TYPE_CHECKING:  # generic to the type checker only
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ReadOnlyAdmin(_ModelAdmin):
    """A list and a page to read. The domain's rows are written by its operations alone."""

    actions = None
    actions_on_bottom = True  # the stock template writes an inline style where both are off
    formfield_overrides = {models.URLField: {"form_class": WebField}}
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    reading = Operation.READ_DESK

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Titled by what is on it, not by what to select."""
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may read it sees it listed."""
        return may(request.user, self.reading)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may read it."""
        return may(request.user, self.reading)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class ConfigurationAdmin(_ModelAdmin):
    """A form for administrators. Every save is a fact of the history, in the save's own transaction; nothing goes."""

    actions = None
    actions_on_bottom = True  # the stock template writes an inline style where both are off
    formfield_overrides = {models.URLField: {"form_class": WebField}}
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    kind = EventKind.CONFIGURATION_SAVED
    view_on_site = False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Titled by what is on it, not by what to select."""
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may read it sees it listed."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody on the desk may see how it is set up."""
        return may(request.user, Operation.READ_DESK)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Administrators."""
        return may(request.user, Operation.CONFIGURE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators."""
        return may(request.user, Operation.CONFIGURE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: rows in use are switched off, never deleted."""
        return False

    def construct_change_message(
        self, request: HttpRequest, form: BaseForm, formsets: "Iterable[BaseFormSet[Any]]", add: bool = False
    ) -> Any:
        """Before and after of every changed field; what log_addition() and log_change() write down."""
        changed = {
            name: [_shown(form.initial.get(name)), _shown(form.cleaned_data.get(name))]
            for name in form.changed_data
            if "password" not in name  # what was typed there belongs into no history
        }
        rows = [
            {name: _shown(inline.cleaned_data.get(name)) for name in inline.changed_data}
            for formset in formsets or []
            for inline in formset.forms
            if inline.has_changed()
        ]
        return {"changed": changed, **({"rows": rows} if rows else {})}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Into our own history, which is sealed, instead of the stock log."""
        return self._record(request, obj, message, added=True)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Into our own history, which is sealed, instead of the stock log."""
        return self._record(request, obj, message, added=False)

    def _record(self, request: HttpRequest, obj: Any, message: Any, *, added: bool) -> None:
        data = message if isinstance(message, dict) else {"message": str(message)}
        record(kind=self.kind, subject=obj, actor=actor(request), at=now(), data={**data, "added": added})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The events of this row, for whoever may read it."""
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        page = reverse("admin:claims_event_changelist")
        return HttpResponseRedirect(f"{page}?subject_kind={self.opts.model_name}&subject_id={row.pk}")


def _shown(value: Any) -> Any:
    if isinstance(value, models.Model):
        return str(value)
    if isinstance(value, models.QuerySet | list | tuple | set):
        return [_shown(item) for item in value]
    return value if isinstance(value, str | int | float | bool | dict) or value is None else str(value)
