"""Who may use the desk's API at all. What each person may do there, the operations decide by the tables of roles."""

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from claims.access.roles import Operation, require
from claims.api.auth import key_of
from claims.api.errors import Problem
from claims.choices import Scope
from claims.errors import NotAllowed


class OnTheDesk(BasePermission):
    """People with a role, signed in or by a key whose scopes cover the method. Never a consumer's key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or raises NotAuthenticated, NotAllowed, or Problem `insufficient_scope`."""
        key = key_of(request)
        if key is not None and key.consumer_id is not None:
            raise NotAllowed("A consumer's key is for published verdicts and its own webhooks.")
        if not request.user.is_authenticated:
            raise NotAuthenticated
        needed = Scope.DESK_READ if request.method in SAFE_METHODS else Scope.DESK_WRITE
        if key is not None and needed not in key.scopes:
            raise Problem(
                f"This key lacks the scope {needed.value}. Ask for one that has it.",
                code="insufficient_scope",
                status=403,
            )
        require(request.user, Operation.READ_DESK)
        return True


class _ConsumersKey(BasePermission):
    """A key of a consumer, with one scope."""

    scope: Scope
    not_for_people: str

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or raises NotAuthenticated, NotAllowed, or Problem `insufficient_scope`."""
        key = key_of(request)
        if key is None:
            raise NotAuthenticated
        if key.consumer_id is None:
            raise NotAllowed(self.not_for_people)
        if self.scope not in key.scopes:
            raise Problem(
                f"This key lacks the scope {self.scope.value}. Ask for one that has it.",
                code="insufficient_scope",
                status=403,
            )
        return True


class ManagesWebhooks(_ConsumersKey):
    """A consumer's key with the scope for it; each sees and changes its own consumer's endpoints alone."""

    scope = Scope.WEBHOOKS_MANAGE
    not_for_people = "Webhooks belong to consumers. People manage them in the admin."


class ReadsVerdicts(_ConsumersKey):
    """A consumer's key that reads verdicts."""

    scope = Scope.VERDICTS_READ
    not_for_people = "Only consumers hold versions of a verdict. Use a consumer's key."
