"""A live WordPress by its REST API: all posts the first time, then those that are new or were changed.

Posts are asked for in the order in which they were last changed, beginning behind the last one that was read, so that
none is lost or read for ever while editors write. What was read is remembered after its records were handed out.
That a post was deleted or unpublished cannot be seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models.errors import FetchError, RecordError, SourceError
from training.sources.record import SourceRecord
from training.sources.web import Web
from training.sources.wordpress_api import Api, find_api
from training.sources.wordpress_post import Post, deleted

PER_PAGE = 100  # the most that WordPress gives
MEMORY = "wordpress"  # the key of what was read
OVERLAP = timedelta(minutes=65)  # asked again: the hour that comes twice when clocks are set back, and what shows late
MAX_REMEMBERED = 2000  # posts of the last second or hour
MAX_TERMS = 10_000  # names of categories or tags that are kept
_TAXONOMIES = {"categories": "category", "tags": "post_tag"}  # as the API calls them
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_BEGINNING = "1970-01-01T00:00:00"  # before it are only posts of which it is not known when they were changed
_SECOND = timedelta(seconds=1)
_LARGEST_TIES = 3  # times that the posts of one second are read while they change


@dataclass(slots=True)
class _Position:
    """How far posts were read.

    Attributes:
        after: posts changed later are to be read, in the time of the site.
        seen: of those, when each that was read had been changed, by number.
    """

    after: str = _BEGINNING
    seen: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str | None) -> _Position:
        """As it was remembered; the beginning where that cannot be read."""
        try:
            told = json.loads(text or "")
            after, seen = told["after"], dict(told["seen"])
            datetime.fromisoformat(after)
        except (ValueError, KeyError, TypeError):
            return cls()
        return cls(after, seen)

    def __str__(self) -> str:
        return json.dumps({"after": self.after, "seen": self.seen})

    def passed(self, last: str, behind: bool) -> None:
        """All posts up to ``last`` were read; ``behind``: also all that were changed in the same second."""
        for after in (_moved(last, -OVERLAP), _moved(last, -_SECOND), *([last] if behind else [])):
            self.after = max(self.after, after)
            self.seen = {number: changed for number, changed in self.seen.items() if changed > self.after}
            if len(self.seen) <= MAX_REMEMBERED:
                break


def read_wordpress(url: str, web: Web) -> Iterator[SourceRecord]:
    """The posts of a site that are new or were changed since they were read last.

    Raises:
        SourceError: there is no API, it is closed, or it answers what cannot be read; at the next time it goes on
            where it stopped.
    """
    yield from _Reader(find_api(url, web), web).records()


class _Reader:
    """One reading of a site."""

    def __init__(self, api: Api, web: Web) -> None:
        self._api = api
        self._memory = web.memory
        self._position = _Position.of(web.memory.get(MEMORY))
        self._per_page = PER_PAGE
        self._line = 0
        self._terms = {route: _Terms(api, route) for route in _TAXONOMIES}

    def records(self) -> Iterator[SourceRecord]:
        after, page = self._position.after, 1
        while True:
            asked = {} if after == _BEGINNING else {"modified_after": after}
            posts, more, _ = self._ask(page, **asked, orderby="modified", order="asc")
            changed = sorted(filter(None, map(_changed, posts)))
            if changed and changed[0] <= after and after != _BEGINNING:
                yield from self._newest_first()
                return
            yield from self._handed(posts)
            if not changed:
                if not more:
                    return
                page += 1
                continue
            last = changed[-1]
            self._remember(last, behind=not more)
            if not more:
                return
            page = 1
            if _moved(last, -_SECOND) > after:
                after = _moved(last, -_SECOND)
            else:
                yield from self._of_one_second(last)
                self._remember(last, behind=True)
                after = last

    def _of_one_second(self, moment: str) -> Iterator[SourceRecord]:
        """All posts changed in a second, as after an import: more than one page, in an order that stays."""
        asked = {"modified_after": _moved(moment, -_SECOND), "modified_before": _moved(moment, _SECOND)}
        for _ in range(_LARGEST_TIES):
            page, more, totals = 1, True, set()
            while more:
                posts, more, total = self._ask(page, **asked, orderby="id", order="asc")
                totals.add(total)
                yield from self._handed(posts)
                page += 1
            if len(totals) == 1:
                return

    def _newest_first(self) -> Iterator[SourceRecord]:
        """For a WordPress before 5.7, which does not know ``modified_after``: back to where posts are known.

        It is remembered at the end only.
        """
        until, newest, page = self._position.after, "", 1
        before: list[Any] = []
        while True:
            posts, more, _ = self._ask(page, orderby="modified", order="desc")
            moments = [moment for moment in map(_changed, posts) if moment]
            changed = sorted(moments)
            if (posts and posts == before) or moments != changed[::-1]:
                raise SourceError(f"cannot read {self._api.shown}: it answers the same posts, whatever is asked")
            newest = max([newest, *changed])
            yield from self._handed([post for post in posts if (moment := _changed(post)) is None or moment > until])
            if not more or (changed and changed[0] <= until):
                break
            before, page = posts, page + 1
        if newest:
            self._remember(newest, behind=True)

    def _handed(self, posts: list[Any]) -> Iterator[SourceRecord]:
        """Records of the posts that are not known as they are."""
        new = [post for post in posts if not self._known(post)]
        terms = {route: self._terms[route].of(new) for route in _TAXONOMIES}
        for post in new:
            number, changed = _number(post), _changed(post)
            self._line += 1
            yield SourceRecord(self._api.shown, self._line, _value(post, self._api, terms))
            if number and changed:
                self._position.seen[number] = changed

    def _known(self, post: Any) -> bool:
        number, changed = _number(post), _changed(post)
        return number is not None and changed is not None and self._position.seen.get(number) == changed

    def _remember(self, last: str, behind: bool) -> None:
        self._position.passed(last, behind)
        self._memory[MEMORY] = str(self._position)

    def _ask(self, page: int, **asked: str) -> tuple[list[Any], bool, int]:
        """Posts, whether there are more pages, and how many there are in all; in smaller pages where it must be."""
        while True:
            try:
                posts, pages, total = self._api.posts(page, self._per_page, asked)
            except FetchError as error:
                if error.reason == "status_400" and page > 1:  # a page behind the last
                    return [], False, -1
                if error.reason not in {"status_400", "too_large"} or page > 1 or self._per_page == 1:
                    raise
                self._per_page = max(1, self._per_page // 3)
            else:
                return posts, page < pages if pages >= 0 else bool(posts), total


class _Terms:
    """Names of categories or tags: a post brings ten of them along, others are asked for and kept for a while."""

    def __init__(self, api: Api, route: str) -> None:
        self._api = api
        self._route = route
        self._kept: dict[int, str] = {}

    def of(self, posts: list[Any]) -> dict[int, str]:
        """The names of all that some posts have, by number."""
        names: dict[int, str] = {}
        wanted: dict[int, None] = {}
        for post in posts:
            names.update(_brought(post, _TAXONOMIES[self._route]))
            wanted.update(dict.fromkeys(_numbers(post, self._route)))
        missing = [number for number in wanted if number not in names and number not in self._kept]
        if len(self._kept) > MAX_TERMS:
            missing = [number for number in wanted if number not in names]
            self._kept.clear()
        for start in range(0, len(missing), PER_PAGE):
            asked = missing[start : start + PER_PAGE]
            # one that has no name is not asked for again
            self._kept.update(dict.fromkeys(asked, "") | self._api.names(self._route, asked))
        return self._kept | names


def _moved(moment: str, by: timedelta) -> str:
    return (datetime.fromisoformat(moment) + by).isoformat()


def _number(post: Any) -> str | None:
    number = post.get("id") if isinstance(post, dict) else None
    return str(number) if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def _changed(post: Any) -> str | None:
    """When a post was last changed, in the time of the site; None where that is not known."""
    told = _text(post, "modified")
    try:
        known = bool(_MOMENT.fullmatch(told)) and datetime.fromisoformat(told) > datetime.fromisoformat(_BEGINNING)
    except ValueError:
        return None
    return told if known else None


def _value(post: Any, api: Api, terms: Mapping[str, Mapping[int, str]]) -> dict[str, Any] | RecordError:
    number = _number(post)
    if number is None:
        return RecordError("missing_id", "the site names a post without a number")
    if not isinstance(post.get("title"), dict) or not isinstance(post.get("content"), dict):
        return RecordError("bad_type", f"post {number} has no title and content")
    if post["content"].get("protected") is True or _text(post, "status") not in {"publish", ""}:
        return deleted(number)
    categories = [terms["categories"].get(term, "") for term in _numbers(post, "categories")]
    trail = _trail(post)
    return Post(
        number=number,
        title=_text(post["title"], "rendered"),
        content=_text(post["content"], "rendered"),
        excerpt=_text(post.get("excerpt"), "rendered"),
        published=_text(post, "date_gmt"),
        link=_text(post, "link"),
        image=_image(post),
        author=next(filter(None, (_text(author, "name") for author in _embedded(post, "author"))), ""),
        categories=categories,
        primary=next((name for name in reversed(trail) if name and name in categories), ""),
        tags=[terms["tags"].get(term, "") for term in _numbers(post, "tags")],
        site=api.site,
        language=api.language,
    ).record()


def _text(holder: Any, key: str) -> str:
    """A text that an object has; empty where it has none, or is no object."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else ""


