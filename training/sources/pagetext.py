"""The plain text of a page → the article in it, without breadcrumb, caption, dateline and boxes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from models.analysis.boilerplate import PREAMBLE_LINES, bare, is_headline
from models.analysis.normalization import normalize
from models.errors import RecordError
from training.sources.addresses import article_id, canonical
from training.sources.charset import decoded, is_garbled
from training.sources.document import Document
from training.sources.headline import headline
from training.sources.patterns import PagePatterns

MAX_LETTERS = 4_000_000  # a text that is longer is no page
MAX_HEADING_WORDS = 4
MIN_HEADLINE_WORDS = 4  # of a box whose heading nobody knows
MIN_HEADLINES = 2
MIN_TITLE_WORDS = 4
CERTAIN_TITLE_WORDS = 6  # with no other line above the dateline
MAX_TITLE_LETTERS = 220
MAX_CAPTION_WORDS = 14
CRUMBS = re.compile(r"\s*[»›>/|«\\←]\s*")
_DATELINE_GAP = re.compile(r"\s*[-–—/:ـ]+\s*")
_MAX_OUTLET_WORDS = 3
_OF_PAGES = frozenset({"breadcrumb", "heading", "address"})


@dataclass(frozen=True, slots=True)
class Taken:
    """A line that left the body.

    Attributes:
        kind: ``breadcrumb``, ``title``, ``caption``, ``dateline``, ``heading`` and ``pasted`` of a box, ``link``, …
        why: the expression that it matched, or the rule in words.
    """

    kind: str
    line: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a page, and what was taken off it, in the order of the page."""

    value: dict[str, Any] | RecordError
    taken: tuple[Taken, ...] = ()


@dataclass(slots=True)
class Parted:
    """Lines of a page, parted into the article's own and the others."""

    paragraphs: list[str]
    taken: list[Taken]
    section: str | None = None
    title: str | None = None
    source: str | None = None
    url: str | None = None
    links: list[str] = field(default_factory=list)


def explained_text(document: Document, patterns: PagePatterns) -> Reading:
    """A page of which somebody kept the text as a record, and what was taken off it."""
    text = decoded(document.content, document.charset)
    if is_garbled(text):
        return Reading(RecordError("no_text", "the file is no text"))
    text = text.replace("\x00", "")
    if len(text) > MAX_LETTERS:
        return Reading(RecordError("too_large", f"the text has more than {MAX_LETTERS:,} characters"))
    parted = part(text_lines(text), patterns)
    taken = tuple(parted.taken)
    if not parted.paragraphs:
        return Reading(RecordError("no_text", "nothing is left of the page when its boxes are off"), taken)
    url = document.url or parted.url
    record: dict[str, Any] = {
        "id": article_id(url) if url else file_id(document.name),
        "title": parted.title or formed_title(parted.paragraphs[0], patterns),
        "body": "\n\n".join(parted.paragraphs),
        "section": parted.section,
        "url": canonical(url) if url else None,
        "source": parted.source,
        "links": parted.links,
    }
    return Reading({key: value for key, value in record.items() if value}, taken)


def without_boxes(record: dict[str, Any], patterns: PagePatterns) -> dict[str, Any]:
    """A record of which a feed or WordPress told the body, as the article's page would have told it.

    What a page's text loses goes from its body, too; headlines that an editor chose become its links.
    """
    parted = part(record["body"].split("\n\n"), patterns, record["title"])
    told = {"section": parted.section, "source": parted.source, "links": parted.links} | record
    told["body"] = "\n\n".join(parted.paragraphs)
    return {key: value for key, value in told.items() if value}


def file_id(name: str) -> str:
    """The id of a page that names no address: the name of its file without endings."""
    stem = PurePath(PurePath(name).name.removesuffix(".gz").removesuffix(".zst")).stem
    return stem or name


