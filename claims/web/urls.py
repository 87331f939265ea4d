"""Addresses of the public pages. They stand in published documents and in feeds, so they never change."""

from django.urls import path

from claims.web import about, data_feed, embeds, feeds, pages, sitemaps

urlpatterns = [
    path("", pages.front, name="public_front"),
    path("verdicts/", pages.index, name="public_index"),
    path("verdicts/<slug:public_id>/", pages.verdict, name="public_verdict"),
    path("verdicts/<slug:public_id>/embed/", embeds.embed, name="public_embed"),
    path("oembed", embeds.oembed, name="oembed"),
    path("methodology/", about.methodology, name="public_methodology"),
    path("ratings/", about.ratings, name="public_ratings"),
    path("corrections/", about.corrections, name="public_corrections"),
    path("feed.atom", feeds.atom, name="feed_atom"),
    path("feed.rss", feeds.rss, name="feed_rss"),
    path("feed.json", feeds.json_feed, name="feed_json"),
    path("datafeed.json", data_feed.data_feed, name="data_feed"),
    path("sitemap.xml", sitemaps.index, name="sitemap_index"),
    path("sitemap-<int:number>.xml", sitemaps.verdicts, name="sitemap"),
    path("sitemap-pages.xml", sitemaps.pages, name="sitemap_pages"),
    path("sitemap-news.xml", sitemaps.news, name="sitemap_news"),
    path("robots.txt", about.robots, name="robots"),
    path(".well-known/security.txt", about.security, name="security_txt"),
]
