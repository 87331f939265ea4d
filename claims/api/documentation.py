"""The description of the API, for programs and as a page of plain HTML with nothing from outside."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from claims.api.schema import METHODS, description, description_yaml
from claims.text import markdown_html

_FIRST = ("Public verdicts", "Claims", "Moves", "Evidence", "Coverage", "Verdict revisions")
_SHARED = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class Line:
    """One field or parameter: its name, what it holds, whether it must be given, and what it means."""

    name: str
    kind: str
    needed: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One status with what it brings."""

    status: str
    meaning: str
    shape: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One address with one method, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    text: SafeString
    open: bool
    parameters: list[Line]
    body: list[Line]
    answers: list[Answer]
    examples: list[tuple[str, str]]


@require_safe
def openapi_json(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the view's signature
    """The OpenAPI document as JSON."""
    text = json.dumps(description(), ensure_ascii=False)
    return HttpResponse(text, content_type="application/json", headers=_SHARED)


@require_safe
def openapi_yaml(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the view's signature
    """The OpenAPI document as YAML, the same as docs/openapi.yaml."""
    return HttpResponse(description_yaml(), content_type="application/yaml", headers=_SHARED)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every operation on one page, from the same document."""
    found = description()
    sections: dict[str, list[Operation]] = {tag: [] for tag in _FIRST}
    for path, methods in found["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = _operation(found, path, method, methods[method])
                sections.setdefault(methods[method]["tags"][0], []).append(operation)
    shapes = [(name, _fields(found, shape)) for name, shape in sorted(found["components"]["schemas"].items())]
    context = {
        "info": found["info"],
        "key": found["components"]["securitySchemes"]["apiKey"],
        "sections": sections.items(),
        "shapes": [(name, lines) for name, lines in shapes if lines],
    }
    response = render(request, "claims/api/docs.html", context)
    response.headers["Cache-Control"] = _SHARED["Cache-Control"]
    return response


def _operation(found: Mapping[str, Any], path: str, method: str, given: Mapping[str, Any]) -> Operation:
    body = given.get("requestBody", {}).get("content", {}).get("application/json", {})
    answers, examples = [], _examples("Request", body)
    for status, declared in given["responses"].items():
        response = _resolved(found, declared)
        content = response.get("content", {}).get("application/json", {})
        shape = _kind(content.get("schema", {})) if content else ""
        meaning = response.get("description", "") if content else ""
        answers.append(Answer("other" if status == "default" else status, meaning, shape))
        examples += _examples(f"Answer {status}", content)
    return Operation(
        id=given["operationId"],
        method=method.upper(),
        path=path,
        summary=given.get("summary", ""),
        text=SafeString(markdown_html(given.get("description", ""))),  # cleaned by markdown_html
        open={} in given.get("security", []),
        parameters=[
            Line(p["name"], f"{p['in']}, {_kind(p['schema'])}", p.get("required", False), p.get("description", ""))
            for p in (_resolved(found, parameter) for parameter in given.get("parameters", []))
        ],
        body=_fields(found, body.get("schema", {})),
        answers=answers,
        examples=examples,
    )


def _resolved(found: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference into the components stands for; anything else as it is."""
    if "$ref" not in item:
        return item
    _, _, kind, name = item["$ref"].split("/")
    component: Mapping[str, Any] = found["components"][kind][name]
    return component


def _fields(found: Mapping[str, Any], shape: Mapping[str, Any]) -> list[Line]:
    if "$ref" in shape:
        shape = found["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    needed = set(shape.get("required", []))
    return [
        Line(name, _kind(field), name in needed, field.get("description", ""))
        for name, field in shape.get("properties", {}).items()
    ]


def _kind(shape: Mapping[str, Any]) -> str:
    """A shape in few words: `list of Claim`, `string (date)`, `one of "a", "b"`."""
    if "$ref" in shape:
        return str(shape["$ref"].rpartition("/")[2])
    for key, joint in (("allOf", " and "), ("oneOf", " or "), ("anyOf", " or ")):
        if key in shape:
            return joint.join(_kind(part) for part in shape[key])
    if "enum" in shape:
        return "one of " + ", ".join(json.dumps(value) for value in shape["enum"])
    kinds = shape.get("type", "any")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    if "array" in names:
        names[names.index("array")] = f"list of {_kind(shape.get('items', {}))}"
    words = " or ".join(names)
    return f"{words} ({shape['format']})" if "format" in shape else words


def _examples(where: str, content: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"{where}: {example.get('summary', name)}", json.dumps(example["value"], indent=2, ensure_ascii=False))
        for name, example in content.get("examples", {}).items()
    ]
