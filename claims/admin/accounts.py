"""People and their roles. Roles are the groups of their names; what each may do stands in the code."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from claims.access.roles import GRANTS, Operation, may
from claims.admin.guards import ConfigurationAdmin, ReadOnlyAdmin
from claims.admin.site import actor, desk_site, render
from claims.choices import Role

if TYPE_CHECKING:  # generic to the type checker only
    _UserAdmin = UserAdmin[User]
else:
    _UserAdmin = UserAdmin


@admin.register(User, site=desk_site)
class PersonAdmin(ConfigurationAdmin, _UserAdmin):
    """Accounts. Only a superuser makes superusers, or touches one; nobody is deleted, only switched off."""

    list_display = ("username", "first_name", "last_name", "roles", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("The person", {"fields": ("first_name", "last_name", "email")}),
        ("On the desk", {"fields": ("is_active", "is_superuser", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With groups, one question for the page."""
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="Roles")
    def roles(self, user: User) -> str:
        """The roles in words."""
        names = [Role(group.name).label for group in user.groups.all() if group.name in Role.values]
        return ", ".join(sorted(names) + (["Superuser"] if user.is_superuser else []))

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Administrators: a list of colleagues' addresses is not for everyone."""
        return may(request.user, Operation.CONFIGURE)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Administrators; a superuser's account only by a superuser."""
        return may(request.user, Operation.CONFIGURE) and (
            obj is None or not obj.is_superuser or actor(request).is_superuser
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Who is no superuser makes none."""
        fixed = ["last_login", "date_joined"]
        return fixed if actor(request).is_superuser else [*fixed, "is_superuser"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Roles as boxes to tick, with their names."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups" and isinstance(field, forms.ModelMultipleChoiceField):
            field.widget = forms.CheckboxSelectMultiple()
            field.label = "Roles"
            field.help_text = "Each role holds what those before it hold; the administrator stands apart."
            field.label_from_instance = _role_label  # type: ignore[assignment] # called without self
        return field


def _role_label(group: Any) -> str:
    return Role(group.name).label if group.name in Role.values else str(group.name)


@admin.register(Group, site=desk_site)
class RoleAdmin(ReadOnlyAdmin):
    """The roles and how many hold them, to read."""

    reading = Operation.CONFIGURE
    list_display = ("role", "people")
    ordering = ("pk",)
    fields = ("role", "people")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        """With their numbers."""
        rows: QuerySet[Group] = super().get_queryset(request).annotate(number=Count("user"))
        return rows

    @admin.display(description="Role")
    def role(self, group: Group) -> str:
        """Its name."""
        return _role_label(group)

    @admin.display(description="People")
    def people(self, group: Group) -> int:
        """How many hold it."""
        return getattr(group, "number", 0)


@desk_site.page("setup/", name="setup")
def setup(request: HttpRequest) -> HttpResponse:
    """Everything that is not the desk: how the newsroom is set up, what the service saw, and what it does."""
    models = {
        f"{app['app_label']}.{model['object_name'].lower()}": model
        for app in desk_site.get_app_list(request)
        for model in app["models"]
    }
    groups = []
    for title, names in _SECTIONS:
        found = [models.pop(name) for name in names if name in models]
        groups.append((title, found))
    if models:
        groups.append(("Background work", list(models.values())))
    context = {"groups": [(title, found) for title, found in groups if found], "grants": GRANTS}
    return render(request, "claims/admin/setup.html", context, title="Set-up")


_SECTIONS = (
    (
        "The newsroom",
        (
            "claims.organisation",
            "auth.user",
            "auth.group",
            "claims.ratingscale",
            "claims.topic",
            "claims.outlet",
        ),
    ),
    ("Who pulls verdicts", ("claims.consumer", "claims.apikey", "claims.webhook", "claims.publication")),
    (
        "Where coverage comes from",
        ("claims.source", "claims.sourcepoll", "claims.claimsearch", "claims.document", "claims.submission"),
    ),
    ("History", ("claims.event",)),
)
