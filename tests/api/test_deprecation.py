"""An operation that will go says so in time: in every answer, refusals among them, and in the description."""

from datetime import date

import pytest
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from claims.api.base import DeskViewSet
from claims.api.deprecation import deprecated
from claims.api.errors import Problem
from claims.api.moves import Nothing
from claims.choices import Role
from tests import factories

LINK = "https://desk.example/api/v1/docs/"


class OldViewSet(DeskViewSet):
    @deprecated(since=date(2026, 12, 1), sunset=date(2027, 6, 1), link=LINK)
    @extend_schema(operation_id="old_list", request=Nothing)
    def list(self, request: Request) -> Response:
        if "x-refuse" in request.headers:
            raise Problem("No.", code="conflict", status=409)
        return Response({})

    def create(self, request: Request) -> Response:
        return Response({}, status=201)


@pytest.mark.django_db
@pytest.mark.parametrize(("headers", "status"), [({}, 200), ({"x-refuse": "1"}, 409)])
def test_every_answer_of_it_says_since_when_until_when_and_where_to_read_on(headers: dict[str, str], status: int):
    request = APIRequestFactory().get("/old", headers=headers)
    force_authenticate(request, user=factories.person(Role.CONTRIBUTOR))

    answer = OldViewSet.as_view({"get": "list", "post": "create"})(request)

    assert answer.status_code == status
    assert answer["Deprecation"] == "@1796083200"
    assert answer["Sunset"] == "Tue, 01 Jun 2027 00:00:00 GMT"
    assert answer["Link"] == '<https://desk.example/api/v1/docs/>; rel="deprecation"; type="text/html"'


@pytest.mark.django_db
def test_its_neighbours_say_nothing():
    request = APIRequestFactory().post("/old")
    force_authenticate(request, user=factories.person(Role.CONTRIBUTOR))

    answer = OldViewSet.as_view({"get": "list", "post": "create"})(request)

    assert (answer.status_code, "Deprecation" in answer, "Sunset" in answer) == (201, False, False)


def test_half_a_year_of_notice_is_given():
    with pytest.raises(ValueError, match="180 days"):
        deprecated(since=date(2026, 12, 1), sunset=date(2027, 5, 1), link="https://desk.example/")
