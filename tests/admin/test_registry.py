"""Nothing of the domain is written past the operations: the whole registry is walked, with the most powerful person."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import models
from django.test import RequestFactory

from claims.admin.urls import desk_site
from claims.models import Consumer, Organisation, Outlet, RatingScale, Source, Topic
from tests.factories import UserFactory

# What administrators set up by stock forms, each save of which is a fact of the history. Everything else is the domain.
CONFIGURATION = {Organisation, Outlet, Topic, Source, RatingScale, Consumer, User}


@pytest.mark.django_db
@pytest.mark.parametrize("model", sorted(desk_site._registry, key=str))
def test_the_domain_is_read_only_to_a_superuser(model: type[models.Model]):
    request = RequestFactory().get("/admin/")
    request.user = UserFactory.create(superuser=True)
    registered = desk_site._registry[model]

    if model in CONFIGURATION:
        assert not registered.has_delete_permission(request)
    else:
        assert not registered.has_add_permission(request)
        assert not registered.has_change_permission(request)
        assert not registered.has_delete_permission(request)
    assert "delete_selected" not in registered.get_actions(request)


@pytest.mark.django_db
def test_inlines_belong_to_configuration_alone():
    for model, registered in desk_site._registry.items():
        assert model in CONFIGURATION or not registered.inlines


def test_what_is_registered_is_ours():
    apps = {model._meta.app_label for model in desk_site._registry}

    assert apps == {"auth", "claims", "workers"}
    assert Group in desk_site._registry
