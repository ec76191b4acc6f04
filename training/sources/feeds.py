"""Feeds: RSS of every version and Atom, entry by entry.

What a feed says of an article in several ways is taken from the best of them; docs/sources.md says which.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from models.analysis.boilerplate import plain_lines
from models.article import MAX_ID_LENGTH
from models.errors import FetchError, RecordError, SourceError
from training.sources.addresses import article_id, canonical
from training.sources.document import Document
from training.sources.record import SourceRecord
from training.sources.times import moment
from training.sources.trees import Element, read_elements

PageReader = Callable[[str], dict[str, Any] | RecordError | None]

_ROOTS = ("rss", "rdf:RDF", "atom:feed")
_ENTRIES = frozenset({"item", "atom:entry"})
# of the feed itself; images and the like are named so that their titles are not taken for the feed's
_OF_FEED = frozenset({"title", "atom:title", "link", "atom:link", "language", "dc:language"})
_PASSED = frozenset({"image", "textInput", "textinput", "atom:author", "media:content", "media:group"})
_NAMESPACES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/atom/ns#": "atom",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://search.yahoo.com/mrss/": "media",
    "http://search.yahoo.com/mrss": "media",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
}

_CONTENTS = ("content:encoded", "atom:content")
_SUMMARIES = ("description", "atom:summary", "dc:description")
_PUBLISHED = ("pubDate", "atom:published", "atom:issued", "dcterms:issued", "dc:date", "dcterms:created")
_CHANGED = ("atom:updated", "atom:modified", "dcterms:modified")
_AUTHORS = ("dc:creator", "author", "atom:author", "dc:author")
_CATEGORIES = ("category", "atom:category", "dc:subject")
_MARKUP = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
_TEXT = frozenset({"", "text", "text/plain"})
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg)", re.IGNORECASE)
# a last line that plugins of WordPress put under each post of a feed, and nowhere else
_FOOTER = re.compile(
    r"(?:The post .{1,500} (?:appeared first on|first appeared on) .{1,200}"
    r"|ظهرت (?:المقالة|التدوينة|المشاركة) .{1,500} (?:أولاً|أولا|لأول مرة) (?:على|في) .{1,200})\.?"
)
_MAIL_AND_NAME = re.compile(r"[^\s@()]{1,100}@[^\s@()]{1,200}\s*\((?P<name>[^()]{1,200})\)")
_MAIL = re.compile(r"[^\s@()]{1,100}@[^\s@()]{1,200}")
_CHARSET = re.compile(r"[A-Za-z0-9._:-]{1,40}")
_NARROW = re.compile(rb"\s*+<[^\x00]")
_DECLARATION = re.compile(rb"\s{0,100}<\?xml\s[^>]{0,500}?\?>")


@dataclass(slots=True)
class _Feed:
    """What a feed says of itself, as far as it has been read."""

    title: str = ""
    language: str = ""
    link: str = ""


def read_feed(document: Document, full: PageReader | None = None) -> Iterator[SourceRecord]:
    """The entries of a feed in its order, each as a record.

    Args:
        document: the feed.
        full: reads the page at an address; asked for entries that have a summary only. What the feed says stands,
            but for the body, which is the page's. A :class:`FetchError` makes the entry a bad record; None says
            that the page was read before and has not changed, and the entry is passed over.

    Raises:
        SourceError: it is no feed, or damaged or cut short; entries that were whole have come out.
    """
    feed = _Feed()
    line, begun = 0, False
    wanted = _ENTRIES | _OF_FEED | _PASSED
    try:
        for element in read_elements(_told(document), document.name, wanted, _ROOTS, _NAMESPACES):
            begun = True
            if isinstance(element, Element) and element.name not in _ENTRIES:
                _learn(feed, element)
                continue
            line += 1
            value = element if isinstance(element, RecordError) else _read(element, feed, document, full)
            if value is not None:
                yield SourceRecord(document.name, line, value)
    except SourceError as error:
        raise error if begun else SourceError(f"no feed: {error}") from error


def _told(document: Document) -> io.BytesIO:
    """The bytes, with the server's word on their encoding where they have none of their own."""
    declaration = _DECLARATION.match(document.content)
    charset = document.charset or ""
    rest = document.content[declaration.end() if declaration else 0 :]
    # what begins otherwise has a byte order mark or is UTF-16: that says more than a server
    told = _CHARSET.fullmatch(charset) and _NARROW.match(rest) and not (declaration and b"encoding" in declaration[0])
    return io.BytesIO(f'<?xml version="1.0" encoding="{charset}"?>'.encode() + rest if told else document.content)


