"""Where everything is mounted."""

from django.urls import include, path

from factcheck.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/v1/", include("claims.api.urls")),
]
