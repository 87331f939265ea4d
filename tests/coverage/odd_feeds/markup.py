"""Markup where text belongs: kept as the text that a reader would see, never as markup."""

from collections.abc import Iterator

from tests.coverage.odd_feeds.case import Odd, atom, one, rss


def _escaped(markup: str) -> str:
    return markup.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def feeds() -> Iterator[Odd]:
    """All of them."""
    for name, markup, seen in [
        ("bold", "<b>Harbour</b> fees rise", "Harbour fees rise"),
        ("a link", '<a href="http://x.example">Harbour fees</a> rise', "Harbour fees rise"),
        ("a picture with a handler", '<img src=x onerror="alert(1)">Fees', "Fees"),
        ("a script", "Fees <script>alert(1)</script>", "Fees alert(1)"),
        ("a comment", "Fees <!-- x --> rise", "Fees rise"),
        ("entities", "Fees &amp; dues &#8212; now", "Fees & dues — now"),
        ("a sum", "1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("a break", "Fees<br/>rise", "Fees rise"),
    ]:
        yield one(f"{name}, escaped", rss(title=f"<title>{_escaped(markup)}</title>"), title=seen)
        yield one(f"{name}, in CDATA", rss(title=f"<title><![CDATA[{markup}]]></title>"), title=seen)
        yield one(f"{name}, Atom type html", atom(title=f'<title type="html">{_escaped(markup)}</title>'), title=seen)
    yield one("Atom type text", atom(title='<title type="text">Fees &lt;= 3</title>'), title="Fees <= 3")
    div = '<div xmlns="http://www.w3.org/1999/xhtml">Harbour <em>fees</em> rise</div>'
    yield one("Atom type xhtml", atom(title=f'<title type="xhtml">{div}</title>'))
    yield one("white space and line ends", rss(title="<title>\n  Harbour\r\n\tfees   rise </title>"))
    yield one("escaped twice", rss(title="<title>Fees &amp;amp; dues</title>"), title="Fees & dues")
    yield one("marks of direction", rss(title="<title>\u202eFees\u202c rise</title>"), title="\u202eFees\u202c rise")
    yield one("a very long title", rss(title=f"<title>{'fee ' * 400}</title>"), title=("fee " * 125)[:-1] + "…")
