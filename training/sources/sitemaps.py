"""Sitemaps: the pages that a site lists, fetched and read one by one.

Lists of lists, news sitemaps and plain lists of addresses (https://www.sitemaps.org/protocol.html). What a sitemap
says of an article fills in what its page does not say.
"""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from models.errors import FetchError, RecordError, SourceError
from training.sources.addresses import article_id, canonical
from training.sources.discovery import is_page, sitemaps_of
from training.sources.document import Document
from training.sources.fetching import Answer
from training.sources.record import SourceRecord
from training.sources.times import moment
from training.sources.trees import Element, read_elements
from training.sources.visits import recall, remember
from training.sources.web import Web

MAX_DEPTH = 3  # lists within lists; the protocol allows one
MAX_SITEMAPS = 50_000  # that are opened in one run, as many as one list may name

_NAMESPACES = {
    "http://www.sitemaps.org/schemas/sitemap/0.9": "",
    "https://www.sitemaps.org/schemas/sitemap/0.9": "",
    "http://www.google.com/schemas/sitemap/0.84": "",
    "http://www.google.com/schemas/sitemap-news/0.9": "news",
    "http://www.google.com/schemas/sitemap-image/1.1": "image",
}
_PORTS = {"http": 80, "https": 443}
_LIST = "sitemap"
_START = 1024  # bytes that tell what a document is
_MAX_ADDRESS = 2048  # characters, by the protocol
_WEB = re.compile(r"https?://", re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\x00]*<")


@dataclass(frozen=True, slots=True)
class _Place:
    """An address of a sitemap.

    Attributes:
        changed: when, as it is written; empty where nothing is said.
        is_list: whether another sitemap is there.
        element: what else is said.
    """

    url: str
    changed: str = ""
    is_list: bool = False
    element: Element = field(default_factory=lambda: Element("", {}))


def read_sitemap(document: Document, web: Web) -> Iterator[SourceRecord]:
    """The articles of a sitemap in its order, those of the sitemaps that it lists included.

    Pages and sitemaps that are as they were at the last run are passed over. What cannot be had or is no article comes
    as a :class:`RecordError`; addresses of other sites do so too, with reason ``other_site``.

    Raises:
        SourceError: it is no sitemap, or damaged or cut short; what was whole has come out.
    """
    yield from _Run(web, document.url).documents(document, depth=0)


def follow_sitemap(url: str, web: Web, answer: Answer | None = None) -> Iterator[SourceRecord]:
    """The articles of the sitemap at an address; at that of a page, of all the site's sitemaps.

    Args:
        url: of a sitemap or a page.
        web: what fetches, reads pages, and remembers.
        answer: of the address, where it was asked already, with what is known of the last visit.

    Raises:
        FetchError: the address gives no answer.
        SourceError: there is no sitemap, or it is damaged.
    """
    answer = answer or web.fetcher.get(url, recall(web.memory, url).validators)
    if answer.unchanged:
        return
    if not is_page(answer.document):
        if (yield from _Run(web, url, answer.document.url).documents(answer.document, depth=0)):
            remember(web.memory, url, answer)
        return
    site = answer.document.url or url
    run = _Run(web, url, site)
    for line, address in enumerate(sitemaps_of(site, web.fetcher), 1):
        run.sites.add(_site(address))  # the site's robots.txt has vouched for it
        yield from run.below(SourceRecord(answer.document.name, line, {}), _Place(address, is_list=True), depth=0)


