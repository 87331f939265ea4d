"""Where everything is mounted."""

from django.urls import include, path

from claims.admin.urls import desk_site
from factcheck.health import healthz, readyz
from factcheck.metrics import metrics
from workers.admin import register as register_work

register_work(desk_site)  # claims never imports workers, so the two meet here

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1/", include("claims.api.urls")),
    path("v1alpha1/", include("claims.api.google_urls")),
    path("admin/", desk_site.urls),
    path("", include("claims.web.urls")),
]
