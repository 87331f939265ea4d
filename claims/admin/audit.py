"""The history of everything, to read. Its rows are append-only by trigger, and sealed."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.admin.guards import ReadOnlyAdmin
from claims.admin.site import desk_site
from claims.choices import EventKind
from claims.models import Event
from claims.templatetags.desk import when


class KindFilter(admin.SimpleListFilter):
    """By kind, from the list in the code: no question to the database."""

    title = "what happened"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every kind."""
        return [(kind.value, kind.value.replace(".", ": ").replace("_", " ")) for kind in EventKind]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Those of the kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event, site=desk_site)
class EventAdmin(ReadOnlyAdmin):
    """The event log."""

    list_display = ("id", "happened", "kind", "by", "about", "of_claim")
    list_display_links = ("id",)
    list_filter = (KindFilter,)
    list_select_related = ("actor", "claim")
    search_fields = ("actor__username", "claim__public_id")
    search_help_text = "A user name, or a claim's id."
    ordering = ("-id",)
    fields = ("happened", "kind", "by", "about", "of_claim", "what", "data_hash", "sealed")
    readonly_fields = fields

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """The links from elsewhere name a subject."""
        return lookup in {"subject_kind", "subject_id"} or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description="When", ordering="id")
    def happened(self, event: Event) -> SafeString:
        """When."""
        return when(event.at)

    @admin.display(description="By")
    def by(self, event: Event) -> str:
        """Who; the service where nobody pressed anything."""
        return event.actor.get_username() if event.actor else "the service"

    @admin.display(description="About")
    def about(self, event: Event) -> str:
        """The row it is about."""
        return f"{event.subject_kind} {event.subject_id}"

    @admin.display(description="Claim")
    def of_claim(self, event: Event) -> SafeString | str:
        """The claim whose history it belongs to."""
        if event.claim is None:
            return "–"
        url = reverse("admin:claim", args=[event.claim.public_id])
        return format_html('<a href="{}">{}</a>', url, event.claim.statement[:80])

    @admin.display(description="Data")
    def what(self, event: Event) -> SafeString:
        """The data as it was written."""
        if event.data is None:
            return format_html("<em>{}</em>", "Lawfully erased; the digest stays.")
        return format_html("<pre>{}</pre>", json.dumps(event.data, indent=2, ensure_ascii=False, sort_keys=True))

    @admin.display(description="Sealed")
    def sealed(self, event: Event) -> str:
        """Its place in the chain."""
        seal = getattr(event, "seal", None)
        return f"as number {seal.seal_sequence}" if seal is not None else "not yet"
