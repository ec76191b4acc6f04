"""HTML → a tree, in bounded time and depth, with nothing lost that is nested deeper than the parser goes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from models.analysis.markup import BLOCKS, RAW, pieces
from models.errors import RecordError
from training.sources.extras import required

MAX_LETTERS = 4_000_000
MAX_TAGS = 20_000  # a page of an article has a few thousand; beyond this extraction takes seconds
MAX_TEXT = 1_000_000  # letters between the tags
MAX_DEPTH = 60  # elements that need a tag to close them, within each other; libxml2 loses what is more than 255 deep
MAX_TAG = 4_000  # letters; libxml2 takes the square of the number of its attributes

_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
_NOT_COUNTED = _VOID | {
    "p",
    "li",
    "td",
    "th",
    "tr",
    "dt",
    "dd",
    "option",
    "tbody",
    "thead",
    "tfoot",
    "body",
    "html",
    "head",
}


def parsed(text: str) -> Any:
    """The root of the tree (``lxml.html.HtmlElement``), or a :class:`RecordError`: ``too_large``, ``no_text``."""
    if len(text) > MAX_LETTERS:
        return RecordError("too_large", f"the page has more than {MAX_LETTERS:,} characters")
    source = tamed(text)
    if source is None:
        return RecordError("too_large", f"the page has more than {MAX_TAGS:,} tags or {MAX_TEXT:,} letters of text")
    lxml_html, etree = required("lxml.html", "web"), required("lxml.etree", "web")
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return lxml_html.document_fromstring(source.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:  # ParserError is all three in turn
        return RecordError("no_text", f"the page is empty: {error}")


def tamed(source: str) -> str | None:
    """HTML without tags that nest deeper than ``MAX_DEPTH``, attributes of a tag longer than ``MAX_TAG``, comments.

    What such a tag held stays, on a line of its own. None where it is longer than a page.
    """
    kept: list[str] = []
    names: Counter[str] = Counter()  # of elements that are open
    tags = letters = depth = raw = 0
    for piece in pieces(source):
        if isinstance(piece, str):
            kept.append(piece.replace("<", "&lt;"))
            letters += len(piece)
            if letters > MAX_TEXT:
                return None
            continue
        tags += 1
        if tags > MAX_TAGS:
            return None
        if raw:
            kept.append(source[raw : piece.start])
        raw = piece.end if piece.name in RAW and not piece.closes and not piece.empty else 0
        deep = depth > MAX_DEPTH
        if piece.name not in _NOT_COUNTED and not piece.empty:
            if not piece.closes:
                names[piece.name] += 1
                depth += 1
                deep = depth > MAX_DEPTH
            elif names[piece.name]:
                names[piece.name] -= 1
                depth -= 1
        if deep and piece.name not in _VOID and not raw:
            if piece.name in BLOCKS and kept[-1:] != ["<br>"]:
                kept.append("<br>")
        elif piece.end - piece.start > MAX_TAG:
            kept.append(f"</{piece.name}>" if piece.closes else f"<{piece.name}>")
        else:
            kept.append(source[piece.start : piece.end])
    return "".join(kept)
