"""The DataFeed of all ClaimReviews, streamed."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response

from claims.models import Organisation
from claims.publishing import data_feed as document
from claims.text import sha256
from claims.verdicts.candidate import site_url
from claims.web.answers import MAX_AGE, open_to_all, public


@public
def data_feed(request: HttpRequest) -> HttpResponseBase:
    """Every live verdict's ClaimReview, and that the others were retracted. 304 while nothing was published."""
    organisation = Organisation.objects.current()
    base = site_url(organisation)
    etag = f'W/"{sha256(f"{document.validator()} {base} {organisation}".encode())[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={MAX_AGE}"}
    known = get_conditional_response(request, etag, None, HttpResponse(headers=headers))
    if known is not None and known.status_code == 304:
        return open_to_all(known)
    parts = document.data_feed(
        name=f"Verdicts of {organisation.name or 'the desk'}",
        url=f"{base}{reverse('data_feed')}",
        licence=organisation.data_licence,
        base=base,
    )
    response = StreamingHttpResponse(parts, content_type="application/ld+json", headers=headers)
    return open_to_all(response)