def _list(holder: Any, key: str) -> list[Any]:
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, list) else []


def _embedded(post: dict[str, Any], relation: str) -> list[Any]:
    return _list(post.get("_embedded"), relation)


def _numbers(post: Any, route: str) -> list[int]:
    return [number for number in _list(post, route) if isinstance(number, int)]


def _brought(post: Any, taxonomy: str) -> dict[int, str]:
    """The names of its terms that a post brings along, by number."""
    groups = _list(post.get("_embedded"), "wp:term") if isinstance(post, dict) else []
    terms = [term for group in groups if isinstance(group, list) for term in group if isinstance(term, dict)]
    return {
        term["id"]: _text(term, "name")
        for term in terms
        if term.get("taxonomy") == taxonomy and isinstance(term.get("id"), int)
    }


def _image(post: dict[str, Any]) -> str:
    """The featured image in full; where it is not embedded, what plugins tell of it."""
    embedded = (_text(media, "source_url") for media in _embedded(post, "wp:featuredmedia"))
    shared = (_text(image, "url") for image in _list(post.get("yoast_head_json"), "og_image"))
    return next(filter(None, (*embedded, _text(post, "jetpack_featured_media_url"), *shared)), "")


def _trail(post: dict[str, Any]) -> list[str]:
    """The breadcrumb that Yoast tells, in which the primary category stands."""
    head = post.get("yoast_head_json")
    for part in _list(head.get("schema") if isinstance(head, dict) else None, "@graph"):
        if _text(part, "@type") == "BreadcrumbList":
            return [_text(entry, "name") for entry in _list(part, "itemListElement")]
    return []
