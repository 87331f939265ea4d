"""The API's description: committed as generated, complete, and readable on a page with nothing from outside."""

import re
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from django.urls import reverse

from claims.api import urls
from claims.api.schema import description
from factcheck.middleware import POLICY
from tests.api.conftest import Api, expect

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.yaml"


def test_the_committed_description_is_what_the_code_gives(tmp_path: Path):
    fresh = tmp_path / "openapi.yaml"

    call_command("spectacular", "--fail-on-warn", "--validate", "--file", str(fresh))

    assert fresh.read_text(encoding="utf-8") == COMMITTED.read_text(encoding="utf-8"), "run: make openapi"


def test_every_address_is_described():
    described = {re.sub(r"\{\w+\}", "{}", path) for path in description()["paths"]}
    plain = {"openapi.json", "openapi.yaml", "docs/", ""}
    mounted = {str(pattern.pattern) for pattern in urls.urlpatterns} - plain

    assert {"/api/v1/" + re.sub(r"<\w+:\w+>", "{}", path) for path in mounted} == described


def test_every_operation_has_an_id_of_its_own_a_summary_and_the_shape_of_failure():
    operations = [
        operation
        for methods in description()["paths"].values()
        for name, operation in methods.items()
        if name in {"get", "post", "patch", "delete", "put"}
    ]

    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert all(operation["summary"] for operation in operations)
    for operation in operations:
        shape = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert shape == {"$ref": "#/components/schemas/ErrorBody"}


def test_public_reads_are_open_and_the_desk_is_not():
    paths = description()["paths"]

    assert {} in paths["/api/v1/verdicts"]["get"]["security"]
    assert {} not in paths["/api/v1/claims"]["get"]["security"]


@pytest.mark.django_db
def test_the_description_is_served_as_json_and_yaml(anybody: Api):
    found = expect(anybody.get("/openapi.json"), 200)
    text = anybody.get("/openapi.yaml").content.decode()

    assert found["openapi"].startswith("3.1")
    assert yaml.safe_load(text) == found
    assert text == COMMITTED.read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_page_needs_nothing_from_outside_and_nothing_inline(anybody: Api):
    answer = anybody.get("/docs/")

    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == POLICY
    assert re.findall(r'(?:src|href)="(?!/|#|data:,)[^"]*"', page) == []
    assert "<script" not in page
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)


@pytest.mark.django_db
def test_the_page_names_every_operation(anybody: Api):
    page = anybody.get("/docs/").content.decode()

    for path, methods in description()["paths"].items():
        assert path in page
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    assert reverse("api:docs") == "/api/v1/docs/"
