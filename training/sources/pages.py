"""One page of a site → the article on it: what it says of itself first, then what can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from models.analysis.boilerplate import bare, is_prose, plain_lines
from models.analysis.normalization import normalize
from models.errors import RecordError
from training.sources import structured
from training.sources.addresses import article_id, canonical
from training.sources.charset import decoded, is_garbled
from training.sources.document import Document
from training.sources.extras import required
from training.sources.htmltree import parsed
from training.sources.pagetext import Reading, explained_text, file_id, formed_title, last_crumb, part
from training.sources.patterns import PagePatterns
from training.sources.times import moment

MIN_WORDS = 30  # in sentences, on a page that does not say that it is an article
WHOLE = 0.8  # of the words of articleBody that can be seen; where it is less, articleBody is the text
MAX_CRUMBS = 8
MAX_LABEL = 500  # letters of a title, a crumb, a name
MAX_CHOSEN = 8  # headlines in one box inside an article
LISTED = 3  # headlines that lead elsewhere in or above what was taken for an article: a list of articles

_HEADINGS = ("p", "div", "span", "strong", "b", "h2", "h3", "h4", "h5", "h6", "li", "td", "u", "font", "em")
_LISTS = frozenset({"home", "archive", "category", "tag", "author", "search", "search-results", "error404", "date"})
_LIST_TYPES = frozenset({"website", "profile", "blog"})
_TITLE_GAP = re.compile(r"\s+[|–—«»·•:-]\s+|\s*\|\s*|:\s+")
_TAG_GAP = re.compile(r"\s*[,،;؛|]\s*")
_POST = re.compile(r"(?:^|\s)postid-(\d{1,18})(?:\s|$)")
_MICRODATA = re.compile(r"schema\.org/(?:\w*Article|BlogPosting)$")


def explained_page(document: Document, patterns: PagePatterns) -> Reading:
    """A page that was saved or fetched as a record, and what was taken off its text.

    Plain text is read as the text of a page. What is no article, or cannot be read as one, is a :class:`RecordError`
    with reason ``no_article`` (a first page, a section, a form), ``no_text`` or ``too_large``.
    """
    if document.media_type == "text/plain":
        return explained_text(document, patterns)
    text = decoded(document.content, document.charset)
    if is_garbled(text):
        return Reading(RecordError("no_text", "the page is no text"))
    tree = parsed(text.replace("\x00", ""))
    if isinstance(tree, RecordError):
        return Reading(tree)
    return _Page(tree, document, patterns).reading()


class _Page:
    """One page: what it says of itself (JSON-LD, then meta elements, then its markup), and its text."""

    def __init__(self, tree: Any, document: Document, patterns: PagePatterns) -> None:
        self._tree = tree
        self._document = document
        self._patterns = patterns
        scripts = [*tree.iter("script")]
        said = [node.text or "" for node in scripts if "ld+json" in (node.get("type") or "").lower()]
        self._said = structured.read_structured(said)
        for node in scripts:
            node.drop_tree()  # they have said what they have to say, and are read in another way by others
        self._article = self._said.article or {}
        self._metas: dict[str, list[str]] = {}
        for node in tree.iter("meta"):
            name = (node.get("property") or node.get("name") or node.get("itemprop") or "").strip().lower()
            value = " ".join((node.get("content") or "").split())
            if name and value:
                self._metas.setdefault(name, []).append(value)

    def reading(self) -> Reading:
        if self._is_list():
            return Reading(RecordError("no_article", "the page says that it is a list of pages"))
        title = self._title()
        lines = self._lines()
        parted = part(lines, self._patterns, title)
        taken = tuple(parted.taken)
        if not parted.paragraphs:
            return Reading(
                RecordError("no_text" if self._is_article else "no_article", "no text was found on the page"), taken
            )
        if not self._is_article and not self._reads_like_one(parted.paragraphs):
            return Reading(RecordError("no_article", "what the page holds does not read like an article"), taken)
        url = self._url
        record = {
            "id": self._id(url),
            "title": title or formed_title(parted.paragraphs[0], self._patterns),
            "body": "\n\n".join(parted.paragraphs),
            "section": self._section(title) or parted.section,
            "published_at": self._published(),
            "url": url,
            "image_url": self._image(),
            "source": self._site or parted.source,
            "author": self._author(),
            "language": self._language(),
            "tags": self._tags(),
            "links": parted.links,
        }
        return Reading({key: value for key, value in record.items() if value}, taken)

    # what kind of page it is

    @cached_property
    def _is_article(self) -> bool:
        """Whether the page says that it is an article."""
        return (
            self._said.article is not None
            or self._meta("og:type").startswith("article")
            or "article:published_time" in self._metas
            or bool(self._classes & {"single", "single-post"})
            or any(_MICRODATA.search(node.get("itemtype") or "") for node in self._tree.xpath("//*[@itemtype]")[:1])
        )

    def _is_list(self) -> bool:
        """Whether the page says that it is the first one of a site, of a section, of a search."""
        if self._classes & {"single", "single-post"}:
            return False
        if self._classes & _LISTS or any(name.startswith("page-id-") for name in self._classes):
            return True
        if self._said.article is not None:
            return False
        address = self._document.url or next((url for url in self._addresses() if url), None)
        at_root = address is not None and urlsplit(address)[2:4] in (("/", ""), ("", ""))
        return at_root or self._said.collection or (self._said.several and self._meta("og:type") in {"", *_LIST_TYPES})

    def _reads_like_one(self, paragraphs: Sequence[str]) -> bool:
        words = [len(paragraph.split()) for paragraph in paragraphs]
        prose = sum(count for count, paragraph in zip(words, paragraphs, strict=True) if is_prose(paragraph))
        read = {bare(paragraph[:MAX_LABEL]) for paragraph in paragraphs}
        listed = 0
        for node in self._tree.iter("h2", "h3", "h4"):
            below = node.getnext()
            linked = node.find(".//a") is not None or node.getparent().tag == "a"
            listed += linked and (bare(_joined(node)) in read or (below is not None and bare(_joined(below)) in read))
        return prose >= MIN_WORDS and 2 * prose >= sum(words) and listed < LISTED

    @cached_property
    def _classes(self) -> set[str]:
        body = self._tree.find("body")
        return set((body.get("class") or "").lower().split()) if body is not None else set()

    # what it says

    def _meta(self, *names: str) -> str:
        return next((self._metas[name][0] for name in names if name in self._metas), "")

    @cached_property
    def _extracted(self) -> Any:
        """What trafilatura finds out, asked for what the page does not say plainly; None where it fails."""
        trafilatura = required("trafilatura", "web")
        try:
            return trafilatura.extract_metadata(self._tree, extensive=False)
        except Exception:  # noqa: BLE001  # whatever hostile markup does to it
            return None

    def _title(self) -> str | None:
        """The headline without the site's name behind it or before it."""
        seen = [text for node in self._tree.iter("h1") if (text := _joined(node))][:MAX_CRUMBS]
        named = [
            " ".join(_joined(node).split())
            for node in self._tree.xpath("//*[@itemprop='headline' or @itemprop='name' and self::h3]")
        ]
        shown = {bare(text) for text in (*seen, *named)}
        said = [
            structured.text(self._article.get("headline")) or structured.text(self._article.get("name")) or "",
            self._meta("og:title", "twitter:title", "dc.title"),
            *named[:1],
        ]
        given = [text for text in said if text]
        if not given:
            page = next((_joined(node) for node in self._tree.iter("title")), "")
            given = [page, *seen] if page else seen
        for text in given:
            full = next(
                (
                    one
                    for one in (*seen, *named)
                    if len(one) > len(text.rstrip("…. "))
                    and one.startswith(text.rstrip("…. "))
                    and text.endswith(("…", "..."))
                ),
                text,
            )
            title = self._without_site(full, shown)
            if title:
                return title
        return None

    def _without_site(self, title: str, shown: set[str]) -> str:
        """A title without the part that is the site's name: known by name, or because the rest stands in the page."""
        sites = {bare(text) for text in (self._site or "", self._meta("og:site_name"), self._said.site or "") if text}
        for gap in _TITLE_GAP.finditer(title[:MAX_LABEL]):
            before, after = title[: gap.start()].strip(), title[gap.end() :].strip()
            if before and after:
                if bare(after) in sites or (bare(before) in shown and bare(title) not in shown):
                    return before
                if bare(before) in sites or (bare(after) in shown and bare(title) not in shown):
                    return after
        return title

    @cached_property
    def _site(self) -> str | None:
        return (
            structured.text(self._article.get("publisher"))
            or self._meta("og:site_name", "application-name")
            or self._said.site
        )

    def _section(self, title: str | None) -> str | None:
        crumbs = [name for name, _ in self._said.crumbs[:MAX_CRUMBS]] or self._visible_crumbs()
        found = last_crumb(crumbs, title, self._site, self._patterns)
        return found or structured.text(self._article.get("articleSection")) or self._meta("article:section") or None

    def _visible_crumbs(self) -> list[str]:
        """The crumbs of an element whose name says that it is a breadcrumb."""
        places = self._tree.xpath(
            "//*[contains(translate(concat(@class, ' ', @id, ' ', @aria-label), 'BCL', 'bcl'), 'breadcrumb')"
            " or contains(concat(' ', @class, ' '), ' path ')]"
        )
        for place in places[:3]:
            text = [_joined(node) for node in place.iter("a", "li") if node.tag == "a" or node.find(".//a") is None]
            crumbs = [crumb for crumb in text if crumb]
            if crumbs and len(_joined(place)) <= 400:
                return crumbs[:MAX_CRUMBS]
        return []

    def _published(self) -> str | None:
        seen = [
            node.get("datetime") or node.get("content") or node.get("title") or ""
            for node in self._tree.xpath("//*[@itemprop='datePublished' or @pubdate]")
        ]
        said = [
            structured.text(self._article.get("datePublished")) or "",
            *self._metas.get("article:published_time", ()),
            *(self._meta(name) for name in ("datepublished", "og:published_time", "dc.date.issued", "date", "pubdate")),
            *seen[:3],
        ]
        times = [node.get("datetime") or "" for node in self._tree.iter("time")][:1]
        for text in (*said, *times):
            if text and (time := _moment(text)):
                return time
        found = getattr(self._extracted, "date", None)
        return _moment(found) if found else None

    def _author(self) -> str | None:
        names = [name for name in structured.texts(self._article.get("author")) if "://" not in name]
        if not names:
            names = [
                name
                for name in (self._meta("author", "dc.creator"), self._meta("article:author"))
                if name and "://" not in name
            ][:1]
        if names:
            return "، ".join(dict.fromkeys(names))
        found = getattr(self._extracted, "author", None)
        return str(found) if found else None

    def _image(self) -> str | None:
        given = structured.address(self._article.get("image")) or self._meta(
            "og:image:secure_url", "og:image", "og:image:url", "twitter:image"
        )
        return self._absolute(given) if given else None

    def _language(self) -> str | None:
        return (
            structured.text(self._article.get("inLanguage"))
            or next((lang for node in self._tree.iter("html") if (lang := (node.get("lang") or "").strip())), None)
            or self._meta("og:locale", "language").replace("_", "-")
            or None
        )

    def _tags(self) -> list[str]:
        words = structured.texts(self._article.get("keywords"))
        given = (
            words if len(words) > 1 else [*_TAG_GAP.split(words[0])] if words else self._metas.get("article:tag", [])
        )
        if not given:
            given = _TAG_GAP.split(self._meta("news_keywords", "keywords"))
        if not any(given):
            given = [_joined(node) for node in self._tree.xpath("//a[@rel='tag']")]
        return [*dict.fromkeys(tag for tag in (" ".join(text.split()) for text in given) if tag)]

    # where it is

    def _addresses(self) -> Iterator[str]:
        """Addresses that the page says are its own; that it was fetched from last."""
        for node in self._tree.iter("link"):
            if "canonical" in (node.get("rel") or "").lower().split() and node.get("href"):
                yield self._absolute(node.get("href")) or ""
        for said in (
            self._meta("og:url"),
            structured.address(self._article.get("url")),
            structured.address(self._article.get("mainEntityOfPage")),
        ):
            if said:
                yield self._absolute(said) or ""
        if self._document.url:
            yield self._document.url

    @cached_property
    def _url(self) -> str | None:
        """The first of them that can be believed: of the host that was asked, and no first page of it."""
        fetched = self._document.url
        for url in self._addresses():
            if not url:
                continue
            if fetched and (
                _host(url) != _host(fetched) or (urlsplit(url).path in {"", "/"} and not urlsplit(url).query)
            ):
                continue
            try:
                return canonical(url)
            except ValueError:
                continue
        return canonical(fetched) if fetched else None

    def _absolute(self, address: str) -> str | None:
        """An address of the web, or None."""
        try:
            url = urljoin(self._document.url or "", address.strip())
            parts = urlsplit(url)
        except ValueError:
            return None
        return url if parts.scheme in {"http", "https"} and parts.hostname else None

    def _id(self, url: str | None) -> str:
        short = next(
            (
                node.get("href") or ""
                for node in self._tree.iter("link")
                if (node.get("rel") or "").lower() == "shortlink"
            ),
            "",
        )
        body = self._tree.find("body")
        post = _POST.search(body.get("class") or "") if body is not None else None
        guid = f"https://post.example/?p={post[1]}" if post else self._absolute(short)
        if url or guid:
            return article_id(url or guid or "", guid)
        return file_id(self._document.name)

    # its text

    def _lines(self) -> list[str]:
        """Lines of the article: those that can be seen, or articleBody where they are but a part of it."""
        said = structured.text_lines_of(self._article.get("articleBody"))
        self._unlink_chosen()
        trafilatura = required("trafilatura", "web")
        try:
            seen = trafilatura.extract(
                self._tree, output_format="html", include_comments=False, include_tables=True, fast=True
            )
        except Exception:  # noqa: BLE001  # whatever hostile markup does to it
            seen = None
        lines = plain_lines(seen or "")
        if sum(len(line.split()) for line in lines) < WHOLE * sum(len(line.split()) for line in said):
            return said
        return lines

    def _unlink_chosen(self) -> None:
        """Headlines under a heading as «قد يهمك أيضا» become paragraphs: of links alone they would be passed over."""
        chosen = self._patterns.chosen
        for node in [*self._tree.iter(*_HEADINGS)]:
            text = (node.text or "").strip()
            if not text or len(text) > 60 or not chosen.fullmatch(bare(text)) or len(_joined(node)) > 60:
                continue
            top = node
            while (above := top.getparent()) is not None and above.tag != "body" and _joined(above) == _joined(node):
                top = above
            below, left = top.getnext(), MAX_CHOSEN
            while below is not None and left > 0 and (linked := _linked(below)):
                left -= len(linked)
                following = below.getnext()
                _replace(below, linked)
                below = following


