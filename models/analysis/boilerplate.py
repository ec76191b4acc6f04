"""Boilerplate: what a page carries beside the article leaves the text before it is weighed.

A body may be HTML or plain text. Out of it come paragraphs; lines that are page
furniture (breadcrumb, caption, dateline, pasted blocks of other headlines, share and
copyright lines) are taken off and named by kind. The patterns are data, in
``boilerplate.toml`` beside this file; what a site's pages repeat besides is learned in
training (:class:`Learned`) from what :func:`repeatable` says of each article.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.analysis.markup import BLOCKS, characters, pieces
from models.analysis.normalization import normalize

PATTERNS = Path(__file__).with_name("boilerplate.toml")

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:[a-zA-Z]{2,8}|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_UNSEEN = frozenset({"script", "style", "noscript", "template", "iframe", "figcaption"})
# a full stop, neither of an ellipsis nor of a number; headlines may end in ؟ or !, or have them inside.
# Patterns begin with a letter of their own where that can be: it is looked for many times as fast.
_AFTER_SENTENCE = "\"»”')]"
_SENTENCE_BREAK = re.compile(r"\.(?<=[^\d\s.…]\.)[\"»”]?\s*[^\d\s.]")
_MARGIN = " \t\r\n:：-–—•*|؛،.«»\"'…"

_SENTENCE_GAP = re.compile(r"(?<=[.!?؟…])[\"»”')\]]*\s+")
_PIECE_GAP = re.compile(r"\s*[-–—:|]\s*|\s+ـ+\s+")

MAX_FURNITURE = 300  # characters; a longer line is the article's
HEAD_CHARACTERS = 120  # characters at the beginning of an article in which a dateline stands
MAX_PIECE_WORDS = 5  # of a part of a dateline between dashes
END_SENTENCES = 3  # looked at, at the end of an article
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


@dataclass(frozen=True, slots=True)
class Learned:
    """Furniture of a site's pages that no pattern knows, as :func:`bare` writes it.

    Attributes:
        lines: whole lines, or sentences at the beginning or end of an article.
        heads: parts of a dateline, between dashes at the very beginning.
    """

    lines: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()


NOTHING_LEARNED = Learned()

LINE, HEAD = "line", "head"


@dataclass(frozen=True, slots=True)
class Furniture:
    """One thing that a site's pages repeat, as training found it.

    Attributes:
        kind: ``line`` or ``head``, see :class:`Learned`.
        articles: of the site, that hold it; ``share`` is their part of all of the site's.
    """

    kind: str
    line: str
    site: str
    articles: int
    share: float


def learned(furniture: Iterable[Furniture]) -> Learned:
    """What is looked for in every article, of whichever site."""
    found = [(one.kind, one.line) for one in furniture]
    return Learned(*(frozenset(line for kind, line in found if kind == wanted) for wanted in (LINE, HEAD)))


def _paragraphs(source: str) -> list[str]:
    """HTML to texts: a block element begins a new one, unseen elements say nothing."""
    texts: list[list[str]] = [[]]
    unseen: list[str] = []
    first: dict[str, int] = {}  # of each unseen element that is open, its place among all
    for piece in pieces(source):
        if isinstance(piece, str):
            if not unseen:
                texts[-1].append(characters(piece))
            continue
        name = piece.name
        if name in _UNSEEN and not piece.closes and not piece.empty:
            first.setdefault(name, len(unseen))
            unseen.append(name)
            continue
        if piece.closes and name in first:
            place = first[name]
            for inner in unseen[place:]:
                first.pop(inner, None)
            del unseen[place:]
        if name in BLOCKS:
            texts.append([])
    return ["".join(text) for text in texts]


def plain_lines(body: str) -> list[str]:
    """The lines of a body that is plain text or HTML, blank ones left out."""
    marked_up = ("<" in body or "&" in body) and _TAG.search(body)
    lines = _paragraphs(body) if marked_up else [body]
    return [" ".join(line.split()) for text in lines for line in text.splitlines() if line.strip()]


def bare(line: str) -> str:
    """A line as it is compared: normalized, without what stands around it."""
    return normalize(line).strip(_MARGIN)


def compiled(pattern: str) -> re.Pattern[str]:
    """A regular expression of a site's settings.

    Raises:
        ValueError: when it is none, or would take every line off.
    """
    try:
        expression = re.compile(f"(?:{pattern})")  # as it stands among others
    except re.error as error:
        raise ValueError(f"boilerplate: {pattern!r} is no regular expression: {error}") from error
    if expression.fullmatch("") or expression.fullmatch("كل سطر من كل مقال"):
        raise ValueError(f"boilerplate: {pattern!r} fits every line")
    return expression


def repeatable(paragraphs: Sequence[str]) -> tuple[set[str], set[str]]:
    """What of an article may be furniture if others repeat it: lines and sentences; parts of a dateline.

    As they stand: machines repeat letter by letter, and :func:`bare` of every line would take its time.
    """
    lines = {line.strip(_MARGIN) for line in paragraphs if len(line) <= MAX_FURNITURE}
    heads: set[str] = set()
    if paragraphs:
        lines.update(paragraphs[-1][gap.end() :].strip(_MARGIN) for gap in _last_gaps(paragraphs[-1]))
        first = _SENTENCE_GAP.search(paragraphs[0], 0, MAX_FURNITURE)
        if first:
            lines.add(paragraphs[0][: first.start()].strip(_MARGIN))
        heads.update(piece.strip(_MARGIN) for piece, _ in _head_pieces(paragraphs[0]))
    return lines - {""}, heads - {""}


def _last_gaps(line: str) -> list[re.Match[str]]:
    """The ends of sentences close before the end of a line, the farthest first."""
    return [*_SENTENCE_GAP.finditer(line, max(0, len(line) - MAX_FURNITURE))][-END_SENTENCES:]


def _head_pieces(line: str) -> Iterator[tuple[str, int]]:
    """The short parts before the dashes and colons at the beginning of a line, each with where the next begins."""
    start = 0
    for gap in _PIECE_GAP.finditer(line, 0, HEAD_CHARACTERS):
        piece = line[start : gap.start()]
        if len(piece.split()) > MAX_PIECE_WORDS:
            return
        yield piece, gap.end()
        start = gap.end()


class Boilerplate:
    """The patterns, compiled; :meth:`clean` takes page furniture off a body."""

    def __init__(self, patterns: dict[str, Any], learned: Learned = NOTHING_LEARNED) -> None:
        self._heading = re.compile("|".join(f"(?:{pattern})" for pattern in patterns["headings"]))
        self._all = [*patterns["headings"], *(entry["pattern"] for entry in patterns["lines"])]
        self._lines = [(entry["kind"], re.compile(entry["pattern"])) for entry in patterns["lines"]]
        self._continues = re.compile(patterns["continues"])
        dateline = patterns["dateline"]
        self._dateline = re.compile(dateline["alone"])
        self._agency = re.compile(dateline["agency"])
        self._inline = re.compile(dateline["inline"])
        self._closing = re.compile(dateline["closing"])
        self._ends = [(entry["word"], re.compile(entry["pattern"])) for entry in patterns["ends"]]
        self._starts = re.compile("|".join(f"(?:{pattern})" for pattern in patterns["starts"]))
        self._learned = learned

    @classmethod
    def default(
        cls, headings: Sequence[str] = (), lines: Sequence[str] = (), learned: Learned = NOTHING_LEARNED
    ) -> Boilerplate:
        """The patterns that come with Silah, with those of a site, and what was learned of it."""
        patterns = tomllib.loads(PATTERNS.read_text(encoding="utf-8"))
        patterns["headings"].extend(headings)
        patterns["lines"].extend({"kind": "site", "pattern": pattern} for pattern in lines)
        return cls(patterns, learned)

    def clean(self, body: str) -> CleanText:
        """Paragraphs of the article, in order, and the lines taken off with their kinds."""
        kept: list[str] = []
        removed: list[tuple[str, str]] = []
        for line, kind in self.marked(plain_lines(body)):
            if kind is None:
                kept.append(line)
            else:
                removed.append((kind, line))
        self._cut_preamble(kept, removed)
        if kept:
            self._cut_inline(kept, removed)
            self._cut_ends(kept, removed)
        return CleanText(tuple(kept), tuple(removed))

    def marked(self, lines: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """Each line with the kind of furniture that it is as a whole; None of the article's own."""
        in_block = False
        for line in lines:
            kind = self._kind(bare(line)) if len(line) <= MAX_FURNITURE else None
            if kind is None and in_block:
                kind = "pasted" if is_headline(line) and not self._continues.match(bare(line)) else None
            in_block = kind in ("heading", "pasted") or (in_block and kind is not None)
            yield line, kind

    def pattern(self, line: str) -> str | None:
        """The expression that takes a line off, for people; None where it is none."""
        text = bare(line)
        return next((found for found in self._all if re.fullmatch(found, text)), None)

    def is_dateline(self, line: str) -> bool:
        """Whether a line is a place and an outlet, and nothing else."""
        return self._dateline.fullmatch(normalize(line).strip()) is not None

    def _kind(self, line: str) -> str | None:
        if not line:
            return "blank"
        if line in self._learned.lines:
            return "repeated"
        if self._heading.fullmatch(line):
            return "heading"
        return next((kind for kind, pattern in self._lines if pattern.fullmatch(line)), None)

    def _cut_preamble(self, kept: list[str], removed: list[tuple[str, str]]) -> None:
        """A dateline among the first lines goes, with the short captions before it."""
        for position, line in enumerate(kept[:PREAMBLE_LINES]):
            if is_prose(line):
                break
            if self.is_dateline(line):
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
        signed = last.rstrip(". ").endswith(")")
        for closing in self._closing.finditer(last) if signed else ():
            if closing.end() == len(last) and closing.start() > 0 and self._agency.search(normalize(closing.group())):
                removed.append(("signature", closing.group().strip()))
                kept[-1] = last[: closing.start()].rstrip()

    def _cut_ends(self, kept: list[str], removed: list[tuple[str, str]]) -> None:
        """What stands before the first sentence of an article and after its last."""
        line = kept[-1]
        for word, pattern in self._ends:
            near = max(0, len(line) - MAX_FURNITURE)
            if line.find(word, near) >= 0 and (match := pattern.search(line, near)):
                removed.append(("share", line[match.start() :].strip()))
                line = line[: match.start()].rstrip()
        for gap in _last_gaps(line) if self._learned.lines else ():
            if bare(line[gap.end() :]) in self._learned.lines:
                removed.append(("repeated", line[gap.end() :]))
                line = line[: gap.end()].rstrip()
                break
        kept[-1] = line
        line = kept[0]
        start = self._starts.match(line)
        begin = end = start.end() if start else 0
        for piece, after in _head_pieces(line[begin:]) if self._learned.heads else ():
            if bare(piece) in self._learned.heads:
                end = begin + after
        if end:
            removed.append(("dateline", line[:end].strip()))
            line = line[end:]
        first = _SENTENCE_GAP.search(line, 0, MAX_FURNITURE) if self._learned.lines else None
        if first and bare(line[: first.start()]) in self._learned.lines:
            removed.append(("repeated", line[: first.end()].strip()))
            line = line[first.end() :]
        kept[0] = line
        kept[:] = [line for line in kept if line]


def is_headline(line: str) -> bool:
    """Whether a line may be a headline: short, and no prose."""
    return len(line.split()) <= MAX_HEADLINE_WORDS and not is_prose(line)


def is_prose(line: str) -> bool:
    """Whether a line is a sentence that ends, or goes on after a full stop."""
    end = line.rstrip(_AFTER_SENTENCE)
    ends = end.endswith(".") and not end.endswith(("..", "…."))
    return ends or _SENTENCE_BREAK.search(line) is not None
