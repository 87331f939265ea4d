"""How many independent voices a set of pages is. Pure; no database."""

from collections import deque
from collections.abc import Hashable, Iterable

from claims.models import Document
from claims.text import host_of


def voice_of(page: Document) -> tuple[Hashable, Hashable]:
    """Who publishes the page, and which story it carries: its group's, or its own."""
    publisher = page.outlet_id if page.outlet_id is not None else host_of(page.url)
    return publisher, page.near_duplicate_group or page.pk


def independent_voices(pages: Iterable[tuple[Hashable, Hashable]]) -> int:
    """The most pages of which no two share a publisher or a story, whatever the order they come in.

    Wire copy in ten papers is one voice; one of those papers with a piece of its own besides makes two. Takes pairs of
    voice_of(). It is the largest matching of publishers with stories, found by augmenting paths (Berge 1957).
    """
    stories: dict[Hashable, list[Hashable]] = {}
    for publisher, story in dict.fromkeys(pages):
        stories.setdefault(publisher, []).append(story)
    teller: dict[Hashable, Hashable] = {}  # which publisher a story is counted for
    return sum(_place(publisher, stories, teller) for publisher in stories)


def _place(publisher: Hashable, stories: dict[Hashable, list[Hashable]], teller: dict[Hashable, Hashable]) -> bool:
    """Count the publisher for a story, moving others to theirs if that makes room; False if nothing does."""
    came_by: dict[Hashable, tuple[Hashable, Hashable | None]] = {}  # story -> who wants it, and what they give up
    waiting: deque[tuple[Hashable, Hashable | None]] = deque([(publisher, None)])
    while waiting:
        who, leaving = waiting.popleft()
        for story in stories[who]:
            if story in came_by:
                continue
            came_by[story] = (who, leaving)
            if story in teller:
                waiting.append((teller[story], story))
                continue
            free: Hashable | None = story
            while free is not None:
                owner, given_up = came_by[free]
                teller[free] = owner
                free = given_up
            return True
    return False
