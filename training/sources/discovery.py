"""Discovery: where a site that is named by its address has its feed and its sitemaps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urljoin

from models.errors import FetchError, SourceError
from training.sources.document import Document
from training.sources.fetching import Fetcher

PLACES = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")  # where sitemaps usually are
MAX_SITEMAPS = 1000  # of those that robots.txt names

_HEAD = 512 * 1024  # bytes of a page in which it is looked for what it says of itself
_START = 2048  # bytes of a document that tell what it is
_PAGE = re.compile(rb"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_TAG = re.compile(r"<(link|base|html)\b([^<>]{1,4000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]{1,40})\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_FEEDS = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml"})
_COMMENTS = re.compile(r"comments?\b|تعليقات")
_SITEMAP = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S{1,4000})", re.IGNORECASE | re.MULTILINE)


def is_page(document: Document) -> bool:
    """Whether a document is HTML for people, whatever its server calls it."""
    return _PAGE.search(document.content[:_START]) is not None


def tags(page: Document) -> Iterator[tuple[str, dict[str, str]]]:
    """The ``html``, ``base`` and ``link`` elements at the beginning of a page: name and attributes, in lower case."""
    for match in _TAG.finditer(page.content[:_HEAD].decode("utf-8", "replace")):
        yield (
            match[1].lower(),
            {
                name.lower(): unescape(double or single or bare)
                for name, double, single, bare in _ATTRIBUTE.findall(match[2])
            },
        )


def feed_of(page: Document) -> str:
    """The address of the feed that a page names; not that of readers' comments, if there is another.

    Raises:
        SourceError: it names none.
    """
    base = page.url or ""
    found: list[tuple[bool, int, str]] = []
    for name, attributes in tags(page):
        if name == "base":
            base = _joined(base, attributes.get("href", ""))
        elif "alternate" in attributes.get("rel", "").lower().split() and (
            attributes.get("type", "").strip().lower() in _FEEDS and attributes.get("href")
        ):
            about = f"{attributes['href']} {attributes.get('title', '')}".lower()
            found.append((_COMMENTS.search(about) is not None, len(found), attributes["href"]))
    if not found:
        raise SourceError(f"no feed: {page.name} is a page that names none")
    return _joined(base, min(found)[2])


def sitemaps_of(site: str, fetcher: Fetcher) -> list[str]:
    """Addresses of the sitemaps of a site: those that robots.txt names, else the first of the usual places.

    Raises:
        SourceError: it has none.
    """
    named = list(dict.fromkeys(_named(site, fetcher)))
    if named:
        return named[:MAX_SITEMAPS]
    for place in PLACES:
        address = urljoin(site, place)
        try:
            answer = fetcher.get(address)
        except FetchError:
            continue
        if not is_page(answer.document):
            return [address]
    raise SourceError(f"no sitemap: neither robots.txt of {site} names one, nor is there {', '.join(PLACES)}")


def _named(site: str, fetcher: Fetcher) -> Iterator[str]:
    try:
        answer = fetcher.get(urljoin(site, "/robots.txt"))
    except FetchError:
        return
    if not is_page(answer.document):
        for match in _SITEMAP.finditer(answer.document.content[:_HEAD].decode("utf-8-sig", "replace")):
            yield _joined(site, match[1])


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return base
