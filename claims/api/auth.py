"""Who is asking: an API key in the Authorization header. Browsers of the desk use Django's session with CSRF."""

from django.contrib.auth.models import AnonymousUser, User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from claims.access import keys
from claims.models import ApiKey


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer fct_live_…`. A person's key acts as that person; a consumer's key as nobody."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiKey] | None:
        """The key and its person. None without a bearer key, which costs nothing; raises where the key is no good."""
        scheme, _, clear = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self.of(clear.strip())

    def of(self, clear: str) -> tuple[User | AnonymousUser, ApiKey]:
        """The key in clear and its person. Raises AuthenticationFailed where it is no good."""
        key = keys.verify(clear) if clear.isascii() and clear.isprintable() else None
        if key is None:
            raise AuthenticationFailed("This key is unknown, expired or revoked. Ask for a new one.")
        return key.user or AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        """What WWW-Authenticate says with a 401."""
        return 'Bearer realm="api"'


def key_of(request: Request) -> ApiKey | None:
    """The key that the request came with, if it came with one."""
    return request.auth if isinstance(request.auth, ApiKey) else None


def person_of(request: Request) -> User:
    """The person behind the request. Only for views that let nobody else in."""
    assert isinstance(request.user, User), "the view's permission lets only people in"
    return request.user
