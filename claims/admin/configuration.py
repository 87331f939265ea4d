"""How the newsroom is set up: organisation, outlets, topics, sources, rating scales, consumers."""

import zoneinfo
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.validators import URLValidator, validate_email
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from claims.access.roles import Operation, may
from claims.admin.forms import WebField
from claims.admin.guards import ConfigurationAdmin
from claims.admin.site import actor, desk_site, now
from claims.admin.source_words import every_words, state_words
from claims.capture.documents import stored_address
from claims.choices import ClaimKind, SourceKind
from claims.coverage.sources import request_poll, save_source
from claims.errors import DomainError
from claims.models import Consumer, Organisation, Outlet, Rating, RatingScale, Source, SourcePoll, Topic, Verdict
from claims.templatetags.desk import ago, chip
from claims.text import one_line

if TYPE_CHECKING:  # generic to the type checker only
    _ModelForm = forms.ModelForm[Any]
    _StackedInline = admin.StackedInline[Any, Any]
else:
    _ModelForm = forms.ModelForm
    _StackedInline = admin.StackedInline


_ADDRESSES = ("site_url", "logo_url", "corrections_policy_url", "publishing_principles_url")


class OrganisationForm(_ModelForm):
    """The one organisation; its time zone is chosen, not typed."""

    time_zone = forms.ChoiceField(choices=[(name, name) for name in sorted(zoneinfo.available_timezones())])

    class Meta:
        model = Organisation
        exclude = ("id",)
        field_classes = dict.fromkeys(_ADDRESSES, WebField)

    def clean_contact(self) -> str:
        """An e-mail address or a page's address, since readers get it as a link."""
        contact: str = self.cleaned_data["contact"].strip()
        if contact and "://" not in contact:
            validate_email(contact)
        elif contact:
            URLValidator(schemes=["http", "https"])(contact)
        return contact


@admin.register(Organisation, site=desk_site)
class OrganisationAdmin(ConfigurationAdmin):
    form = OrganisationForm
    list_display = ("name", "site_url", "time_zone", "default_language", "data_licence")

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        """Nobody: there is exactly one, made by a migration."""
        return False


@admin.register(Outlet, site=desk_site)
class OutletAdmin(ConfigurationAdmin):
    list_display = ("name", "kind", "shown_domains", "country", "language")
    list_filter = ("kind",)
    search_fields = ("name", "slug", "domains")
    ordering = ("name", "pk")
    prepopulated_fields = {"slug": ("name",)}

    @admin.display(description="Domains")
    def shown_domains(self, outlet: Outlet) -> str:
        """The domains in one cell."""
        return ", ".join(outlet.domains)


@admin.register(Topic, site=desk_site)
class TopicAdmin(ConfigurationAdmin):
    list_display = ("slug", "english")
    search_fields = ("slug",)
    ordering = ("slug",)

    @admin.display(description="Name")
    def english(self, topic: Topic) -> str:
        """Its name."""
        return topic.name()


class SourceForm(_ModelForm):
    """A feed. Its address is kept in the one form under which addresses are known."""

    class Meta:
        model = Source
        fields = ("name", "kind", "url", "outlet", "active", "poll_minutes", "fixed_period")
        field_classes = {"url": WebField}
        labels = {"poll_minutes": "Minutes between polls", "fixed_period": "Always keep this period"}
        help_texts = {
            "poll_minutes": "Where the source starts. Unless you fix it, the period is learned from what it lists.",
            "fixed_period": (
                "Off: asked every 10 minutes to 24 hours, as often as it takes to miss nothing. On: every so many"
                " minutes, whatever it publishes."
            ),
        }

    def clean_name(self) -> str:
        """The name on one line. Raises ValidationError if nothing of it can be seen."""
        name = one_line(self.cleaned_data["name"], limit=200)
        if not name:
            raise forms.ValidationError("Give the source a name.")
        return name

    def clean_url(self) -> str:
        """The address in its normal form. Raises ValidationError for none of a web page, or one in use."""
        try:
            address = stored_address(self.cleaned_data["url"])
        except DomainError as error:
            raise forms.ValidationError(error.fields.get("url", [error.message])) from error
        if Source.objects.filter(url=address).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("Another source has this address already; edit that one.")
        return address


