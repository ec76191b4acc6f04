"""A post of WordPress as a record, whichever way it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.article import format_time, parse_time
from training.sources.wordpress_text import body_text, title_text


@dataclass(frozen=True, slots=True)
class Post:
    """What an export and the API tell of a post; texts are HTML, what is unknown is empty.

    Attributes:
        number: of the post in its site.
        excerpt: stands for a content that has no text.
        published: in UTC.
        categories: names, in the order of the site.
        primary: the one of them that an editor marked, empty where none is.
    """

    number: str
    title: str
    content: str = ""
    excerpt: str = ""
    published: str = ""
    link: str = ""
    image: str = ""
    author: str = ""
    categories: Sequence[str] = ()
    primary: str = ""
    tags: Sequence[str] = ()
    site: str = ""
    language: str = ""

    def record(self) -> dict[str, Any]:
        """The record of an article; keys without a value are left out, but for the title."""
        names = [name for name in map(title_text, self.categories) if name]
        known = {
            "body": body_text(self.content) or body_text(self.excerpt),
            "section": title_text(self.primary) or (names[0] if names else ""),
            "published_at": _time(self.published),
            "url": self.link,
            "image_url": self.image,
            "source": title_text(self.site),
            "author": title_text(self.author),
            "language": self.language,
            "tags": [name for name in map(title_text, self.tags) if name],
        }
        return {"id": self.number, "title": title_text(self.title)} | {
            key: value for key, value in known.items() if value
        }


def deleted(number: str) -> dict[str, Any]:
    """The record of a post that is there, but not for everybody."""
    return {"id": number, "deleted": True}


def _time(told: str) -> str:
    """A time in UTC; empty for those that WordPress writes where it knows none, ``0000-00-00 00:00:00``."""
    try:
        return format_time(parse_time(told)) if told else ""
    except ValueError:
        return ""
