"""Texts of WordPress: what an editor wrote, and what a site makes of it, to the same plain text.

An export holds posts as they were written: comments of blocks (``<!-- wp:paragraph -->``), shortcodes
(``[caption]``), straight quotation marks. Sites render them before anybody reads them. :func:`rendered` does to the
one what is left of that in the text of the other (https://developer.wordpress.org/reference/functions/wptexturize/,
as in English and Arabic); :func:`body_text` and :func:`title_text` read both.
"""

from __future__ import annotations

import html
import re

from models.analysis.boilerplate import plain_lines

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_CAPTION = re.compile(
    r"<(?P<tag>p|dd|div)\s[^<>]{0,300}?class=[\"'][^\"'<>]{0,200}\bwp-caption-text\b[^<>]{0,300}>.{0,1000}?</(?P=tag)>",
    re.DOTALL,
)
_MEDIA = "caption|wp_caption|gallery|embed|video|audio|playlist"
# with all between the two tags, which is shown beside the text or not as text; without a second tag, alone
_MEDIA_CODE = re.compile(rf"(?<!\[)\[(?P<name>{_MEDIA})\b[^\[\]]{{0,2000}}\](?:[^\[]{{0,5000}}?\[/(?P=name)\])?")
# [name key=…] and [name /]; a word in brackets may be the writer's
_CODE = re.compile(r"(?<!\[)\[[A-Za-z][\w-]{0,60}(?:\s+[\w-]{1,40}=[^\[\]]{0,2000}|\s*/)\](?!\])")
_CLOSED = re.compile(r"(?<!\[)\[/([A-Za-z][\w-]{0,60})\]")
_ESCAPED = re.compile(r"\[(\[[^\[\]]{1,2000}\])\]")
_ADDRESS = re.compile(r"https?://\S+")

_PIECE = re.compile(r"(<!--(?:.*?-->|.*\Z)|<[^<>]*>|\[/?[A-Za-z][^\[\]<>]*\])", re.DOTALL)
_VERBATIM = re.compile(r"<(/?)(pre|code|kbd|style|script|tt)\b", re.IGNORECASE)
_SPACE = r"[\r\n\t \u00a0]"
_AFTER = rf"(?=\Z|[.,:;!?)}}\-\]>]|{_SPACE})"
_OPENS_DOUBLE = re.compile(rf"(?:\A|(?<=[(\[{{<\-])|(?<={_SPACE}))\"(?!{_SPACE})")
_OPENS_SINGLE = re.compile(rf"(?:\A|(?<=[(\[{{<\"“\-])|(?<={_SPACE}))'")
_SHORTENED = re.compile(r"'(?=tain't|twere|twas|tis|twill|til|bout|nuff|round|cause|em|\d\d(?![\d%]|[.,]\d))")
_DIGITS = frozenset("0123456789")
_INCHES = re.compile(r"(?<=[0-9])\"")
_FEET = re.compile(r"(?<=[0-9])'(?![A-Za-z])")
_DASHES = (
    (re.compile(r"---"), "—"),
    (re.compile(rf"(?:\A|(?<={_SPACE}))--(?=\Z|{_SPACE})", re.MULTILINE), "—"),
    (re.compile(r"(?<!xn)--"), "–"),
    (re.compile(rf"(?:\A|(?<={_SPACE}))-(?=\Z|{_SPACE})"), "–"),
)
_TIMES = re.compile(r"\b((?:0[\d.,]{1,30}|[1-9][\d.,]{0,30}))x(\d[\d.,]*)\b", re.ASCII)


def title_text(written: str) -> str:
    """A title, or the name of a category, a tag, an author, as plain text."""
    return " ".join(plain_lines(html.unescape(written) if "<" not in written else written))


def body_text(written: str) -> str:
    """A post that is rendered as plain text, its lines parted by blank lines.

    Captions are no text; the tags of shortcodes that nobody rendered go, what stands between them stays; a line that
    is an address alone is where a site embeds something.
    """
    text = _CAPTION.sub("", written) if "wp-caption" in written else written
    text = _without_codes(_COMMENT.sub("", text))
    return "\n\n".join(line for line in plain_lines(text) if not _ADDRESS.fullmatch(line))


def rendered(written: str) -> str:
    """A content as it was written, as the site shows it: without captions, galleries and media, typeset."""
    text = typeset(written)
    return _ESCAPED.sub(r"\1", _MEDIA_CODE.sub("", text)) if "[" in text else text


def typeset(written: str) -> str:
    """A text as it was written, with the marks that a site shows for those that were typed."""
    if not any(mark in written for mark in ("'", '"', "--", " -", "- ", "...", "``", "(tm)", "x")):
        return written
    pieces = _PIECE.split(written)
    verbatim: list[str] = []
    for position, piece in enumerate(pieces):
        if position % 2:
            if found := _VERBATIM.match(piece):
                _track(verbatim, closing=bool(found[1]), tag=found[2].lower())
        elif not verbatim and piece.strip():
            pieces[position] = _typeset(piece)
    return "".join(pieces)


def _track(verbatim: list[str], closing: bool, tag: str) -> None:
    if not closing:
        verbatim.append(tag)
    elif verbatim and verbatim[-1] == tag:
        verbatim.pop()


def _typeset(text: str) -> str:
    """A text between two tags."""
    text = text.replace("&nbsp;", "\u00a0").replace("&lt;", "&lt;<").replace("&gt;", "&gt;>") if "&" in text else text
    text = text.replace("...", "…").replace("``", "“").replace("''", "”").replace(" (tm)", " ™")
    if "'" in text:
        text = _SHORTENED.sub("’", text)
        text = _OPENS_SINGLE.sub("‘", text)
        text = _closed(text, "'", "‘", "’", _FEET, "′").replace("'", "’")
    if '"' in text:
        text = _OPENS_DOUBLE.sub("“", text)
        text = _closed(text, '"', "“", "”", _INCHES, "″").replace('"', "”")
    if "-" in text:
        for pattern, dash in _DASHES:
            text = pattern.sub(dash, text)
    text = _TIMES.sub(r"\1×\2", text) if "x" in text else text
    return text.replace("&lt;<", "&lt;").replace("&gt;>", "&gt;")


def _closed(text: str, typed: str, opening: str, closing: str, measure: re.Pattern[str], prime: str) -> str:
    """Marks after digits: those that close what was opened, and those of feet and inches."""
    parts = text.split(opening)
    for number, part in enumerate(parts):
        if number and closing not in part:  # the last mark where one may close is the one that does
            ends = [found.start() for found in re.finditer(typed + _AFTER, part)]
            plain = {end for end in ends if part[end - 1 : end] not in _DIGITS}
            marks = plain or set(ends[-1:])
            part = "".join(closing if at in marks else letter for at, letter in enumerate(part))  # noqa: PLW2901
        parts[number] = measure.sub(prime, part)
    return opening.join(parts)


def _without_codes(text: str) -> str:
    if "[" not in text:
        return text
    closed = {found.lower() for found in _CLOSED.findall(text)}
    if closed:
        names = "|".join(re.escape(name) for name in sorted(closed)[:200])
        text = re.sub(rf"(?<!\[)\[/?(?:{names})\b[^\[\]]{{0,2000}}\](?!\])", "", text, flags=re.IGNORECASE)
    return _CODE.sub("", text)
