"""Addresses of the public pages. They stand in published documents, so they never change."""

from django.urls import path

from claims.web import pages

urlpatterns = [
    path("", pages.front, name="public_front"),
    path("verdicts/<slug:public_id>/", pages.verdict, name="public_verdict"),
]
