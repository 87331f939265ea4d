"""Giving uploaded evidence back to colleagues, as a download and nothing else."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from claims.access.transfer import attachment
from claims.admin.site import desk_site
from claims.editing.files import opened
from claims.models import Evidence


@desk_site.page("evidence/<int:pk>/file/", name="evidence_file")
@require_GET
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:  # noqa: ARG001 - every view is given its request
    """The file of a source, withdrawn ones too."""
    evidence = get_object_or_404(Evidence, pk=pk)
    file = opened(evidence)
    if file is None:
        raise Http404("There is no file here.")
    return attachment(file=file, name=evidence.file_name or "evidence")
