"""Charsets: what byte order marks and names tell, and the text of a document, whatever it declares."""

from __future__ import annotations

import codecs
import re

from training.sources.extras import required

LOOKED_AT = 64 * 1024  # bytes at the beginning in which a charset is declared or guessed
MAX_BROKEN = 0.02  # of the letters beyond ASCII, in a text that is UTF-8 all the same
ARABIC = "cp1256"  # Windows-1256: what an Arabic text is that is not UTF-8
DECLARED = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# those in which ASCII is ASCII; what else Python knows as text (idna, unicode_escape, EBCDIC) is none of a document
_OF_TEXT = re.compile(
    r"iso8859-\d+|cp(?:125\d|437|720|737|775|85\d|86\d|874|932|949|950)|mac-\w+|koi8-\w|gb\w+|big5\w*|euc_\w+|shift_jis\w*"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def marked(head: bytes) -> str | None:
    """The encoding that a byte order mark tells, by a name under which Python takes the mark off."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def of_text(name: str) -> str | None:
    """Python's name of a charset with letters of one or few bytes; None of others and of what is none."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return known if _OF_TEXT.fullmatch(known) else None


def decoded(content: bytes, told: str | None = None) -> str:
    """The text of a document.

    A byte order mark is believed first. What is UTF-8 is hardly ever anything else, whatever is declared; so it
    comes next. Then what the server told, what the document says of itself, what its letters look like.

    Args:
        content: the document.
        told: the charset that the server named.
    """
    if mark := marked(content):
        return content.decode(mark, "replace")
    utf8 = _as_utf8(content)
    if utf8 is not None:
        return utf8
    head = content[:LOOKED_AT]
    for found in (told, *(match[1].decode() for match in (DECLARED.search(head), _META.search(head)) if match)):
        text = _as(content, found)
        if text is not None:
            return text
    return content.decode(_guessed(content), "replace")


def is_garbled(text: str) -> bool:
    """Whether a text is none: control characters stand in it like letters."""
    beginning = text[:LOOKED_AT]
    return len(_CONTROL.findall(beginning)) > MAX_BROKEN * len(beginning)


def _as_utf8(content: bytes) -> str | None:
    """The text, where it is UTF-8 but for what was cut or damaged."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
    beyond = sum(letter > "\x7f" for letter in text)
    return text if text.count("\ufffd") <= MAX_BROKEN * beyond else None


def _as(content: bytes, name: str | None) -> str | None:
    known = of_text(name or "")  # UTF-8 it is not, as was seen
    if known is None:
        return None
    if known == "iso8859-6" and (b"\x81" in content or b"\x8d" in content):
        known = ARABIC
    try:
        return content.decode(known)
    except UnicodeError:
        return None


def _guessed(content: bytes) -> str:
    """The charset that the letters look like; Arabic Windows where they look like nothing."""
    sample = b" ".join(line for line in content[: 8 * LOOKED_AT].splitlines() if _BEYOND_ASCII.search(line))[:LOOKED_AT]
    found = (
        required("charset_normalizer", "web").from_bytes(sample, cp_isolation=["cp1256", "cp1252", "iso8859_6"]).best()
    )
    return str(found.encoding) if found is not None else ARABIC
