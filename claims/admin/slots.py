"""Forms as a page holds them: where each posts to, what was refused, and what was typed kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.urls import reverse

from claims.admin.differences import Difference
from claims.errors import DomainError, StaleWrite, UnmetLine
from claims.models import Claim


@dataclass(frozen=True, slots=True)
class Refusal:
    """A post that changed nothing: which form it came from, why, and that form with what was typed."""

    key: str
    message: str
    status: int
    form: forms.Form | None
    lines: list[UnmetLine] = field(default_factory=list)
    comparison: list[Difference] = field(default_factory=list)
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """One form on a page. `key` is its id; `target` names the row it is about; `refusal` is its own, if any."""

    key: str
    url: str
    button: str
    form: forms.Form | None
    target: str = ""
    lock_version: int | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class SlotMaker:
    """Makes the slots of one claim's page; the refused form comes back bound."""

    claim: Claim
    refusal: Refusal | None = None
    query: str = ""
    placed: set[str] = field(default_factory=set)

    def __call__(
        self,
        action: str,
        button: str,
        build: Callable[..., forms.Form] | None = None,
        *,
        target: object = "",
        initial: Mapping[str, Any] | None = None,
        lock_version: int | None = None,
        ids: str | None = None,
    ) -> Slot:
        """The slot of an action. `ids` overrides the pattern of its fields' ids, for those that others link to."""
        key = key_of(action, target)
        self.placed.add(key)
        refusal = self.refusal if self.refusal is not None and self.refusal.key == key else None
        form = None
        if refusal is not None and refusal.form is not None:
            form = refusal.form
        elif build is not None:
            form = build(initial=dict(initial or {}), auto_id=ids or f"{key}-%s")
        url = reverse("admin:claim_do", args=[self.claim.public_id, action])
        return Slot(
            key=key,
            url=f"{url}?{self.query}" if self.query else url,
            button=button,
            form=form,
            target=str(target),
            lock_version=lock_version,
            refusal=refusal,
        )

    def homeless(self) -> list[tuple[str, str]]:
        """What was typed into a refused form that the page, as it stands now, has no more place for."""
        if self.refusal is None or self.refusal.form is None or self.refusal.key in self.placed:
            return []
        words = [(str(bound.label), str(bound.value() or "")) for bound in self.refusal.form.visible_fields()]
        return [(label, text) for label, text in words if text.strip()]


def key_of(action: str, target: object) -> str:
    """The id of a form on the page."""
    return f"{action}-{target}" if str(target) else action


def refuse(key: str, error: DomainError, form: forms.Form | None, comparison: list[Difference]) -> Refusal:
    """What an operation refused, with its words put beside the fields they are about."""
    if form is not None and not isinstance(error, StaleWrite):
        for name, texts in error.fields.items():
            if name in form.fields:
                for text in texts:
                    form.add_error(name, text)
    return Refusal(
        key=key,
        message=error.message,
        status=error.status,
        form=form,
        lines=list(getattr(error, "lines", [])),
        comparison=comparison,
        stale=isinstance(error, StaleWrite),
    )


def refuse_shape(key: str, form: forms.Form) -> Refusal:
    """A form whose own fields are not filled in as they must be."""
    return Refusal(key=key, message="Not saved: look at the marked fields.", status=400, form=form)
