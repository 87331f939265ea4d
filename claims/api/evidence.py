"""Evidence: the sources of a claim, added, edited and withdrawn."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access.locking import lock_claim
from claims.api import preconditions
from claims.api.base import DeskViewSet, Input, Instant
from claims.api.claims import IF_MATCH, MAY_MATCH
from claims.api.examples import NEW_EVIDENCE
from claims.api.public_shapes import ErrorBody
from claims.api.rows import EvidenceRow
from claims.choices import EvidenceKind, Stance
from claims.editing import evidence as editing
from claims.editing.evidence import EvidenceFields
from claims.models import Evidence

KINDS = [(EvidenceKind.WEB.value, EvidenceKind.WEB.label), (EvidenceKind.STATEMENT.value, EvidenceKind.STATEMENT.label)]
_WORDS = ("stance", "quote", "note", "is_primary", "archive_url")
_WANTED = {EvidenceKind.WEB: ("url",), EvidenceKind.STATEMENT: ("stated_by", "stated_at", "stated_how")}


class EvidenceWords(Input):
    """What an editor says of a source, whatever its kind."""

    stance = serializers.ChoiceField(choices=Stance.choices)
    quote = serializers.CharField(required=False, allow_blank=True)
    note = serializers.CharField(required=False, allow_blank=True, help_text="What it shows, in your own words.")
    is_primary = serializers.BooleanField(required=False)
    archive_url = serializers.CharField(
        required=False, allow_blank=True, max_length=2048, help_text="A copy elsewhere that you looked at."
    )


class EvidenceInput(EvidenceWords):
    """A web page takes `url`; a statement takes `stated_by`, `stated_at` and `stated_how`."""

    kind = serializers.ChoiceField(choices=KINDS, required=False, default=EvidenceKind.WEB.value)
    url = serializers.CharField(required=False, max_length=2048)
    title = serializers.CharField(required=False, allow_blank=True, max_length=500, help_text="Until the page is read.")
    stated_by = serializers.CharField(required=False, max_length=200)
    stated_at = Instant(required=False)
    stated_how = serializers.CharField(required=False, max_length=200, help_text="By telephone, by e-mail …")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Passes if the kind has what it needs and nothing of the other kind."""
        kind = EvidenceKind(attrs["kind"])
        missing = {name: ["Needed for this kind."] for name in _WANTED[kind] if not attrs.get(name)}
        foreign = {name for other, names in _WANTED.items() if other != kind for name in names}
        foreign |= {"title"} if kind == EvidenceKind.STATEMENT else set()
        surplus = {name: ["Not for this kind."] for name in sorted(foreign & set(attrs))}
        if missing or surplus:
            raise serializers.ValidationError({**missing, **surplus})
        return attrs


class WithdrawInput(Input):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300)


def evidence_response(evidence_id: int, *, status: int = 200) -> Response:
    """The source as it stands, with its ETag."""
    row = Evidence.objects.with_sources().select_related("claim").get(pk=evidence_id)
    return Response(EvidenceRow(row).data, status=status, headers={"ETag": preconditions.etag(row.lock_version)})


@extend_schema(tags=["Evidence"])
class ClaimEvidenceViewSet(DeskViewSet):
    """The sources of one claim."""

    queryset = Evidence.objects.with_sources().select_related("claim").defer("document__text", "document__search")
    serializer_class = EvidenceRow

    @extend_schema(operation_id="evidence_list", summary="A claim's sources, withdrawn ones too, the newest first")
    def list(self, request: Request, public_id: str) -> Response:
        """One page of sources, those of merged claims too; `claim` says whose each is."""
        return self.page(self.get_queryset().filter(claim__in=self.cluster()), EvidenceRow)

    @extend_schema(
        operation_id="evidence_create",
        summary="Link a web page or a statement to a claim",
        request=EvidenceInput,
        responses={201: EvidenceRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody},
        examples=[NEW_EVIDENCE],
    )
    def create(self, request: Request, public_id: str) -> Response:
        """The new source. A page's own copy is fetched in the background."""
        claim, given = self.claim(), self.given(EvidenceInput)
        words = EvidenceFields(**{name: given[name] for name in _WORDS if name in given})
        if given["kind"] == EvidenceKind.STATEMENT:
            told = {name: given[name] for name in _WANTED[EvidenceKind.STATEMENT]}
            made = editing.add_statement(claim_id=claim.pk, given=words, **told, **self.acting())
        else:
            page = {"url": given["url"], "title": given.get("title", "")}
            made = editing.add_evidence(claim_id=claim.pk, given=words, **page, **self.acting())
        return evidence_response(made.pk, status=201)


@extend_schema(tags=["Evidence"])
class EvidenceViewSet(DeskViewSet):
    """One source."""

    serializer_class = EvidenceRow

    @extend_schema(operation_id="evidence_retrieve", summary="One source", responses={200: EvidenceRow, 404: ErrorBody})
    def retrieve(self, request: Request, pk: int) -> Response:
        """The source."""
        return evidence_response(pk)

    @extend_schema(
        operation_id="evidence_edit",
        summary="Edit what is said of a source",
        parameters=[IF_MATCH],
        request=EvidenceWords(partial=True),
        responses={200: EvidenceRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody, 412: ErrorBody, 428: ErrorBody},
    )
    def partial_update(self, request: Request, pk: int) -> Response:
        """The source as saved. Fields that are not named stay as they are."""
        tag = preconditions.version(preconditions.required(request))
        given = self.given(EvidenceWords, partial=True)
        with transaction.atomic():
            lock_claim(Evidence.objects.values_list("claim_id", flat=True).get(pk=pk))
            row = Evidence.objects.get(pk=pk)
            kept = {name: getattr(row, name) for name in _WORDS}
            editing.edit_evidence(
                evidence_id=pk, given=EvidenceFields(**{**kept, **given}), lock_version=tag, **self.acting()
            )
        return evidence_response(pk)

    @extend_schema(
        operation_id="evidence_withdraw",
        summary="Take a source out of the verdict",
        parameters=[MAY_MATCH],
        request=WithdrawInput,
        responses={200: EvidenceRow, 400: ErrorBody, 403: ErrorBody, 409: ErrorBody, 412: ErrorBody},
    )
    def withdraw(self, request: Request, pk: int) -> Response:
        """The source, marked as withdrawn; the row stays."""
        tag, reason = preconditions.optional(request), self.given(WithdrawInput).get("reason", "")
        editing.withdraw_evidence(evidence_id=pk, reason=reason, lock_version=tag, **self.acting())
        return evidence_response(pk)
