"""How the desk works, out of its own data: methodology, ratings with their counts, corrections; robots, security."""

from datetime import UTC, datetime
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from claims.choices import ChecklistLine, ClaimKind
from claims.models import Organisation, PublicHead
from claims.publishing import browse
from claims.text import markdown_html
from claims.verdicts.candidate import site_url
from claims.web.answers import conditional, house, in_zone, number, public

SLOW = 300  # seconds; what these pages say changes rarely


@public
def methodology(request: HttpRequest) -> HttpResponseBase:
    """How claims are chosen, checked, reviewed and corrected, and who pays for it."""
    organisation = Organisation.objects.current()
    context = {
        "here": "methodology",
        "lines": ChecklistLine.labels,
        "scales": [
            {
                "scale": scale,
                "description": paragraphs(scale.description),
                "kinds": [ClaimKind(kind).label for kind in scale.claim_kinds if kind in ClaimKind.values],
            }
            for scale, _ in browse.scales()
            if scale.active
        ],
        **house(organisation),
    }
    return conditional(request, render(request, "claims/web/methodology.html", context), max_age=SLOW)


@public
def ratings(request: HttpRequest) -> HttpResponseBase:
    """Each scale with its ratings, what they mean, and how many live verdicts have each."""
    organisation = Organisation.objects.current()
    shown = []
    for scale, steps in browse.scales():
        most = max((step.count for step in steps), default=0)
        rows = [
            {
                "slug": step.rating.slug,
                "name": step.rating.name(organisation.default_language),
                "definition": step.rating.definition(organisation.default_language),
                "colour": step.rating.colour,
                "value": step.rating.value,
                "count": step.count,
                "width": round(100 * step.count / most, 1) if most else 0,
            }
            for step in steps
        ]
        total = sum(step.count for step in steps)
        shown.append({"scale": scale, "description": paragraphs(scale.description), "steps": rows, "total": total})
    context = {"here": "ratings", "scales": shown, **house(organisation)}
    return conditional(request, render(request, "claims/web/ratings.html", context), max_age=SLOW)


@public
def corrections(request: HttpRequest) -> HttpResponseBase:
    """All corrections and retractions, the newest first, and how a reader reports an error."""
    organisation = Organisation.objects.current()
    shown, older = browse.changes(before=number(request.GET.get("before", "")))
    about = PublicHead.objects.filter(public_id=request.GET.get("about", "")[:16]).first()
    address = f"{site_url(organisation)}{reverse('public_verdict', args=[about.public_id])}" if about else ""
    contact = organisation.contact
    context = {
        "here": "corrections",
        "shown": shown,
        "older": older,
        "paged": "before" in request.GET,
        "about": address,
        "contact": contact,
        "contact_link": contact_link(contact, subject="Error in a verdict", text=address),
        **house(organisation),
    }
    with in_zone(organisation.time_zone):
        page = render(request, "claims/web/corrections.html", context)
    return conditional(request, page)


@public
def robots(request: HttpRequest) -> HttpResponseBase:
    """Everything public may be read by everybody; where the sitemaps are."""
    base = site_url(Organisation.objects.current())
    lines = ["User-agent: *", "Disallow: /admin/", "Allow: /", ""]
    lines += [f"Sitemap: {base}{reverse(name)}" for name in ("sitemap_index", "sitemap_news")]
    return _text(request, lines)


@public
def security(request: HttpRequest) -> HttpResponseBase:
    """Where weaknesses are reported, by RFC 9116; 404 while nobody is named."""
    organisation = Organisation.objects.current()
    contact = settings.SECURITY_CONTACT or organisation.contact
    if not contact:
        raise Http404("Nobody is named for reports of weaknesses.")
    base = site_url(organisation)
    now = timezone.now()
    # Half a year on, from the start of the month, so that the file stays the same for caches.
    expires = datetime(now.year + (now.month + 5) // 12, (now.month + 5) % 12 + 1, 1, tzinfo=UTC)
    lines = [
        f"Contact: {contact_link(contact)}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {organisation.default_language}",
        f"Canonical: {base}{reverse('security_txt')}",
    ]
    return _text(request, lines)


def contact_link(contact: str, *, subject: str = "", text: str = "") -> str:
    """A contact as the address of a link: what is no web address is taken for one of e-mail."""
    if not contact or contact.startswith(("http://", "https://", "mailto:")):
        return contact
    more = "&".join(f"{name}={quote(value)}" for name, value in (("subject", subject), ("body", text)) if value)
    return f"mailto:{quote(contact, safe='@+')}{f'?{more}' if more else ''}"


def paragraphs(text: str) -> SafeString:
    """A description as set text."""
    return mark_safe(markdown_html(text))  # noqa: S308 - lets nothing but set text pass


def _text(request: HttpRequest, lines: list[str]) -> HttpResponseBase:
    body = "\n".join(" ".join(line.split()) for line in lines) + "\n"
    return conditional(request, HttpResponse(body, content_type="text/plain; charset=utf-8"), max_age=SLOW)
