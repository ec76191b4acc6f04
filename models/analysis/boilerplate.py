"""Boilerplate: what a page carries beside the article leaves the text before it is weighed.

A body may be HTML or plain text. Out of it come paragraphs; lines that are page
furniture (breadcrumb, caption, dateline, pasted blocks of other headlines, share and
copyright lines) are taken off and named by kind. The patterns are data, in
``boilerplate.toml`` beside this file.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from models.analysis.normalization import normalize

PATTERNS = Path(__file__).with_name("boilerplate.toml")

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table"}
    | {"td", "th", "tr", "ul"}
)
_UNSEEN = frozenset({"script", "style", "noscript", "template", "iframe", "figcaption"})
# a full stop, neither of an ellipsis nor of a number; headlines may end in ؟ or !, or have them inside
_SENTENCE_END = re.compile(r"(?<![.…])\.[\"»”')\]]*$")
_SENTENCE_BREAK = re.compile(r"[^\d\s.…]\.[\"»”]?\s*[^\d\s.]")
_MARGIN = " \t\r\n:：-–—•*|؛،.«»\"'…"

MAX_HEADLINE_WORDS = 18
MAX_CAPTION_WORDS = 14
PREAMBLE_LINES = 4


@dataclass(frozen=True, slots=True)
class CleanText:
    """The paragraphs that are the article, and what was taken off: pairs of kind and line."""

    paragraphs: tuple[str, ...]
    removed: tuple[tuple[str, str], ...] = field(default=())

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


class _Paragraphs(HTMLParser):
    """HTML to lines: a block element begins a new one, unseen elements say nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = [[]]
        self._unseen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # HTMLParser's
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self.lines.append([])

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]
        if tag in _BLOCKS:
            self.lines.append([])

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.lines[-1].append(data)


def plain_lines(body: str) -> list[str]:
    """The lines of a body that is plain text or HTML, blank ones left out."""
    if _TAG.search(body):
        parser = _Paragraphs()
        parser.feed(body)
        parser.close()
        lines = ["".join(pieces) for pieces in parser.lines]
    else:
        lines = [body]
    return [" ".join(line.split()) for text in lines for line in text.splitlines() if line.strip()]


class Boilerplate:
    """The patterns, compiled; :meth:`clean` takes page furniture off a body."""

    def __init__(self, patterns: dict[str, Any]) -> None:
        self._heading = re.compile("|".join(f"(?:{pattern})" for pattern in patterns["headings"]))
        self._lines = [(entry["kind"], re.compile(entry["pattern"])) for entry in patterns["lines"]]
        dateline = patterns["dateline"]
        self._dateline = re.compile(dateline["alone"])
        self._agency = re.compile(dateline["agency"])
        self._inline = re.compile(dateline["inline"])
        self._closing = re.compile(dateline["closing"])

    @classmethod
    def default(cls) -> Boilerplate:
        """The patterns that come with Silah."""
        return cls(tomllib.loads(PATTERNS.read_text(encoding="utf-8")))

    def clean(self, body: str) -> CleanText:
        """Paragraphs of the article, in order, and the lines taken off with their kinds."""
        kept: list[str] = []
        removed: list[tuple[str, str]] = []
        in_block = False
        for line in plain_lines(body):
            bare = normalize(line).strip(_MARGIN)
            kind = self._kind(bare)
            if kind is None and in_block:
                kind = "pasted" if _is_headline(line) else None
            in_block = kind in ("heading", "pasted") or (in_block and kind is not None)
            if kind is None:
                kept.append(line)
            else:
                removed.append((kind, line))
        self._cut_preamble(kept, removed)
        if kept:
            self._cut_inline(kept, removed)
        return CleanText(tuple(kept), tuple(removed))

    def _kind(self, bare: str) -> str | None:
        if not bare:
            return "blank"
        if self._heading.fullmatch(bare):
            return "heading"
        return next((kind for kind, pattern in self._lines if pattern.fullmatch(bare)), None)

    def _cut_preamble(self, kept: list[str], removed: list[tuple[str, str]]) -> None:
        """A dateline among the first lines goes, with the short captions before it."""
        for position, line in enumerate(kept[:PREAMBLE_LINES]):
            if _is_prose(line):
                break
            if self._dateline.fullmatch(normalize(line).strip()):
                before = kept[:position]
                if len(kept) > position + 1 and all(len(text.split()) <= MAX_CAPTION_WORDS for text in before):
                    removed.extend(("caption", text) for text in before)
                    removed.append(("dateline", line))
                    del kept[: position + 1]
                break

    def _cut_inline(self, kept: list[str], removed: list[tuple[str, str]]) -> None:
        """A dateline before the first sentence, and an agency's signature after the last."""
        first = kept[0]
        match = self._inline.match(first)
        if match and match.end() < len(first):
            removed.append(("dateline", match.group().strip()))
            kept[0] = first[match.end() :]
        last = kept[-1]
        for closing in self._closing.finditer(last):
            if closing.end() == len(last) and closing.start() > 0 and self._agency.search(normalize(closing.group())):
                removed.append(("signature", closing.group().strip()))
                kept[-1] = last[: closing.start()].rstrip()


def _is_headline(line: str) -> bool:
    """A pasted headline: short, and not a sentence that ends or goes on after a full stop."""
    return len(line.split()) <= MAX_HEADLINE_WORDS and not _is_prose(line)


def _is_prose(line: str) -> bool:
    return bool(_SENTENCE_END.search(line) or _SENTENCE_BREAK.search(line))
