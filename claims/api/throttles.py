"""Every request of the API is counted, refused ones and those with a bad key too."""

from django.utils import timezone
from rest_framework.request import Request

from claims.access import keys, limits
from claims.access.limits import Standing
from claims.api.auth import key_of
from claims.api.errors import Problem


def charge(request: Request) -> Standing | None:
    """Count the request towards its caller's limit; None where there is none. Raises Problem `throttled`."""
    key = key_of(request)
    if key is not None:
        caller = limits.of_key(key)
    elif request.user.is_authenticated:
        caller = limits.of_person(request.user.pk)
    else:
        caller = limits.of_address(request.META)
    standing = limits.take(caller)
    refused = standing is not None and not standing.taken.passed
    if key is not None:
        keys.note_use(key=key, at=timezone.now(), refused=refused)
    if standing is not None and refused:
        raise Problem(
            f"More than {caller.limit} requests in a minute. Wait as long as Retry-After says, then go on.",
            code="throttled",
            status=429,
            headers=standing.headers(),
        )
    return standing