def _learn(feed: _Feed, element: Element) -> None:
    match element.name:
        case "title" | "atom:title":
            feed.title = feed.title or _line(element)
        case "language" | "dc:language":
            feed.language = feed.language or element.text.strip()
        case "link":
            feed.link = feed.link or element.text.strip()
        case "atom:link" if _relation(element) in {"alternate", "self"}:
            feed.link = feed.link or urljoin(element.base, element.attributes.get("href", "").strip())


def _read(
    entry: Element, feed: _Feed, document: Document, full: PageReader | None
) -> dict[str, Any] | RecordError | None:
    """The record of an entry, out of its page as well where that is asked for."""
    try:
        record, whole = _record(entry, feed, document)
        if full is None or whole or "url" not in record:
            return record
        page = full(record["url"])
        if page is None or isinstance(page, RecordError):
            return page
    except RecordError as error:
        return error
    except FetchError as error:
        return RecordError(error.reason, str(error))
    body = page.get("body") or record.get("body")
    return {**page, **record, **({"body": body} if body else {})}


def _record(entry: Element, feed: _Feed, document: Document) -> tuple[dict[str, Any], bool]:
    """The record of an entry, and whether it holds the whole article.

    Raises:
        RecordError: it is no article.
    """
    bases = (entry.base, feed.link, document.url or "")

    def address(written: str) -> str | None:
        return _address(written, bases)

    guid = next((text for name in ("guid", "atom:id") if (text := entry.get(name))), "")
    guid = guid or entry.attributes.get("rdf:about", "").strip()
    url = next(filter(None, map(address, _links(entry, guid))), None)
    title = next(filter(None, (_line(found) for found in _found(entry, ("title", "atom:title", "dc:title")))), "")
    if not title:
        raise RecordError("blank_title", "the entry has no title")
    categories = _categories(entry)
    content = _body(entry, _CONTENTS)
    record = {
        "id": _identifier(url, guid),
        "title": title,
        "body": content or _body(entry, _SUMMARIES),
        "section": categories[0] if categories else None,
        "published_at": _published(entry),
        "url": url,
        "image_url": next(filter(None, map(address, _images(entry))), None),
        "source": _source(entry) or feed.title,
        "author": next(filter(None, map(_author, _found(entry, _AUTHORS))), None),
        "language": (entry.get("dc:language") or entry.language or feed.language).replace("_", "-"),
        "tags": [*categories[1:], *(word for word in _keywords(entry) if word not in categories)],
    }
    return {key: value for key, value in record.items() if value}, bool(content)


def _found(entry: Element, names: Iterable[str]) -> Iterator[Element]:
    """Children by the order of their names."""
    return (child for name in names for child in entry.all(name))


def _html(element: Element) -> str:
    """What is in an element, as HTML: it may be text, HTML as text, or HTML as elements."""
    kind = element.attributes.get("type", "").strip().lower()
    if element.children:
        return "".join(map(_markup, element.content))
    if element.name.startswith("atom:") and kind in _TEXT and element.attributes.get("mode") != "escaped":
        return escape(element.text, quote=False)
    return element.text if kind in _TEXT | _MARKUP else ""  # else the bytes of a picture or the like


def _markup(piece: str | Element) -> str:
    if isinstance(piece, str):
        return escape(piece, quote=False)
    name = piece.name.rpartition(":")[2]
    return f"<{name}>{''.join(map(_markup, piece.content))}</{name}>"


def _line(element: Element) -> str:
    return " ".join(plain_lines(_html(element)))


def _body(entry: Element, names: Iterable[str]) -> str:
    """The text of the first of the elements that has one."""
    for element in _found(entry, names):
        lines = plain_lines(_html(element))
        if lines and _FOOTER.fullmatch(lines[-1]):
            del lines[-1]
        if lines:
            return "\n\n".join(lines)
    return ""


