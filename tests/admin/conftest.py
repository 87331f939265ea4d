"""People logged in to the desk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from claims.choices import Role
from claims.models import Claim
from tests.factories import UserFactory, person


@dataclass
class Editor:
    """A person at the desk. `do` presses a button of a claim's page and does not follow the way back."""

    user: User
    client: Client

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(path, query)

    def page(self, claim: Claim, **query: str) -> Any:
        return self.get(reverse("admin:claim", args=[claim.public_id]), **query)

    def do(self, claim: Claim, action: str, **data: Any) -> Any:
        return self.client.post(reverse("admin:claim_do", args=[claim.public_id, action]), data)


def editor(user: User) -> Editor:
    client = Client()
    client.force_login(user)
    return Editor(user=user, client=client)


@pytest.fixture
def at_desk(db: None) -> Callable[[Role | str], Editor]:
    """The standing colleague of a role, logged in."""
    return lambda role: editor(person(role))


@pytest.fixture
def writer(db: None) -> Editor:
    return editor(person(Role.FACT_CHECKER))


@pytest.fixture
def publisher(db: None) -> Editor:
    return editor(person(Role.PUBLISHER))


@pytest.fixture
def administrator(db: None) -> Editor:
    return editor(person(Role.ADMINISTRATOR))


@pytest.fixture
def superuser(db: None) -> Editor:
    return editor(UserFactory.create(superuser=True))
