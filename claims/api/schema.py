"""The API's description: how keys are named in it, and that every operation may fail in the one shape."""

from functools import lru_cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from claims.api.idempotency import HEADER, REPLAYED
from claims.api.problems import codes_of, takes_idempotency_key

_IDEMPOTENCY_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]+$"},
    "description": (
        "Any text of your own, new for each request, such as a UUID. Repeated within 24 hours with the same request, "
        f"it gives the stored answer (`{REPLAYED}: true`) and does nothing again."
    ),
}
_HEADERS: dict[str, Any] = {
    "RateLimit": {
        "description": "How you stand: requests left, and seconds until one more is free. On every answer.",
        "schema": {"type": "string"},
        "example": '"anonymous";r=117;t=42',
    },
    "RateLimit-Policy": {
        "description": "Your limit: requests in any span of so many seconds. On every answer.",
        "schema": {"type": "string"},
        "example": '"anonymous";q=120;w=60',
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
}
METHODS = ("get", "post", "patch", "put", "delete")
ERROR = "ErrorBody"


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its registering hook is untyped
    """Bearer keys in OpenAPI."""

    target_class = "claims.api.auth.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """A bearer key."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "fct_live_…",
            "description": (
                "Made by `manage.py create_api_key` or by an administrator. Scopes: `verdicts:read`, `desk:read`, "
                "`desk:write`, `webhooks:manage`. A consumer's key reads verdicts and manages its webhooks; a person's "
                "key can do no more than that person."
            ),
        }


def declare_failures(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Says of every operation with which codes it refuses, how a POST is repeated, and that all else has one shape."""
    refusals: dict[str, Any] = {}
    for path, operations in result["paths"].items():
        for method in METHODS:
            if method in operations:
                _declare(path, method, operations[method], refusals)
    components = result["components"]
    components.setdefault("parameters", {})["IdempotencyKey"] = _IDEMPOTENCY_KEY
    components.setdefault("headers", {}).update(_HEADERS)
    components.setdefault("responses", {}).update(dict(sorted(refusals.items())))
    return result


def _declare(path: str, method: str, operation: dict[str, Any], refusals: dict[str, Any]) -> None:
    """Adds to one operation what it may refuse with; equal refusals are one component."""
    responses = operation["responses"]
    for status, codes in codes_of(path, method, operation).items():
        standing = responses.get(status, {})
        refused = _refusal(status, codes)
        examples = standing.get("content", {}).get("application/json", {}).get("examples")
        if examples:
            refused["content"]["application/json"]["examples"] = examples
            responses[status] = refused
        else:
            name = f"{status}.{'.'.join(codes)}"
            refusals[name] = refused
            responses[status] = {"$ref": f"#/components/responses/{name}"}
    responses["default"] = _refusal("default", [])
    operation["responses"] = dict(sorted(responses.items(), key=lambda item: (item[0] == "default", item[0])))
    if takes_idempotency_key(method, operation):
        operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})


def _refusal(status: str, codes: list[str]) -> dict[str, Any]:
    shape: dict[str, Any] = {"$ref": f"#/components/schemas/{ERROR}"}
    said = "Refused; its code says why."
    if codes:
        said = f"Refused: {', '.join(f'`{code}`' for code in codes)}."
        shape = {"allOf": [shape, {"type": "object", "properties": {"code": {"enum": codes}}}]}
    found: dict[str, Any] = {"description": said, "content": {"application/json": {"schema": shape}}}
    if status == "429":
        found["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS}
    return found


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI document of all that is mounted, made once per process; it depends on the code alone."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@lru_cache(maxsize=1)
def description_yaml() -> bytes:
    """The same as YAML, as it is committed."""
    text: bytes = OpenApiYamlRenderer().render(description(), renderer_context={})  # type: ignore[no-untyped-call]
    return text
