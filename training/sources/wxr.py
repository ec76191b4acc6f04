"""An export of WordPress (WXR, WordPress eXtended RSS, 1.0 to 1.2): its posts, one by one.

Attachments, of which some are the images of posts, stand anywhere in the file: where it can be read twice, their
addresses are looked up first and kept on disk, elsewhere only those are known that stand before the post.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, BinaryIO

from models.errors import RecordError, SourceError
from training.sources.record import SourceRecord
from training.sources.times import moment
from training.sources.trees import Element, read_elements
from training.sources.wordpress_post import Post, deleted
from training.sources.wordpress_text import rendered, typeset

_NAMESPACES = {
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    **{f"http://wordpress.org/export/{version}/": "wp" for version in ("1.0", "1.1", "1.2")},
    **{f"http://wordpress.org/export/{version}/excerpt/": "excerpt" for version in ("1.0", "1.1", "1.2")},
}
_WANTED = ("wp:wxr_version", "title", "language", "wp:author", "wp:category", "item")
_UNFINISHED = frozenset({"auto-draft", "inherit"})  # revisions and the like, never shown to anybody
_PRIMARY = ("_yoast_wpseo_primary_category", "rank_math_primary_category")


def read_wxr(file: BinaryIO, source: str, post_type: str = "post") -> Iterator[SourceRecord]:
    """The posts of an export, in its order, numbered by item.

    One that is not public (a draft, private, in the trash, with a password) comes as a deletion. Items of other types
    are passed over.

    Raises:
        SourceError: the file is no export, is damaged or cut short, or is XML that must not be read.
    """
    with closing(sqlite3.connect("")) as images:  # a file of its own, gone when it is closed
        images.execute("CREATE TABLE images (number TEXT PRIMARY KEY, address TEXT) WITHOUT ROWID")
        if file.seekable():
            start = file.tell()
            try:
                for element in _elements(file, source):
                    _note(element, images)
            except SourceError:
                pass  # said when the posts before it have come out
            file.seek(start)
        yield from _posts(file, source, post_type, images)


def _elements(file: BinaryIO, source: str) -> Iterator[Element | RecordError]:
    return read_elements(file, source, _WANTED, ("rss",), _NAMESPACES)


def _note(element: Element | RecordError, images: sqlite3.Connection) -> None:
    if isinstance(element, Element) and element.get("wp:post_type") == "attachment":
        values = (element.get("wp:post_id"), element.get("wp:attachment_url") or element.get("guid"))
        images.execute("INSERT OR REPLACE INTO images VALUES (?, ?)", values)


def _posts(file: BinaryIO, source: str, post_type: str, images: sqlite3.Connection) -> Iterator[SourceRecord]:
    site: dict[str, str] = {}
    authors: dict[str, str] = {}
    categories: dict[str, str] = {}
    line = 0
    for element in _elements(file, source):
        if isinstance(element, RecordError):
            line += 1
            yield SourceRecord(source, line, element)
        elif element.name == "wp:author":
            authors[element.get("wp:author_login")] = element.get("wp:author_display_name")
        elif element.name == "wp:category":
            categories[element.get("wp:term_id")] = element.get("wp:cat_name")
        elif element.name == "item":
            line += 1
            if "wp:wxr_version" not in site:
                raise SourceError(f"cannot read {source}: it is RSS, but no export of WordPress")
            _note(element, images)
            if element.get("wp:post_type") == post_type and element.get("wp:status") not in _UNFINISHED:
                yield SourceRecord(source, line, _value(element, site, authors, categories, images))
        else:
            site.setdefault(element.name, element.text.strip())
    if "wp:wxr_version" not in site:
        raise SourceError(f"cannot read {source}: it is RSS, but no export of WordPress")


def _value(
    item: Element,
    site: dict[str, str],
    authors: dict[str, str],
    categories: dict[str, str],
    images: sqlite3.Connection,
) -> dict[str, Any] | RecordError:
    number = item.get("wp:post_id")
    if not number:
        return RecordError("missing_id", "the item has no wp:post_id")
    if item.get("wp:status") != "publish" or item.get("wp:post_password"):
        return deleted(number)
    meta = {one.get("wp:meta_key"): one.get("wp:meta_value") for one in item.all("wp:postmeta")}
    image = images.execute("SELECT address FROM images WHERE number = ?", (meta.get("_thumbnail_id", ""),)).fetchone()
    creator = item.get("dc:creator")
    named = [one.text.strip() for one in item.all("category") if one.attributes.get("domain") == "category"]
    primary = next((categories[meta[key]] for key in _PRIMARY if meta.get(key) in categories), "")
    return Post(
        number=number,
        title=typeset(item.get("title")),
        content=rendered(item.get("content:encoded")),
        excerpt=rendered(item.get("excerpt:encoded")),
        published=_published(item),
        link=item.get("link"),
        image=image[0] if image else "",
        author=authors.get(creator) or creator,
        categories=named,
        primary=primary if primary in named else "",
        tags=[one.text.strip() for one in item.all("category") if one.attributes.get("domain") in {"post_tag", "tag"}],
        site=site.get("title", ""),
        language=site.get("language", ""),
    ).record()


def _published(item: Element) -> str:
    """In UTC; the date of the feed where that is missing. Its year is -0001 where WordPress knows none."""
    told = item.get("wp:post_date_gmt")
    if told and not told.startswith("0000"):
        return told
    fed = item.get("pubDate")
    try:
        return "" if " -0001 " in fed else moment(fed)
    except ValueError:
        return ""
