"""The addresses of Google's Fact Check Tools API that are answered here."""

from django.urls import path, re_path

from claims.api.google import ClaimSearch, ImageSearch, unknown_method

urlpatterns = [
    path("claims:search", ClaimSearch.as_view(), name="google_search"),
    path("claims:imageSearch", ImageSearch.as_view(), name="google_image_search"),
    re_path(r"", unknown_method),
]
