"""One press of a button, as the code behind it sees it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404
from django.shortcuts import get_object_or_404

from claims.models import Claim, Coverage, Evidence


@dataclass(frozen=True, slots=True)
class Call:
    """One press of a button: on what, by whom, when, with which words."""

    claim: Claim
    target: str
    given: dict[str, Any]
    lock_version: int | None
    actor: User
    at: datetime

    def by(self) -> dict[str, Any]:
        """Who and when, as every operation takes it."""
        return {"actor": self.actor, "at": self.at}

    def evidence(self) -> int:
        """The targeted source, if it is this claim's."""
        return get_object_or_404(Evidence, claim=self.claim, pk=number(self.target)).pk

    def coverage(self) -> int:
        """The targeted piece of coverage, if it is this claim's or a merged one's."""
        return get_object_or_404(Coverage, claim__in=Claim.objects.cluster(self.claim.pk), pk=number(self.target)).pk

    def page(self) -> int:
        """The page behind the targeted piece of coverage."""
        return Coverage.objects.values_list("document_id", flat=True).get(pk=self.coverage())


def number(text: str) -> int:
    """The id in a form's target. Raises Http404 where it is none."""
    if not text.isdigit():
        raise Http404("There is no such row.")
    return int(text)
