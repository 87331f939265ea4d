"""What workers saw and what was published, to read: documents with their copies, polls, searches, publications."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from claims.admin.copies import archives, changed
from claims.admin.guards import ReadOnlyAdmin
from claims.admin.site import desk_site, render
from claims.choices import Outcome
from claims.models import (
    ArchiveCopy,
    Capture,
    ClaimSearch,
    Coverage,
    Document,
    DocumentChange,
    DocumentCheck,
    DocumentWatch,
    Evidence,
    Publication,
    SourcePoll,
    Submission,
)
from claims.templatetags.desk import chip, host, when

_MEASURED = frozenset({Outcome.FOUND, Outcome.NONE})


def counted(outcome: str, count: int | None) -> str:
    """A count as an answer: a number where we looked, words where we could not."""
    return str(count or 0) if outcome in _MEASURED else "not measured"


@admin.register(Document, site=desk_site)
class DocumentAdmin(ReadOnlyAdmin):
    """Pages of the web. The page of one shows its state, its addresses, its dated copies and its text."""

    list_display = ("shown_title", "outlet", "host", "state", "published", "found")
    list_filter = ("fetch_state",)
    list_select_related = ("outlet",)
    search_fields = ("title", "url")
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        """Without the texts, which a list does not show."""
        return super().get_queryset(request).defer("text")

    @admin.display(description="Title")
    def shown_title(self, document: Document) -> str:
        """The title, or the address."""
        return str(document)

    @admin.display(description="Site")
    def host(self, document: Document) -> str:
        """The host it lives on."""
        return host(document.url)

    @admin.display(description="Our copy", ordering="fetch_state")
    def state(self, document: Document) -> SafeString:
        """How far the copy has come, and why not further."""
        return format_html(
            '{} <span class="quiet-note">{}</span>', chip("fetch", document.fetch_state), document.fetch_note
        )

    @admin.display(description="Published", ordering="published_at")
    def published(self, document: Document) -> SafeString:
        """When the page says it was published."""
        return when(document.published_at)

    @admin.display(description="Found", ordering="pk")
    def found(self, document: Document) -> SafeString:
        """When we first saw it."""
        return when(document.found_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A page of our own instead of a form."""
        document = self.get_object(request, object_id)
        if document is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        context = {
            "document": document,
            "urls": document.urls.order_by("seen_at", "pk")[:50],
            "same_story": Document.objects.filter(
                near_duplicate_group=document.near_duplicate_group, near_duplicate_group__isnull=False
            )
            .exclude(pk=document.pk)
            .select_related("outlet")
            .only("url", "title", "outlet__name")
            .order_by("pk")[:20],
            "captures": Capture.objects.filter(document=document)
            .select_related("removal")
            .order_by("-fetched_at", "-pk")[:20],
            "archived": ArchiveCopy.objects.filter(document=document).order_by("-day", "service")[:20],
            "archives": archives(),
            "watch": DocumentWatch.objects.filter(document=document).first(),
            "checks": DocumentCheck.objects.filter(document=document).order_by("-checked_at")[:20],
            "changes": [
                changed(change)
                for change in DocumentChange.objects.filter(document=document)
                .select_related("before", "after")
                .order_by("-seen_at", "-pk")[:20]
            ],
            "covers": Coverage.objects.filter(document=document).select_related("claim").order_by("-score", "pk")[:20],
            "cited": Evidence.objects.filter(document=document).select_related("claim").order_by("pk")[:20],
        }
        return render(request, "claims/admin/document.html", context, title=str(document))


@admin.register(SourcePoll, site=desk_site)
class SourcePollAdmin(ReadOnlyAdmin):
    """Every attempt to read a source; "looked, nothing new" and "not measured" are different answers."""

    list_display = ("source", "started", "came_to", "http_status", "listed", "new", "note")
    list_filter = ("outcome", "source")
    list_select_related = ("source",)
    ordering = ("-pk",)

    @admin.display(description="When", ordering="started_at")
    def started(self, poll: SourcePoll) -> SafeString:
        """When it was asked."""
        return when(poll.started_at)

    @admin.display(description="Came to", ordering="outcome")
    def came_to(self, poll: SourcePoll) -> SafeString:
        """The outcome in words."""
        return chip("outcome", poll.outcome)

    @admin.display(description="In the feed")
    def listed(self, poll: SourcePoll) -> str:
        """How many entries the feed held, where we could read it or know that it did not change."""
        if poll.outcome in _MEASURED and poll.entries is None:
            return "unchanged"
        return counted(poll.outcome, poll.entries)

    @admin.display(description="New pages")
    def new(self, poll: SourcePoll) -> str:
        """How many pages we did not know."""
        return counted(poll.outcome, poll.new_documents)


@admin.register(ClaimSearch, site=desk_site)
class ClaimSearchAdmin(ReadOnlyAdmin):
    """Every search for a claim's coverage."""

    list_display = ("of_claim", "connector", "query", "started", "came_to", "found", "note")
    list_filter = ("outcome", "connector")
    list_select_related = ("claim",)
    search_fields = ("query", "claim__statement")
    ordering = ("-pk",)

    @admin.display(description="Claim")
    def of_claim(self, search: ClaimSearch) -> SafeString:
        """The claim, linked."""
        url = reverse("admin:claim", args=[search.claim.public_id])
        return format_html('<a href="{}">{}</a>', url, search.claim.statement)

    @admin.display(description="When", ordering="started_at")
    def started(self, search: ClaimSearch) -> SafeString:
        """When it was made."""
        return when(search.started_at)

    @admin.display(description="Came to", ordering="outcome")
    def came_to(self, search: ClaimSearch) -> SafeString:
        """The outcome in words."""
        return chip("outcome", search.outcome)

    @admin.display(description="Found")
    def found(self, search: ClaimSearch) -> str:
        """How many, where we could look."""
        return counted(search.outcome, search.count)


@admin.register(Publication, site=desk_site)
class PublicationAdmin(ReadOnlyAdmin):
    """What the public was given, in the order in which it was given."""

    list_display = ("sequence", "of_claim", "version", "kind", "change_type", "rating", "valid")
    list_filter = ("kind", "change_type")
    list_select_related = ("claim",)
    search_fields = ("statement", "claimant")
    ordering = ("-sequence",)
    exclude = ("body",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Publication]:
        """Without the bodies, which a list does not show."""
        return super().get_queryset(request).defer("body")

    @admin.display(description="Claim")
    def of_claim(self, publication: Publication) -> SafeString:
        """The claim, linked."""
        url = reverse("admin:claim", args=[publication.claim.public_id])
        return format_html('<a href="{}">{}</a>', url, publication.statement)

    @admin.display(description="Public since", ordering="sequence")
    def valid(self, publication: Publication) -> SafeString:
        """When it became public."""
        return when(publication.valid_from)


@admin.register(Submission, site=desk_site)
class SubmissionAdmin(ReadOnlyAdmin):
    """What people asked to have checked. Contacts are kept apart and not shown."""

    list_display = ("shown_text", "url", "received", "state", "claim")
    list_filter = ("state",)
    list_select_related = ("claim",)
    search_fields = ("text", "url")
    ordering = ("-pk",)

    @admin.display(description="What was sent")
    def shown_text(self, submission: Submission) -> str:
        """The beginning of it."""
        return str(submission)

    @admin.display(description="Received", ordering="received_at")
    def received(self, submission: Submission) -> SafeString:
        """When it came."""
        return when(submission.received_at)
