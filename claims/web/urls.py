"""Addresses of the public pages. They stand in published documents, so they never change."""

from django.urls import path

from claims.web import feeds, pages

urlpatterns = [
    path("", pages.front, name="public_front"),
    path("feed.atom", feeds.atom, name="feed_atom"),
    path("feed.rss", feeds.rss, name="feed_rss"),
    path("feed.json", feeds.json_feed, name="feed_json"),
    path("verdicts/<slug:public_id>/", pages.verdict, name="public_verdict"),
]
