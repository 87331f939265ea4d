"""The API's description: how keys are named in it, and that every operation may fail in the one shape."""

from functools import lru_cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

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
    """Says of every operation that whatever else it answers is an error in the one shape."""
    failure = {
        "description": "Refused; its code says why.",
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{ERROR}"}}},
    }
    for operations in result["paths"].values():
        for method in METHODS:
            if method in operations:
                operations[method]["responses"]["default"] = failure
    return result


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
