"""Who gets in, and what a person without a role is told."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from claims.choices import Role
from tests.factories import UserFactory


def account(**fields: object) -> User:
    user = UserFactory.create(is_staff=False, **fields)
    user.set_password("correct-horse-battery")
    user.save()
    return user


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_every_role_logs_in_without_being_staff(role: Role):
    user = account(role=role)
    client = Client()

    answer = client.post(
        reverse("admin:login"),
        {"username": user.username, "password": "correct-horse-battery", "next": reverse("admin:index")},
    )

    assert answer.status_code == 302
    assert client.get(reverse("admin:index")).status_code == 200


@pytest.mark.django_db
def test_somebody_without_a_role_is_told_what_to_do():
    user = account()

    answer = Client().post(
        reverse("admin:login"), {"username": user.username, "password": "correct-horse-battery", "next": "/admin/"}
    )

    assert answer.status_code == 200
    assert "Ask an administrator" in answer.content.decode()


@pytest.mark.django_db
def test_nobody_else_sees_the_desk():
    user = account()
    client = Client()
    client.force_login(user)

    for stranger in (Client(), client):
        assert stranger.get(reverse("admin:index")).status_code == 302
