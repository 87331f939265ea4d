"""Where everything is mounted."""

from django.urls import path

from factcheck.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
]