@admin.register(Source, site=desk_site)
class SourceAdmin(ConfigurationAdmin):
    """Sources with their health. Saving goes through the operation, which makes a new address due at once."""

    form = SourceForm
    change_form_template = "claims/admin/source_form.html"
    list_display = ("name", "state", "outlet", "health", "last_succeeded", "next_poll", "every")
    list_filter = ("active", "kind")
    list_select_related = ("outlet",)
    search_fields = ("name", "url")
    ordering = ("-failures", "name", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """With what the newest poll came to."""
        newest = SourcePoll.objects.filter(source=OuterRef("pk")).order_by("-started_at", "-pk")
        rows: QuerySet[Source] = (
            super()
            .get_queryset(request)
            .annotate(
                last_outcome=Subquery(newest.values("outcome")[:1]), last_note=Subquery(newest.values("note")[:1])
            )
        )
        return rows

    @admin.display(description="Health", ordering="failures")
    def state(self, source: Source) -> SafeString:
        """How it is doing, as the way to its page of health."""
        state = state_words(source)
        return format_html(
            '<a class="chip chip-source-{}" href="{}"><span class="shape" aria-hidden="true">{}</span>{}'
            '<span class="visually-hidden">: the health of {}</span></a>',
            state.name,
            reverse("admin:source_health", args=[source.pk]),
            state.shape,
            state.words,
            source.name,
        )

    @admin.display(description="Last poll", ordering="last_polled_at")
    def health(self, source: Source) -> SafeString:
        """The newest outcome in words, with its note; a source never asked says so."""
        outcome = getattr(source, "last_outcome", None)
        if outcome is None:
            return format_html('<span class="chip chip-outcome-unasked">{}</span>', "Not asked yet")
        note = getattr(source, "last_note", "")
        return format_html('{} <span class="quiet-note">{}</span>', chip("outcome", outcome), note)

    @admin.display(description="Last readable", ordering="last_succeeded_at")
    def last_succeeded(self, source: Source) -> SafeString:
        """When the feed could last be read."""
        return ago(source.last_succeeded_at)

    @admin.display(description="Next poll", ordering="next_poll_at")
    def next_poll(self, source: Source) -> str:
        """When it is due."""
        if not source.active:
            return "switched off"
        if source.next_poll_at is None or source.next_poll_at <= now():
            return "due now"
        minutes = round((source.next_poll_at - now()).total_seconds() / 60)
        return f"in {minutes} min" if minutes < 120 else f"in {round(minutes / 60)} h"

    @admin.display(description="Every")
    def every(self, source: Source) -> str:
        """Its period while all is well: an editor's, or the learned one."""
        return every_words(source, now())

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Through the operation, which schedules and records."""
        saved = save_source(
            source_id=obj.pk if change else None,
            name=obj.name,
            kind=SourceKind(obj.kind),
            url=obj.url,
            poll_minutes=obj.poll_minutes,
            fixed_period=obj.fixed_period,
            outlet=obj.outlet,
            active=obj.active,
            actor=actor(request),
            at=now(),
        )
        obj.pk = saved.pk

    def log_addition(self, request: HttpRequest, obj: Source, message: Any) -> Any:
        """Nothing more: the operation wrote the event."""

    def log_change(self, request: HttpRequest, obj: Source, message: Any) -> Any:
        """Nothing more: the operation wrote the event."""

    def get_urls(self) -> list[URLPattern]:
        """With "Poll now"."""
        poll = path("<int:pk>/poll/", self.admin_site.admin_view(require_POST(self.poll_now)), name="source_poll")
        return [poll, *super().get_urls()]

    def poll_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the source to be polled soon."""
        get_object_or_404(Source, pk=pk)
        if not may(request.user, Operation.CONFIGURE):
            messages.error(request, "Only administrators ask for a poll. Ask one of them.")
        else:
            try:
                request_poll(source_id=pk, actor=actor(request), at=now())
            except DomainError as error:
                messages.error(request, error.message)
            else:
                messages.success(request, "The poll is on its way; look again in a minute.")
        return HttpResponseRedirect(reverse("admin:source_health", args=[pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form with the way to the source's health below it."""
        context = {**(extra_context or {}), "may_poll": may(request.user, Operation.CONFIGURE)}
        return super().change_view(request, object_id, form_url, context)


class RatingInline(_StackedInline):
    """The steps of a scale; frozen with it once one is used."""

    model = Rating
    extra = 0
    ordering = ("position", "pk")

    def has_view_permission(self, request: HttpRequest, obj: RatingScale | None = None) -> bool:
        """Everybody on the desk reads the definitions."""
        return may(request.user, Operation.READ_DESK)

    def has_add_permission(self, request: HttpRequest, obj: RatingScale | None = None) -> bool:
        """Administrators, while no verdict uses the scale."""
        return may(request.user, Operation.CONFIGURE) and not used(obj)

    def has_change_permission(self, request: HttpRequest, obj: RatingScale | None = None) -> bool:
        """Administrators, while no verdict uses the scale."""
        return self.has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: RatingScale | None = None) -> bool:
        """Administrators, while no verdict uses the scale."""
        return self.has_add_permission(request, obj)


class ScaleForm(_ModelForm):
    """A scale; the kinds of claim it fits are ticked."""

    claim_kinds = forms.MultipleChoiceField(
        choices=ClaimKind.choices, required=False, widget=forms.CheckboxSelectMultiple, help_text="None means all."
    )

    class Meta:
        model = RatingScale
        fields = (
            "slug",
            "version",
            "name",
            "description",
            "claim_kinds",
            "minimum_evidence",
            "minimum_outlets",
            "active",
        )


@admin.register(RatingScale, site=desk_site)
class RatingScaleAdmin(ConfigurationAdmin):
    """Scales with their ratings. Used ones are frozen but for `active`; make a new version instead."""

    form = ScaleForm
    inlines = (RatingInline,)
    list_display = ("name", "slug", "version", "active", "steps")
    ordering = ("slug", "-version")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RatingScale]:
        """With the number of steps."""
        rows: QuerySet[RatingScale] = super().get_queryset(request).annotate(step_count=Count("ratings"))
        return rows

    @admin.display(description="Steps")
    def steps(self, scale: RatingScale) -> int:
        """How many ratings it has."""
        return getattr(scale, "step_count", None) or 0

    def get_readonly_fields(self, request: HttpRequest, obj: RatingScale | None = None) -> Any:
        """Everything but `active`, once a verdict uses it."""
        return [name for name in ScaleForm.Meta.fields if name != "active"] if used(obj) else ()


def used(scale: RatingScale | None) -> bool:
    """Whether a verdict was rated on the scale, so that its words may not change any more."""
    return scale is not None and Verdict.objects.filter(rating__scale=scale).exists()


@admin.register(Consumer, site=desk_site)
class ConsumerAdmin(ConfigurationAdmin):
    list_display = ("name", "contact", "active")
    search_fields = ("name", "contact")
    ordering = ("name",)