def _moment(text: str) -> str | None:
    """A time in UTC, its digits of any script; None where it is none."""
    try:
        return moment(normalize(text))
    except ValueError:
        return None


def _joined(node: Any) -> str:
    """The text of an element, on one line; the beginning of a long one."""
    pieces: list[str] = []
    left = MAX_LABEL
    for piece in node.itertext():
        pieces.append(piece[: left + 1])
        left -= len(piece)
        if left < 0:
            break
    return " ".join("".join(pieces).split())


def _linked(node: Any) -> list[str]:
    """The texts of the links of an element that holds nothing else; none where it does."""
    if node.tag == "br":
        return []
    links = [node] if node.tag == "a" else [*node.iter("a")]
    texts = [text for link in links[: MAX_CHOSEN + 1] if (text := _joined(link))]
    alone = "".join("".join(texts).split()) == "".join(_joined(node).split()).strip("•-–*")
    return texts if texts and len(texts) <= MAX_CHOSEN and alone else []


def _replace(node: Any, paragraphs: Sequence[str]) -> None:
    """Puts paragraphs where an element was; what followed it stays."""
    tail = node.tail
    node.clear()
    node.tag, node.tail = "div", tail
    for text in paragraphs:
        made = node.makeelement("p")
        made.text = text
        node.append(made)


def _host(url: str) -> str:
    """The host without the name of one of its doors."""
    host = urlsplit(url).hostname or ""
    return re.sub(r"^(?:www|m|amp|mobile)\.", "", host)
