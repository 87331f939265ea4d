"""What every view of the API shares: known parameters only, one claim by its public id, checked input, one clock."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from claims.access.limits import Standing
from claims.api import deprecation, idempotency, pagination, throttles
from claims.api.auth import person_of
from claims.api.errors import Problem
from claims.api.parsers import OnlyJSON, StrictJSON, storable
from claims.api.permissions import OnTheDesk
from claims.models import Claim

Serialized = TypeVar("Serialized", bound="serializers.BaseSerializer[Any]")


class Instant(serializers.DateTimeField):
    """An instant in RFC 3339: out in UTC, in with an offset."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"format": "iso-8601", "default_timezone": UTC, **options})

    def to_internal_value(self, value: Any) -> Any:
        """An aware datetime. Refuses one without an offset, which would name a different instant per reader."""
        try:
            found = parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            found = None
        if found is not None and found.tzinfo is None:
            raise serializers.ValidationError("Give the offset too, such as Z or +02:00.")
        return super().to_internal_value(value)


class Row(serializers.ModelSerializer[Any]):
    """A row as the API shows it."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        **dict.fromkeys(
            [
                k
                for k, v in serializers.ModelSerializer.serializer_field_mapping.items()
                if v is serializers.DateTimeField
            ],
            Instant,
        ),
        models.URLField: serializers.CharField,  # rows only show: "" stands for none, and is no address by any format
    }


class Input(serializers.Serializer[Any]):
    """A body as a client sends it. A field that nobody knows is refused, so that a typing error is not lost."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked values by field."""
        values = super().to_internal_value(data)
        unknown = sorted(set(data) - set(self.fields))
        if unknown:
            raise serializers.ValidationError({name: ["This field is not known here."] for name in unknown})
        return values


def known_parameters_only(request: Request, known: Sequence[str], *, empty: bool = False) -> None:
    """Passes if the query holds nothing but these, each once and with a value: none is read as "everything" by mistake.

    `empty` lets a parameter without a value pass. Raises Problem `unknown_parameter` or `invalid`.
    """
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        which = f"Known here: {', '.join(sorted(known))}." if known else "This address takes none."
        shown = [name.replace("\x00", "�")[:60] for name in unknown[:20]]
        raise Problem(
            f"There is no parameter “{shown[0]}”. {which}",
            code="unknown_parameter",
            fields={name: ["Not known."] for name in shown},
        )
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise Problem(f"Give “{name}” once.", code="invalid", fields={name: ["Given more than once."]})
        if not values[0] and not empty:
            raise Problem(
                f"Give “{name}” a value, or leave it out.", code="invalid", fields={name: ["It has no value."]}
            )
        if not storable(values[0]):
            raise Problem("A parameter holds a NUL. Take it out.", code="invalid", fields={name: ["Holds a NUL."]})


class Checked(APIView):
    """Ignores a declared charset, answers in JSON and refuses parameters that it does not know."""

    parser_classes = [StrictJSON]
    content_negotiation_class = OnlyJSON
    metadata_class = None
    empty_parameters = False  # whether a parameter may be given without a value
    standing: Standing | None = None  # how the caller stands, once the request is counted

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """DRF's request; a charset named by the client would otherwise decode the query, or fail to."""
        request._encoding = "utf-8"  # noqa: SLF001 - the setter would decode the query by the old one first
        return super().initialize_request(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        """Who is asking. The request is counted whether that can be told or not. Raises Problem `throttled`."""
        try:
            super().perform_authentication(request)
        finally:
            self.standing = throttles.charge(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Says how the caller stands, and whether the operation will go."""
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in deprecation.headers_of(getattr(self, (request.method or "").lower(), None)).items():
            final.headers[name] = value
        if self.standing is not None:
            for name, value in self.standing.headers().items():
                final.headers[name] = value
        return final

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who is asking, then what for."""
        super().initial(request, *args, **kwargs)
        known_parameters_only(request, self.parameters(), empty=self.empty_parameters)

    def parameters(self) -> Sequence[str]:
        """The names that the query may hold."""
        return ()


class DeskViewSet(Checked, GenericViewSet[Any]):
    """Views of the desk. A list is paged by `keyset` and filtered by `filterset_class`, if there is one."""

    permission_classes = [OnTheDesk]
    pagination_class: Any = pagination.Keyset
    filter_backends = [DjangoFilterBackend]
    filterset_class: Any = None
    keyset: ClassVar[Sequence[str]] = ("-id",)
    repeatable = True  # a POST under an Idempotency-Key; not where the answer holds a secret
    post: Any  # the action that a POST comes to, where there is one

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who is asking, what for, and whether it was done before."""
        super().initial(request, *args, **kwargs)
        key = idempotency.key_given(request) if request.method == "POST" else None
        if key is not None and not self.repeatable:
            raise Problem(
                "The answer of this operation is kept nowhere, so no key can repeat it. Leave the key out.",
                code="invalid",
                fields={idempotency.HEADER: ["Not taken here."]},
            )
        if key is not None:
            self.post = idempotency.remembered(self.post, request, key, now())

    def parameters(self) -> Sequence[str]:
        """On a list: paging and the filters; elsewhere none."""
        if self.action != "list":
            return ()
        filters = list(self.filterset_class.base_filters) if self.filterset_class is not None else []
        return [*filters, *([pagination.CURSOR, pagination.SIZE] if self.pagination_class is not None else [])]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Keeps the desk's work out of every cache."""
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "private, no-store"
        return final

    def claim(self) -> Claim:
        """The claim that the address names. Raises Claim.DoesNotExist."""
        return Claim.objects.select_related("public_head").get(public_id=self.kwargs["public_id"])

    def cluster(self) -> QuerySet[Claim]:
        """The claim that the address names and those merged into it, whose rows are read together."""
        return Claim.objects.cluster(self.claim().pk)

    def acting(self) -> dict[str, Any]:
        """Who does it and when, as operations want it."""
        return {"actor": person_of(self.request), "at": now()}

    def given(self, kind: type[Serialized], *, partial: bool = False) -> dict[str, Any]:
        """The checked body. Raises ValidationError."""
        read = kind(data=self.request.data, partial=partial)
        read.is_valid(raise_exception=True)
        values: dict[str, Any] = read.validated_data
        return values

    def page(self, rows: QuerySet[Any], kind: type[Serialized]) -> Response:
        """One page of the rows, filtered as the query asks."""
        found = self.paginate_queryset(self.filter_queryset(rows))
        return self.get_paginated_response(kind(found, many=True, context=self.get_serializer_context()).data)


def now() -> datetime:
    """The edge's clock."""
    return timezone.now()
