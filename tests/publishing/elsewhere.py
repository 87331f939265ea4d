"""Publishes one approved claim from a process of its own: `python -m tests.publishing.elsewhere CLAIM USER`."""

import sys

import django
from django.utils import timezone

django.setup()

from django.contrib.auth.models import User  # noqa: E402

from claims.review import operations as moves  # noqa: E402

if __name__ == "__main__":
    claim, user = map(int, sys.argv[1:])
    moves.publish(claim_id=claim, actor=User.objects.get(pk=user), at=timezone.now())