def _address(written: str, bases: Iterable[str]) -> str | None:
    """An address that can be asked for, in the form of which there is one; None where it is none."""
    for base in ("", *bases) if written.strip() else ():
        try:
            joined = urljoin(base, written.strip())
            parts = urlsplit(joined)
            if parts.scheme in {"http", "https"} and parts.hostname:
                return canonical(joined)
            if parts.scheme:
                return None
        except ValueError:
            return None
    return None


def _links(entry: Element, guid: str) -> Iterator[str]:
    """Addresses of the article, the best first."""
    yield entry.get("feedburner:origLink")
    yield from (link.text for link in entry.all("link"))
    alternates = [link.attributes for link in entry.all("atom:link") if _relation(link) == "alternate"]
    alternates.sort(key=lambda found: found.get("type", "text/html").lower() not in _MARKUP)
    yield from (found.get("href", "") for found in alternates)
    permanent = [found.attributes.get("isPermaLink", "true").strip().lower() for found in entry.all("guid")]
    if guid.startswith(("http://", "https://")) and "false" not in permanent:
        yield guid


def _relation(link: Element) -> str:
    return link.attributes.get("rel", "alternate").strip().lower()


def _identifier(url: str | None, guid: str) -> str:
    """By the address; of an entry that has none, what the feed calls it.

    Raises:
        RecordError: it has neither.
    """
    if url:
        return article_id(url, guid)
    if not guid:
        raise RecordError("missing_id", "the entry has neither an address nor an id")
    return guid if len(guid) <= MAX_ID_LENGTH else article_id(quote(guid))


def _published(entry: Element) -> str | None:
    """When it was published; when it was changed where nothing else is said, which Atom allows.

    Raises:
        RecordError: what is said is no time.
    """
    written = next(filter(None, map(entry.get, (*_PUBLISHED, *_CHANGED))), None)
    if written is None:
        return None
    try:
        return moment(written)
    except ValueError as error:
        raise RecordError("bad_time", f"published_at is {error}") from error


def _categories(entry: Element) -> list[str]:
    """Names under which the article stands, in the feed's order."""
    names = (
        " ".join(plain_lines(found.attributes.get("label") or found.attributes.get("term") or found.text))
        for found in _found(entry, _CATEGORIES)
    )
    return list(dict.fromkeys(filter(None, names)))


def _keywords(entry: Element) -> list[str]:
    words = (word.strip() for found in entry.all("media:keywords") for word in re.split("[,،]", found.text))
    return list(dict.fromkeys(filter(None, words)))


def _author(element: Element) -> str | None:
    """A name; an address of mail alone is none."""
    text = " ".join(plain_lines(element.get("atom:name") or element.get("name") or element.text))
    named = _MAIL_AND_NAME.fullmatch(text)
    return named["name"].strip() if named else None if _MAIL.fullmatch(text) else text


def _source(entry: Element) -> str:
    """The publication that an entry was taken over from."""
    origin = next(_found(entry, ("source", "atom:source")), None)
    return (origin.get("atom:title") or " ".join(origin.text.split())) if origin else ""


def _images(entry: Element) -> Iterator[str]:
    """Addresses of pictures, the best first."""
    media = [entry, *entry.all("media:group")]
    contents = [found.attributes for one in media for found in one.all("media:content") if _is_picture(found)]
    yield from (found.get("url", "") for found in sorted(contents, key=_width, reverse=True))
    yield from (found.attributes.get("url", "") for one in media for found in one.all("media:thumbnail"))
    yield from (found.attributes.get("url", "") for found in entry.all("enclosure") if _is_picture(found))
    enclosed = (link for link in entry.all("atom:link") if _relation(link) == "enclosure" and _is_picture(link))
    yield from (link.attributes.get("href", "") for link in enclosed)
    yield from (found.get("url") for found in entry.all("image"))


def _is_picture(element: Element) -> bool:
    said = element.attributes.get("medium", "") or element.attributes.get("type", "").partition("/")[0]
    address = element.attributes.get("url") or element.attributes.get("href", "")
    return said.lower() == "image" if said else _PICTURE.search(address[-300:]) is not None


def _width(attributes: Any) -> int:
    width = attributes.get("width", "")
    return int(width) if width.isascii() and width.isdigit() and len(width) < 6 else 0
