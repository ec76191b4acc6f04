"""Page: every box beside an article at once, no article and no story in two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from models.answers import LISTS, STANDING, StandingName
from models.candidates import MAX_LIMIT, Query, Reason, Recommendation
from models.index import NO_SECTION
from models.limits import NO_OTHERS
from models.recommenders import (
    DEFAULT_ALSO_LIKE,
    DEFAULT_RELATED,
    Recommender,
    filled,
    related_news,
    shown_beside,
    you_may_also_like,
)
from models.retrieval import latest

Text = Annotated[str, Field(min_length=1)]


class BoxList(StrEnum):
    """What a box can hold: the lists by their names, and the latest of one section."""

    RELATED = "related"
    ALSO_LIKE = "also-like"
    LATEST = "latest"
    MOST_READ = "most-read"
    TRENDING = "trending"
    SECTION = "section"


# «section» is headed by the name of its section
HEADINGS = {
    **{BoxList(name): kind.heading for name, kind in LISTS.items()},
    **{BoxList(name): kind.heading for name, kind in STANDING.items()},
}
_STANDING = {BoxList(name): kind.recommend for name, kind in STANDING.items()} | {
    BoxList.SECTION: STANDING[StandingName.LATEST].recommend
}


@dataclass(frozen=True, slots=True)
class Box:
    """One box of a layout.

    Attributes:
        name: what the site knows it by.
        list: what it holds.
        title: what stands above it; None: the heading of the list, or the name of the section.
        section: only articles of this section; a box of ``section`` without one gets one of the biggest.
        limit: articles in it.
        deduplicate: whether it repeats nothing of other boxes and they repeat nothing of it.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    name: Text
    list: BoxList
    title: Text | None = None
    section: Text | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 5
    deduplicate: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """The boxes of a page in the order in which they stand.

    Raises:
        ValueError: when two boxes have one name.
    """

    __pydantic_config__: ClassVar[ConfigDict] = NO_OTHERS

    boxes: tuple[Box, ...]

    def __post_init__(self) -> None:
        names = Counter(box.name for box in self.boxes)
        if twice := [name for name, count in names.items() if count > 1]:
            raise ValueError(f"two boxes are called {', '.join(twice)}")


DEFAULT_LAYOUT = Layout(
    (
        Box("also-like", BoxList.ALSO_LIKE, limit=DEFAULT_ALSO_LIKE),
        Box("related", BoxList.RELATED, limit=DEFAULT_RELATED),
        Box("latest", BoxList.LATEST, limit=4),
        *(Box(f"section-{number}", BoxList.SECTION, limit=4) for number in (1, 2, 3, 4)),
        Box("most-read", BoxList.MOST_READ, limit=5),
    )
)


@dataclass(frozen=True, slots=True)
class FilledBox:
    """A box with its title and what stands in it."""

    box: Box
    title: str
    items: Sequence[Recommendation]


def page(
    recommender: Recommender, source: int | None, query: Query, layout: Layout, fallback: Reason | None = None
) -> list[FilledBox]:
    """The boxes of an article's page that have something in them, in the order of the layout.

    Each box is the list that it holds, made without the stories that other boxes show: related news first, then
    the others as they stand. ``query`` says what is asked of all boxes; ``source`` is None for an article that
    is not known, whose lists are made of the ``fallback`` alone.
    """
    sections = _chosen(recommender, source, query, layout)
    made: dict[str, FilledBox] = {}
    shown: list[Recommendation] = []
    related: list[Recommendation] | None = None  # what related news shows by default
    usual = Query(as_of=query.as_of, asked_at=query.asked_at, limit=DEFAULT_RELATED)
    for box in sorted(layout.boxes, key=lambda box: box.list is not BoxList.RELATED):
        section = sections.get(box.name, box.section)
        if box.list is BoxList.SECTION and section is None:
            continue
        asked = replace(query, limit=box.limit, section=section)
        others = shown if box.deduplicate else []
        if box.list is BoxList.RELATED:
            items = [] if source is None else related_news(recommender, source, asked, others)
            related = items if asked == usual and not others else related
        elif box.list is BoxList.ALSO_LIKE and source is not None:
            related = shown_beside(recommender, source, query) if related is None else related
            others = [*related, *others]
            items = you_may_also_like(recommender, source, asked, others)
        elif box.list is BoxList.ALSO_LIKE:
            items = []
        else:
            items = _STANDING[box.list](recommender, asked, source, others)
        if fallback is not None and len(items) < box.limit and box.list not in {BoxList.LATEST, BoxList.SECTION}:
            edits = recommender.edits(box.list, source, asked)
            items = filled(recommender, items, asked, source, fallback, others, edits)
        if items:
            heading = HEADINGS.get(box.list, section or "")
            made[box.name] = FilledBox(box, box.title or heading, items)
            shown += items if box.deduplicate else []
    return [made[box.name] for box in layout.boxes if box.name in made]


def _chosen(recommender: Recommender, source: int | None, query: Query, layout: Layout) -> dict[str, str]:
    """Names of boxes → sections for those that the layout leaves open.

    The biggest first, by the newest thousand articles that the page may show: not that of the article, and none
    that another box is about.
    """
    index = recommender.index
    left_open = [box for box in layout.boxes if box.list is BoxList.SECTION and box.section is None]
    if not left_open:
        return {}
    blocks = latest(index, query, recommender.edits("latest", source, query))
    newest = next((rows for rows in blocks if len(rows)), None)
    sizes = Counter([] if newest is None else index.section[newest].tolist())
    taken = {index.section_number.get(box.section) for box in layout.boxes if box.section is not None}
    taken |= {NO_SECTION} if source is None else {NO_SECTION, int(index.section[source])}
    biggest = sorted(sizes.keys() - taken, key=lambda number: (-sizes[number], number))
    return {box.name: index.section_names[number] for box, number in zip(left_open, biggest, strict=False)}
