"""Pages that tests serve."""

PARAGRAPHS = "".join(
    f"<p>Paragraph {n}: the council of Hafenstadt met again on Tuesday to discuss the harbour bridge, whose costs have "
    f"risen to {n + 3} million crowns since the spring.</p>"
    for n in range(6)
)


def article(*, head: str = "", body: str = PARAGRAPHS, title: str = "Bridge costs rise", lang: str = "en") -> bytes:
    """An ordinary news page in UTF-8."""
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><nav><a href='/'>Home</a> <a href='/sport'>Sport</a></nav><article><h1>{title}</h1>{body}</article>"
        f"<footer>All rights reserved. Subscribe to our newsletter.</footer></body></html>"
    ).encode()
