"""A key looks at itself: what it may do, how it is used, and how it is replaced or ended, with no administrator."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from claims.access import keys, limits, uses
from claims.api.auth import KeyAuthentication, key_of
from claims.api.base import Checked, Input, Row, now
from claims.api.errors import Problem
from claims.api.idempotency import HEADER
from claims.api.public_shapes import ErrorBody
from claims.choices import Scope
from claims.models import ApiKey, KeyUse

SHOWN_DAYS = 30
USUAL_OVERLAP = 24  # hours


class ByKey(BasePermission):
    """Whoever holds a good key, whatever its scopes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or raises NotAuthenticated."""
        if key_of(request) is None:
            raise NotAuthenticated
        return True


class UseRow(Row):
    class Meta:
        model = KeyUse
        fields = ["day", "requests", "refused"]


class LimitRow(serializers.Serializer[Any]):
    """So many requests in any span of so many seconds."""

    policy = serializers.CharField()
    requests = serializers.IntegerField()
    seconds = serializers.IntegerField()


class OwnKey(Row):
    """A key as its holder sees it; never its secret."""

    owner = serializers.SerializerMethodField()
    owner_kind = serializers.SerializerMethodField()
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))
    limit = serializers.SerializerMethodField(help_text="Null where there is none.")
    uses = UseRow(
        many=True,
        source="shown_uses",
        help_text=f"By day (UTC), to {SHOWN_DAYS} days back, the newest first; a little behind.",
    )

    class Meta:
        model = ApiKey
        fields = [
            "name",
            "prefix",
            "owner",
            "owner_kind",
            "scopes",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
            "limit",
            "uses",
        ]

    def get_owner(self, key: ApiKey) -> str:
        """A consumer's name, or a person's user name."""
        return str(key.consumer or key.user)

    @staticmethod
    def _kind(key: ApiKey) -> str:
        return "consumer" if key.consumer_id is not None else "person"

    def get_owner_kind(self, key: ApiKey) -> str:
        """`consumer` or `person`."""
        return self._kind(key)

    def get_limit(self, key: ApiKey) -> dict[str, Any] | None:
        """The key's limit. It and the keys that it replaced count as one."""
        caller = limits.of_key(key)
        if caller.limit <= 0:
            return None
        return LimitRow({"policy": caller.policy, "requests": caller.limit, "seconds": limits.SECONDS}).data


class RotateInput(Input):
    overlap_hours = serializers.IntegerField(
        required=False,
        default=USUAL_OVERLAP,
        min_value=0,
        max_value=int(keys.LONGEST_OVERLAP.total_seconds() // 3600),
        help_text="How long the old key works beside the new one. 0 ends it at once.",
    )


class NewKey(serializers.Serializer[Any]):
    """The only answer that ever holds the key itself."""

    secret = serializers.CharField(help_text="The new key. Keep it now: nobody can show it again.")
    key = OwnKey()
    replaced = OwnKey(help_text="The old one, with the time when it ends.")


@extend_schema(tags=["Your key"])
class OwnKeyViewSet(Checked, GenericViewSet[Any]):
    """The key that the request came with."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [ByKey]
    queryset = ApiKey.objects.none()
    serializer_class = OwnKey
    pagination_class = None
    filter_backends = []

    @extend_schema(
        operation_id="key_retrieve",
        summary="Your key: scopes, limit, expiry and use",
        responses={200: OwnKey, 401: ErrorBody},
    )
    def show(self, request: Request) -> Response:
        """The key."""
        return Response(_shown(self._key()))

    @extend_schema(
        operation_id="key_rotate",
        summary="Replace your key",
        description=(
            "The new key has the same owner, scopes, limit and lifetime. Both work during the overlap, and count as "
            "one towards the limit."
        ),
        request=RotateInput,
        responses={201: NewKey, 400: ErrorBody, 401: ErrorBody, 409: ErrorBody},
    )
    def rotate(self, request: Request) -> Response:
        """The new key in clear, this once."""
        if HEADER in request.headers:
            message = "The answer holds a secret and is kept nowhere, so it cannot be repeated under a key."
            raise Problem(message, code="invalid", fields={HEADER: ["Not taken here."]})
        read = RotateInput(data=request.data)
        read.is_valid(raise_exception=True)
        key, overlap = self._key(), timedelta(hours=read.validated_data["overlap_hours"])
        issued = keys.rotate(key_id=key.pk, overlap=overlap, actor=key.user, own=True, at=now())
        old = _row(key.pk)
        shown = {"secret": issued.clear, "key": _shown(_row(issued.key.pk)), "replaced": _shown(old)}
        return Response(shown, status=201)

    @extend_schema(
        operation_id="key_revoke",
        summary="End your key at once",
        description="For a key that leaked. The request that it ends with is its last.",
        request=Input,
        responses={200: OwnKey, 401: ErrorBody},
    )
    def revoke(self, request: Request) -> Response:
        """The key, over."""
        Input(data=request.data).is_valid(raise_exception=True)
        key = self._key()
        keys.revoke(key_id=key.pk, actor=key.user, own=True, at=now())
        return Response(_shown(_row(key.pk)))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        """Keeps keys out of every cache."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "private, no-store"
        return final

    def _key(self) -> ApiKey:
        key = key_of(self.request)
        assert key is not None, "the permission lets only keys in"
        return key


def _row(key_id: int) -> ApiKey:
    return ApiKey.objects.select_related("consumer", "user").get(pk=key_id)


def _shown(key: ApiKey) -> dict[str, Any]:
    key.shown_uses = uses.by_day(key_id=key.pk, days=SHOWN_DAYS)  # type: ignore[attr-defined]
    return dict(OwnKey(key).data)
