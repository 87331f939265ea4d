"""The admin site: log-in for everybody with a role, the desk's clock, and the pages that views hang into it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone

from claims.access.roles import Operation, may, roles_of
from claims.choices import Role
from claims.models import Organisation

View = Callable[..., HttpResponseBase]
_ORGANISATION = "desk.organisation"


class DeskLogin(AuthenticationForm):
    """Lets in whoever holds a role; `is_staff` is not asked for."""

    required_css_class = "required"

    def confirm_login_allowed(self, user: User) -> None:
        """Refuses, with the way out, a person without a role."""
        super().confirm_login_allowed(user)
        if not roles_of(user):
            raise ValidationError(
                "You have no role on this desk yet. Ask an administrator to give you one.", code="no_role"
            )


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main navigation; `here` marks the section that is open."""

    label: str
    url: str
    here: bool


class DeskSite(admin.AdminSite):
    """The editors' side: the desk as its index, our own pages, and stock lists and forms for the rest."""

    login_form = DeskLogin
    enable_nav_sidebar = False
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.pages: list[URLPattern] = []

    def page(self, route: str, *, name: str) -> Callable[[View], View]:
        """Serves a view at the route, to people with a role only."""

        def hang(view: View) -> View:
            self.pages.append(path(route, self.admin_view(view), name=name))
            return view

        return hang

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our pages first, the desk in place of the stock index; fixed routes before those with an id."""
        return [*sorted(self.pages, key=lambda page: "<" in str(page.pattern)), *super().get_urls()]

    def has_permission(self, request: HttpRequest) -> bool:
        """Everybody active who holds a role; a superuser administers."""
        return bool(roles_of(request.user))

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # type: ignore[override] # one kind of view here
        """The stock guard, with every page rendered in the newsroom's time zone."""
        guarded: View = super().admin_view(view, cacheable)

        @wraps(view)
        def timed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            # The zone ends with the response, so lazy templates are rendered here and not after it.
            with timezone.override(zone(request)):
                response = guarded(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse) and not response.is_rendered:
                    response.render()
                return response

        return timed

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows: the newsroom's name and the sections that the person's role can use."""
        name = organisation(request).name
        return {
            **super().each_context(request),
            "site_header": name,
            "site_title": name,
            "desk_nav": self._nav(request),
            "may_create": may(request.user, Operation.CREATE_CLAIM),
            "role_name": _role_name(request.user),
        }

    def _nav(self, request: HttpRequest) -> list[NavItem]:
        user = request.user
        index = reverse("admin:index")
        items = [("Desk", index), ("Claims", reverse("admin:claim_list"))]
        if may(user, Operation.READ_DESK):
            items.append(("Claimants", reverse("admin:claimant_list")))
            items.append(("Sources", reverse("admin:claims_source_changelist")))
        items.append(("Set-up" if may(user, Operation.CONFIGURE) else "More", reverse("admin:setup")))
        return [
            NavItem(label, url, here=request.path == url or (url != index and request.path.startswith(url)))
            for label, url in items
        ]


desk_site = DeskSite()


def organisation(request: HttpRequest) -> Organisation:
    """The organisation, asked for once per request."""
    known = request.META.get(_ORGANISATION)
    if not isinstance(known, Organisation):
        known = Organisation.objects.current()
        request.META[_ORGANISATION] = known
    return known


def zone(request: HttpRequest) -> tzinfo:
    """The newsroom's time zone; UTC where the name is none."""
    try:
        return ZoneInfo(organisation(request).time_zone)
    except (KeyError, ValueError, OSError):
        return UTC


def now() -> datetime:
    """The edge's clock: the one place on the editors' side that reads it."""
    return timezone.now()


def actor(request: HttpRequest) -> User:
    """The person at the desk; the site lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def render(
    request: HttpRequest, template: str, context: dict[str, Any], *, title: str, status: int = 200
) -> HttpResponse:
    """One of our own pages inside the admin's frame."""
    return TemplateResponse(
        request, template, {**desk_site.each_context(request), "title": title, **context}, status=status
    )


def _role_name(user: AbstractBaseUser | AnonymousUser) -> str:
    if not isinstance(user, User):
        return ""
    held = roles_of(user)
    highest = [role.label for role in Role if role in held and role != Role.ADMINISTRATOR][-1:]
    return ", ".join(highest + (["Administrator"] if Role.ADMINISTRATOR in held else []))
