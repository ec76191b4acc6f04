"""Letters of a document: its bytes as text, whatever charset it declares, and whether that is true."""

from __future__ import annotations

import codecs
import re

from training.sources.extras import required

LOOKED_AT = 64 * 1024  # bytes at the beginning in which a charset is declared or guessed
MAX_BROKEN = 0.02  # of the letters beyond ASCII, in a text that is UTF-8 all the same
ARABIC = "windows-1256"

_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})[\"']")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OF_TEXT = re.compile(r"(?:iso8859|cp\d|windows|mac_|koi8|gb|big5|euc|shift_jis|latin|hz$)")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


def decoded(content: bytes, told: str | None = None) -> str:
    """The text of a document.

    A byte order mark is believed first. What is UTF-8 is hardly ever anything else, whatever is declared; so it
    comes next. Then what the server told, what the document says of itself, what its letters look like.

    Args:
        content: the document.
        told: the charset that the server named.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return content.decode(name, "replace").removeprefix("\ufeff")
    utf8 = _as_utf8(content)
    if utf8 is not None:
        return utf8
    head = content[:LOOKED_AT]
    for found in (told, *(match[1].decode() for match in (_XML.search(head), _META.search(head)) if match)):
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
    try:
        known = codecs.lookup(name or "")
    except (LookupError, ValueError):
        return None
    if not _OF_TEXT.match(known.name):
        return None  # UTF-8 it is not, as was seen; others turn bytes into more than letters
    if known.name == "iso8859-6":
        known = codecs.lookup(ARABIC) if b"\x81" in content or b"\x8d" in content else known
    try:
        return content.decode(known.name)
    except (UnicodeError, LookupError):  # a LookupError where the codec is not one of text
        return None


def _guessed(content: bytes) -> str:
    """The charset that the letters look like; Arabic Windows where they look like nothing."""
    sample = b" ".join(line for line in content[: 8 * LOOKED_AT].splitlines() if _BEYOND_ASCII.search(line))[:LOOKED_AT]
    found = (
        required("charset_normalizer", "web").from_bytes(sample, cp_isolation=["cp1256", "cp1252", "iso8859_6"]).best()
    )
    return str(found.encoding) if found is not None else ARABIC