class _Run:
    """One pass over a site.

    Args:
        given: addresses whose sites may be asked; without one, the first address of a sitemap tells.
    """

    def __init__(self, web: Web, *given: str | None) -> None:
        self._web = web
        self._opened: set[str] = set()
        self.sites = {_site(url) for url in given if url}

    def documents(self, document: Document, depth: int) -> Generator[SourceRecord, None, bool]:
        """Records of a sitemap and all below; whether every address could be had."""
        whole = True
        if document.url:
            self._opened.add(document.url)
        for line, place in enumerate(_places(document), 1):
            at = SourceRecord(document.name, line, {})
            if isinstance(place, RecordError):
                yield _with(at, place)
            elif self._elsewhere(place.url):
                yield _with(at, RecordError("other_site", f"{place.url[:_MAX_ADDRESS]} is not of the sitemap's site"))
            elif place.is_list:
                whole &= yield from self.below(at, place, depth)
            else:
                whole &= yield from self._page(at, place)
        return whole

    def below(self, at: SourceRecord, place: _Place, depth: int) -> Generator[SourceRecord, None, bool]:
        """Records of a sitemap that another one lists."""
        visit = recall(self._web.memory, place.url)
        if place.url in self._opened or visit.settles(place.changed):
            return True
        if depth == MAX_DEPTH:
            yield _with(at, RecordError("too_deep", f"{place.url}: more than {MAX_DEPTH} lists of sitemaps are nested"))
            return False
        if len(self._opened) >= MAX_SITEMAPS:
            yield _with(at, RecordError("too_many", f"{place.url}: {MAX_SITEMAPS} sitemaps have been opened"))
            return False
        self._opened.add(place.url)
        try:
            answer = self._web.fetcher.get(place.url, visit.validators)
            whole = answer.unchanged or (yield from self.documents(answer.document, depth + 1))
        except FetchError as error:
            yield _with(at, RecordError(error.reason, str(error)))
            return False
        except SourceError as error:
            yield _with(at, RecordError("bad_sitemap", str(error)))
            return False
        if whole:
            remember(self._web.memory, place.url, answer, place.changed)
        return whole

    def _page(self, at: SourceRecord, place: _Place) -> Generator[SourceRecord, None, bool]:
        """The record of a page, unless it is as it was; whether it could be had."""
        visit = recall(self._web.memory, place.url)
        if visit.settles(place.changed):
            return True
        try:
            answer = self._web.fetcher.get(place.url, visit.validators)
        except FetchError as error:
            yield _with(at, RecordError(error.reason, str(error)))
            return False
        if not answer.unchanged:
            value = self._web.page(answer.document)
            if isinstance(value, RecordError):
                value = RecordError(value.reason, f"{answer.document.name}: {value}")
            else:
                value = _told(place) | {key: said for key, said in value.items() if said}
            yield _with(at, value)
        remember(self._web.memory, place.url, answer, place.changed)
        return True

    def _elsewhere(self, url: str) -> bool:
        """Whether an address of the web is one of another site; others are refused by the fetcher."""
        site = _site(url)
        self.sites = self.sites or {site}
        return site is not None and site not in self.sites


def _with(at: SourceRecord, value: dict[str, Any] | RecordError) -> SourceRecord:
    return SourceRecord(at.source, at.line, value)


def _site(url: str) -> str | None:
    """Host and port, those with and without ``www.`` being one; None of what is no address of the web."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    host = parts.hostname.removeprefix("www.")
    return host if port in _PORTS.values() else f"{host}:{port}"


def _places(document: Document) -> Iterator[_Place | RecordError]:
    """What a sitemap lists.

    Raises:
        SourceError: it is none, or damaged.
    """
    if not _XML.match(document.content[:_START]):
        yield from _lines(document)
        return
    begun = False
    try:
        for element in read_elements(
            io.BytesIO(document.content), document.name, {"url", _LIST}, ("urlset", "sitemapindex"), _NAMESPACES
        ):
            begun = True
            yield element if isinstance(element, RecordError) else _place(element, document.url or "")
    except SourceError as error:
        raise error if begun else SourceError(f"no sitemap: {error}") from error


def _lines(document: Document) -> Iterator[_Place | RecordError]:
    """Of a sitemap that is a list of addresses, one a line."""
    begun = False
    for data in io.BytesIO(document.content.removeprefix(b"\xef\xbb\xbf")):
        line = data.decode("utf-8", "replace").strip()
        if not line:
            continue
        begun = begun or _WEB.match(line) is not None
        if not begun:
            break
        url = _address(line)
        yield url if isinstance(url, RecordError) else _Place(url)
    if not begun:
        raise SourceError(f"no sitemap: {document.name} is neither XML nor a list of addresses")


def _place(element: Element, base: str) -> _Place | RecordError:
    url = _address(element.get("loc"), base)
    if isinstance(url, RecordError):
        return url
    return _Place(url, element.get("lastmod"), element.name == _LIST, element)


def _address(written: str, base: str = "") -> str | RecordError:
    try:
        url = urljoin(base, written)
        urlsplit(url).port  # noqa: B018  # says whether it can be taken apart
    except ValueError:
        url = ""
    if not written or not 0 < len(url) <= _MAX_ADDRESS:
        return RecordError("bad_address", f"not an address of the web: {written[:100]!r}")
    return url


def _told(place: _Place) -> dict[str, Any]:
    """What a sitemap says of an article; a time that is none is not said."""
    news = next(iter(place.element.all("news:news")), Element("", {}))
    publication = next(iter(news.all("news:publication")), Element("", {}))
    try:
        published = moment(news.get("news:publication_date"))
    except ValueError:
        published = ""
    images = (image.get("image:loc") for image in place.element.all("image:image"))
    told = {
        "id": article_id(place.url),
        "title": " ".join(news.get("news:title").split()),
        "published_at": published,
        "url": canonical(place.url),
        "image_url": next(filter(None, images), ""),
        "source": publication.get("news:name"),
        "language": publication.get("news:language"),
        "tags": [word for part in re.split("[,،]", news.get("news:keywords")) if (word := part.strip())],
    }
    return {key: value for key, value in told.items() if value}
