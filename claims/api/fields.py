"""`fields=`: parts of a published verdict by dotted name, cut out of the stored bytes."""

import json
from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from claims.api.errors import Problem
from claims.api.public_shapes import PublicVerdict

FIELDS = "fields"
# What a part of a verdict never lacks: which one it is, how it stands, and on what terms it may be used.
ALWAYS = ("id", "version", "status", "document.licence")
MOST = 50

Tree = dict[str, Any]  # a part by its name, with the parts asked for below it; none below means the whole


def fields_asked(request: Request) -> Tree | None:
    """The parts that the query asks for, as a tree; None for the whole. Raises Problem for an unknown name."""
    raw = request.query_params.get(FIELDS)
    if raw is None:
        return None
    names = raw.split(",")
    unknown = [name for name in names if name not in _KNOWN]
    if unknown or len(names) > MOST:
        shown = unknown[0].replace("\x00", "")[:60] if unknown else ""
        message = f"There is no field “{shown}”." if unknown else f"At most {MOST} names."
        raise Problem(message, code="invalid", fields={FIELDS: [message, "Names are divided by commas."]})
    tree: Tree = {}
    for name in sorted({*names, *ALWAYS}, key=lambda name: -name.count(".")):
        place = tree
        for part in name.split("."):
            place = place.setdefault(part, {})
        place.clear()  # the whole of a part that is asked for as well as parts of it
    return tree


def cut(envelope: bytes, tree: Tree | None) -> bytes:
    """The envelope with the parts asked for alone; as it is if all of it was."""
    if tree is None:
        return envelope
    return json.dumps(_cut(json.loads(envelope), tree), ensure_ascii=False, separators=(",", ":")).encode()


def _cut(value: Any, tree: Tree) -> Any:
    if not tree:
        return value
    if isinstance(value, list):
        return [_cut(item, tree) for item in value]
    if isinstance(value, dict):
        return {name: _cut(value[name], below) for name, below in tree.items() if name in value}
    return value


def _names(shape: serializers.BaseSerializer[Any], above: str = "") -> Sequence[str]:
    found: list[str] = []
    fields: dict[str, Any] = getattr(shape, "fields", {})
    for name, field in fields.items():
        found.append(above + name)
        inner = getattr(field, "child", field)
        if isinstance(inner, serializers.Serializer):
            found += _names(inner, f"{above}{name}.")
    return found


_KNOWN = frozenset(_names(PublicVerdict()))