def text_lines(text: str) -> list[str]:
    """The lines of a text that holds no HTML."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def formed_title(paragraph: str, patterns: PagePatterns) -> str:
    """A title out of the first paragraph of an article, without a dateline before its first sentence."""
    cleaned = patterns.boilerplate.clean(paragraph).paragraphs
    return headline(cleaned[0] if cleaned else paragraph, patterns.openers, patterns.dangling)


def part(lines: Sequence[str], patterns: PagePatterns, title: str | None = None) -> Parted:
    """Lines of a page parted.

    Args:
        lines: not blank, without line breaks.
        patterns: what is furniture.
        title: where it is known already; else it is looked for above the article.
    """
    return _Parting(lines, patterns, title).done()


class _Parting:
    """One page on its way; ``why`` holds of each line the kind and reason for which it went, None of the article's."""

    def __init__(self, lines: Sequence[str], patterns: PagePatterns, title: str | None) -> None:
        self._lines = lines
        self._patterns = patterns
        self._why: list[tuple[str, str] | None] = [None] * len(lines)
        self._title = title
        self._parted = Parted([], [])

    def done(self) -> Parted:
        self._addresses()
        self._furniture()
        self._boxes_without_a_known_heading()
        self._breadcrumb()
        self._above()
        parted = self._parted
        for line, why in zip(self._lines, self._why, strict=True):
            if why is None:
                parted.paragraphs.append(line)
            else:
                parted.taken.append(Taken(why[0], line, why[1]))
        return parted

    def _addresses(self) -> None:
        """Lines that tell where the page is; two different ones tell nothing."""
        found = {}
        for position, line in enumerate(self._lines):
            told = self._patterns.address.fullmatch(line.strip()) if "://" in line else None
            if told:
                self._why[position] = ("address", "a line that is an address")
                try:
                    found[canonical(told[1])] = told[1]
                except ValueError:
                    continue
        if len(found) == 1:
            (self._parted.url,) = found.values()

    def _furniture(self) -> None:
        """Lines of known kinds, and boxes under known headings; headlines that an editor chose are links."""
        patterns = self._patterns
        chosen = False  # whether an editor's heading was the last
        for position, (line, kind) in enumerate(patterns.boilerplate.marked(self._lines)):
            if self._why[position] is not None or kind is None:
                chosen = False
                continue
            why = patterns.boilerplate.pattern(line)
            title = None
            if kind == "pasted" and why is None:
                chosen = chosen and not self._heads_a_box(position)
                title, why = (line, "a headline that an editor chose") if chosen else (None, "a headline of a box")
            else:
                chosen = kind == "heading" and patterns.chosen.fullmatch(bare(line)) is not None
                inline = patterns.chosen_inline.match(normalize(line)) if kind == "pasted" else None
                title = _after_heading(line, inline.end()) if inline else None
            if title and title not in self._parted.links:
                self._parted.links.append(title)
            self._why[position] = ("link" if title else kind, why or "nothing but punctuation")

    def _heads_a_box(self, position: int) -> bool:
        """Whether a line is short and alone above headlines."""
        below = self._lines[position + 1 : position + 1 + MIN_HEADLINES]
        return (
            len(self._lines[position].split()) <= MAX_HEADING_WORDS
            and len(below) == MIN_HEADLINES
            and all(is_headline(line) and len(line.split()) >= MIN_HEADLINE_WORDS for line in below)
        )

    def _boxes_without_a_known_heading(self) -> None:
        """Boxes of sections after the last sentence of the article.

        An article may end in a list, too, or in captions: boxes are told by headlines that are cut short, and in what
        is a page by their number.
        """
        start = 1 + max(
            (at for at, line in enumerate(self._lines) if self._is_text(at, line)), default=len(self._lines)
        )
        boxes: list[range] = []
        position = start
        while position < len(self._lines):
            if self._why[position] is None and self._heads_a_box(position):
                end = position + 1
                while end < len(self._lines) and self._is_box_line(end) and not self._heads_a_box(end):
                    end += 1
                boxes.append(range(position, end))
                position = end
            else:
                position += 1
        cut = sum(self._lines[at].endswith(("…", "...")) for box in boxes for at in box[1:])
        if cut >= MIN_HEADLINES or (self._is_page() and (len(boxes) > 1 or cut)):
            for box in boxes:
                self._why[box[0]] = ("heading", "a short line alone above headlines, after the article")
                for at in box[1:]:
                    self._why[at] = ("pasted", "a headline of a box")

    def _is_page(self) -> bool:
        """Whether furniture was found that no body of an article has."""
        return any(why is not None and why[0] in _OF_PAGES for why in self._why)

    def _is_text(self, position: int, line: str) -> bool:
        return self._why[position] is None and not is_headline(line)

    def _is_box_line(self, position: int) -> bool:
        return self._why[position] is None and is_headline(self._lines[position])

    def _breadcrumb(self) -> None:
        """The section is the last crumb that is neither the first page nor the article itself."""
        for position, why in enumerate(self._why[: 2 * PREAMBLE_LINES]):
            if why is not None and why[0] == "breadcrumb":
                crumbs = [crumb.strip() for crumb in CRUMBS.split(self._lines[position]) if crumb.strip()]
                self._parted.section = last_crumb(crumbs, self._title, self._below(position), self._patterns)
                return

    def _below(self, position: int) -> str | None:
        """The line after a breadcrumb, which may be the title that ends it."""
        return next((line for line in self._lines[position + 1 : position + 2]), None)

    def _above(self) -> None:
        """Title, caption and dateline above the first sentence."""
        own = [at for at, why in enumerate(self._why) if why is None]
        above: list[int] = []
        for at in own[: PREAMBLE_LINES + 1]:
            if not is_headline(self._lines[at]):
                break
            above.append(at)
        if self._title is not None:
            for at in above:
                if bare(self._lines[at]) == bare(self._title):
                    self._why[at] = ("title", "the title once more")
            above, own = ([at for at in some if self._why[at] is None] for some in (above, own))
        if len(above) == len(own):
            above = above[:-1]  # something is the body
        above = above[:PREAMBLE_LINES]
        dateline = next((at for at in above if self._is_dateline(at, above)), None)
        before = [at for at in above if dateline is None or at < dateline]
        if dateline is not None:
            self._why[dateline] = ("dateline", "a place and an outlet above the first sentence")
            self._parted.source = self._outlet(self._lines[dateline])
        if self._title is None and before and self._is_title(before, alone_above=dateline is not None):
            self._why[before[0]] = ("title", "the first line above the article")
            self._parted.title = self._lines[before.pop(0)]
        for at in before:
            if len(self._lines[at].split()) <= MAX_CAPTION_WORDS and (dateline is not None or self._is_caption(at)):
                self._why[at] = ("caption", "a short line between title and article")

    def _is_dateline(self, at: int, above: Sequence[int]) -> bool:
        """A place and an outlet; a headline that quotes somebody is written in the same way (name: what he says)."""
        line = self._lines[at]
        if not self._patterns.boilerplate.is_dateline(line):
            return False
        parts = _DATELINE_GAP.split(line)
        return all(len(part.split()) <= _MAX_OUTLET_WORDS for part in parts) and (":" not in line or at != above[0])

    def _is_title(self, before: Sequence[int], alone_above: bool) -> bool:
        line = self._lines[before[0]]
        words = len(line.split())
        if len(line) > MAX_TITLE_LETTERS or line.rstrip("-– ").endswith(":") or self._is_caption(before[0]):
            return False
        return words >= (CERTAIN_TITLE_WORDS if alone_above and len(before) == 1 else MIN_TITLE_WORDS)

    def _is_caption(self, at: int) -> bool:
        return self._patterns.caption.fullmatch(bare(self._lines[at])) is not None

    def _outlet(self, dateline: str) -> str | None:
        """The newspaper, as a dateline tells it."""
        named = [part for part in _DATELINE_GAP.split(dateline) if self._patterns.outlet.fullmatch(bare(part))]
        return named[0].strip() if len(named) == 1 else None


def last_crumb(crumbs: Sequence[str], title: str | None, below: str | None, patterns: PagePatterns) -> str | None:
    """The section that a breadcrumb names.

    Args:
        crumbs: from the first page on.
        patterns: which of them are the first page.
        title: of the article, where it is known; the last crumb may be cut short.
        below: another text that the last crumb may repeat.
    """
    own = [bare(text) for text in (title, below) if text]
    named = [crumb for crumb in crumbs if bare(crumb) and bare(crumb) not in patterns.home]
    while named and any(text.startswith(bare(named[-1].rstrip("…."))) for text in own):
        named.pop()
    return named[-1] if named else None


def _after_heading(line: str, normalized: int) -> str:
    """What follows in a line as it stands, where ``normalized`` letters of its normal form are the heading."""
    for position in range(1, len(line)):
        if len(normalize(line[:position])) >= normalized and not line[position : position + 1].isspace():
            return line[position:].strip(" :|–—-").removesuffix(".")
    return ""
