"""Dialects, namespaces and prefixes, and fields that are missing, doubled or somewhere else."""

from collections.abc import Iterator

from tests.coverage.odd_feeds.case import DATE, LINK, TITLE, WRITTEN, Odd, atom, one, rdf, rss

_ITEM = f"<title>{TITLE}</title><link>{LINK}</link><pubDate>{WRITTEN}</pubDate>"
_MEDIA = ' xmlns:media="http://search.yahoo.com/mrss/"'


def _versions() -> Iterator[Odd]:
    for version in ("0.91", "0.92", "0.93", "0.94", "2.0", "2.00", "3.7", ""):
        shown = f' version="{version}"' if version else ""
        yield one(f"RSS {version or 'without a version'}", f"<rss{shown}><channel><item>{_ITEM}</item></channel></rss>")
    yield one("RSS 1.0", rdf())
    yield one(
        "RSS 0.90",
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/">'
        f"<channel><title>P</title></channel><item><title>{TITLE}</title><link>{LINK}</link></item></rdf:RDF>",
        date=None,
    )
    yield one(
        "RSS 1.0 with the prefix on RSS",
        rdf()
        .replace('xmlns="', 'xmlns:r="')
        .replace("<title", "<r:title")
        .replace("</title", "</r:title")
        .replace("<link", "<r:link")
        .replace("</link", "</r:link")
        .replace("<item", "<r:item")
        .replace("</item", "</r:item")
        .replace("<channel", "<r:channel")
        .replace("</channel", "</r:channel"),
    )
    yield one("Atom 1.0", atom())
    yield one("Atom 0.3", atom(namespace="http://purl.org/atom/ns#", date="<issued>2026-03-02T08:30:00Z</issued>"))
    prefixed = atom().replace("xmlns=", "xmlns:q=").replace("</", "</q:")
    for name in ("feed", "entry", "title", "link", "published", "id"):
        prefixed = prefixed.replace(f"<{name}", f"<q:{name}")
    yield one("Atom with a prefix", prefixed)
    yield one("Atom without a namespace", atom().replace(' xmlns="http://www.w3.org/2005/Atom"', ""))
    yield one(
        "RSS with a document type",
        rss(
            declared='<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">'
        ),
    )
    yield one(
        "RSS with a style sheet", rss(declared='<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="/a.xsl"?>')
    )
    yield one("RSS in capitals", rss().replace("rss", "RSS").replace("channel", "CHANNEL"))


def _prefixes() -> Iterator[Odd]:
    yield one(
        "Dublin Core title",
        rss(title='<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">Harbour fees rise</dc:title>'),
    )
    yield one("a media title after ours", rss(more="<media:title>A photo</media:title>", root=_MEDIA))
    yield one(
        "a media title before ours", rss(title=f"<media:title>A photo</media:title><title>{TITLE}</title>", root=_MEDIA)
    )
    yield one(
        "a media group",
        rss(
            more='<media:group><media:title>A film</media:title><media:content url="http://x.example/f.mp4"/></media:group>',
            root=_MEDIA,
        ),
    )
    yield one(
        "an iTunes title",
        rss(more="<i:title>Episode</i:title>", root=' xmlns:i="http://www.itunes.com/dtds/podcast-1.0.dtd"'),
    )
    yield one(
        "content:encoded",
        rss(
            more="<c:encoded><![CDATA[<p>Text</p>]]></c:encoded>",
            root=' xmlns:c="http://purl.org/rss/1.0/modules/content/"',
        ),
    )
    yield one(
        "comments and their feed",
        rss(
            more="<comments>http://x.example/c</comments><w:commentRss>http://x.example/r</w:commentRss>",
            root=' xmlns:w="http://wellformedweb.org/CommentAPI/"',
        ),
    )
    yield one("a prefix that nobody declared", rss(more="<x:thing>1</x:thing>"))
    yield one("the source's own title", rss(more='<source url="http://x.example/feed">Elsewhere</source>'))
    yield one(
        "Atom source with title and link",
        atom(more='<id>1</id><source><title>Elsewhere</title><link href="http://x.example/"/></source>'),
    )
    yield one(
        "an image with title and link in the channel",
        rss(
            channel="<title>P</title><image><title>Logo</title><url>http://x.example/l.png</url><link>http://x.example/</link></image>"
        ),
    )
    yield one(
        "a text box with title and link in the channel",
        rss(
            channel="<title>P</title><textInput><title>Search</title><link>http://x.example/s</link><name>q</name></textInput>"
        ),
    )
    yield one(
        "geography and other modules",
        rss(more="<g:lat>1</g:lat><g:long>2</g:long>", root=' xmlns:g="http://www.w3.org/2003/01/geo/wgs84_pos#"'),
    )


def _missing() -> Iterator[Odd]:
    yield one("no title", rss(title=""), title="")
    yield one("an empty title", rss(title="<title/>"), title="")
    yield one("no title but a description", rss(title="", more="<description>Fees rise</description>"), title="")
    yield one("nothing but a link", rss(title="", date=""), title="", date=None)
    yield one("two titles", rss(title=f"<title>{TITLE}</title><title></title>"))
    yield one("no channel title", rss(channel=""))
    yield one(
        "items outside the channel", f'<rss version="2.0"><channel><title>P</title></channel><item>{_ITEM}</item></rss>'
    )
    yield one(
        "the item's parts in another order",
        rss(f"<item><pubDate>{WRITTEN}</pubDate><link>{LINK}</link><title>{TITLE}</title></item>"),
    )
    yield one("one of two without a link", rss(f"<item><title>None</title></item><item>{_ITEM}</item>"))
    yield Odd("an empty RSS feed", rss("").encode(), ())
    yield Odd("an empty Atom feed", atom("").encode(), ())
    yield Odd("a channel of nothing", b'<rss version="2.0"><channel/></rss>', ())
    yield Odd(
        "only items without an address",
        rss("<item><title>A</title></item><item><guid isPermaLink='false'>7</guid></item>").encode(),
        (),
    )
    yield Odd("only empty items", rss("<item/><item></item>").encode(), ())
    two = f"<item>{_ITEM}</item><item><title>Second</title><link>http://paper.example/2</link></item>"
    yield Odd(
        "two, in their order", rss(two).encode(), ((TITLE, LINK, DATE), ("Second", "http://paper.example/2", None))
    )


def feeds() -> Iterator[Odd]:
    """All of them."""
    yield from _versions()
    yield from _prefixes()
    yield from _missing()
