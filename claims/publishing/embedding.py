"""How other sites show a verdict: the frame's markup, and oEmbed's answer. Pure.

Source: oembed.com, version 1.0.
"""

from html import escape
from typing import Any
from xml.sax.saxutils import escape as xml_escape

from django.conf import settings
from django.urls import reverse

from claims.text import plain

WIDTH, HEIGHT = 600, 320  # pixels, until the frame says how tall its content is


def frame(*, base: str, public_id: str, title: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """The markup that shows a verdict in a page: a frame, which serves alone, and the script that lets it grow."""
    source = f"{base}{reverse('public_embed', args=[public_id])}"
    static = settings.STATIC_URL if "://" in settings.STATIC_URL else f"{base}{settings.STATIC_URL}"
    return (
        f'<iframe data-factcheck src="{escape(source)}" width="{width}" height="{height}" '
        f'title="{escape(plain(title))}" style="max-width:100%;border:0" loading="lazy"></iframe>'
        f'<script async src="{escape(static)}claims/embed.js"></script>'
    )


def oembed(
    body: dict[str, Any], *, base: str, name: str, max_width: int | None, max_height: int | None, max_age: int
) -> dict[str, Any]:
    """What oEmbed answers for a live verdict. `max_age` in seconds."""
    width = min(WIDTH, max_width or WIDTH)
    height = min(HEIGHT, max_height or HEIGHT)
    title = body["verdict"]["headline"] or body["claim"]["statement"]
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "author_name": body["verdict"]["byline"] or name,
        "provider_name": name,
        "provider_url": f"{base}/",
        "cache_age": max_age,
        "width": width,
        "height": height,
        "html": frame(base=base, public_id=body["id"], title=title, width=width, height=height),
    }


def as_xml(answer: dict[str, Any]) -> bytes:
    """The same as oEmbed writes it in XML."""
    rows = "".join(f"<{name}>{xml_escape(plain(str(value)))}</{name}>" for name, value in answer.items())
    return f'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<oembed>{rows}</oembed>\n'.encode()
