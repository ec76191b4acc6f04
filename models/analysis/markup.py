"""Markup: HTML cut into tags and text, in time that grows with its length and no faster, whatever it holds.

The parser of the standard library looks for the end of each tag, comment and quotation mark that is never closed
through all the rest, and again for the next one: some hundred kilobytes of them keep it busy for hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table"}
    | {"td", "th", "tr", "ul"}
)
RAW = frozenset({"script", "style"})  # elements whose content is no markup

_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*)")
# possessive: what was passed is never tried again
_TO_END = re.compile(r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_LONG_NUMBER = re.compile(r"&#(?:\d{8,}|[xX][0-9a-fA-F]{8,});?")  # no character, and too long for unescape


class Tag(NamedTuple):
    """A tag, from ``start`` to ``end`` of the source; its name is in lower case."""

    name: str
    closes: bool
    empty: bool
    start: int
    end: int


class Cutting:
    """A source, cut once from its beginning to its end."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._quotes = True  # whether a quotation mark has been closed each time
        self._ends = {"-->": True, "]]>": True}

    def pieces(self) -> Iterator[Tag | str]:
        """Tags, and text as it stands between them; comments, declarations, scripts and styles are passed over."""
        source, text, position = self._source, 0, 0
        last = source.rfind(">")
        while 0 <= (start := source.find("<", position)) < last:
            name = _NAME.match(source, start)
            end = self._tag_end(name.end()) if name else self._unseen_end(start)
            if end < 0:
                position = start + 1
                continue
            if start > text:
                yield source[text:start]
            text = position = end
            if name:
                tag = Tag(name[1].lower(), source[start + 1] == "/", source[end - 2] == "/", start, end)
                yield tag
                if tag.name in RAW and not tag.closes and not tag.empty:
                    closing = re.compile(f"</{tag.name}[\\s/>]", re.IGNORECASE).search(source, end)
                    if closing is None:
                        return
                    text = position = closing.start()
        if text < len(source):
            yield source[text:]

    def _tag_end(self, position: int) -> int:
        """Where a tag ends."""
        if self._quotes:
            found = _TO_END.match(self._source, position)
            if found:
                return found.end()
            self._quotes = False
        return self._source.find(">", position) + 1

    def _unseen_end(self, start: int) -> int:
        """Where a comment or a declaration ends that begins here; -1 where none does."""
        source = self._source
        for opening, closing in (("<!--", "-->"), ("<![", "]]>")):
            if source.startswith(opening, start) and self._ends[closing]:
                end = source.find(closing, start + len(opening))
                if end >= 0:
                    return end + len(closing)
                self._ends[closing] = False
        return source.find(">", start) + 1 if source.startswith(("<!", "<?", "</"), start) else -1


def pieces(source: str) -> Iterator[Tag | str]:
    """See :meth:`Cutting.pieces`."""
    return Cutting(source).pieces()


def characters(text: str) -> str:
    """Text with the characters that its references stand for."""
    return unescape(_LONG_NUMBER.sub("\ufffd", text)) if "&" in text else text
