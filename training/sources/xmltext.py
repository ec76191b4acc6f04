"""Bytes that say they are XML, as text that a strict parser can read: decoded, freed of what exports get wrong.

What is repaired, since none of it says anything but what was meant: a wrong declaration of the encoding, characters
that XML forbids (U+000B, U+001B and other controls, also as ``&#11;``), an ampersand by itself, entities of HTML such
as ``&nbsp;``, and what PHP says before the document begins.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.entities import html5
from typing import BinaryIO

from training.sources.charset import ARABIC, DECLARED, marked, of_text

BLOCK = 64 * 1024  # bytes read at once

_WIDE = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))  # without a mark

_NOTICE = re.compile(r"(?:<br|<b>|[^<])", re.IGNORECASE)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,500}\?>")

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#(?P<number>\d{1,10}|[xX][0-9a-fA-F]{1,8});|(?P<name>[A-Za-z][A-Za-z0-9]{1,31});|)")
_NUMBER = re.compile(r"&#(?P<number>\d{1,10}|[xX][0-9a-fA-F]{1,8});")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_OPEN, _CLOSE = "<![CDATA[", "]]>"
_UNFINISHED = re.compile(r"(?:&[#A-Za-z0-9]{0,32}|<(?:!(?:\[(?:C(?:D(?:A(?:TA?)?)?)?)?)?)?|\]{1,2})\Z")
_LONGEST = 34  # characters of what is unfinished


def xml_text(file: BinaryIO) -> Iterator[str]:
    """The text of a document in blocks, from its first ``<`` and without its declaration.

    What reading the file raises goes through.
    """
    begun = in_cdata = False
    rest = ""
    for text in _decoded(file):
        block = _FORBIDDEN.sub("", rest + text)
        rest = ""
        if not begun:
            block = _begin(block)
            begun = bool(block)
        if unfinished := _UNFINISHED.search(block, max(0, len(block) - _LONGEST)):
            rest = block[unfinished.start() :]
            block = block[: unfinished.start()]
        if block:
            block, in_cdata = _repaired(block, in_cdata)
            yield block
    if rest:
        yield rest


def _decoded(file: BinaryIO) -> Iterator[str]:
    """The characters of a file; bytes that are none in its encoding become U+FFFD."""
    data = file.read(BLOCK)
    encoding = marked(data) or next((name for start, name in _WIDE if data.startswith(start)), None)
    if encoding is None:
        declared = _declared(data)
        while data and data.isascii():
            yield data.decode("ascii")
            data = file.read(BLOCK)
        data += file.read(BLOCK)  # the first of its letters may be the last byte of a block
        encoding = _told(data, declared)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    while data:
        yield decoder.decode(data)
        data = file.read(BLOCK)
    yield decoder.decode(b"", final=True)


def _declared(data: bytes) -> str:
    """The encoding that a document says it is in, where that can be; else the one it will be, if not UTF-8."""
    match = DECLARED.search(data)
    return (of_text(match[1].decode("ascii")) if match else None) or ARABIC


def _told(data: bytes, declared: str) -> str:
    """UTF-8 where most letters are: those of other encodings hardly ever are, whatever is declared."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)
    bad = text.count("\ufffd")
    letters = sum(not letter.isascii() for letter in text) - bad
    return "utf-8" if letters > bad or data.isascii() else declared


def _begin(text: str) -> str:
    """A text from where its document begins; empty where it does not yet."""
    text = text.lstrip("\ufeff \t\r\n")
    if _NOTICE.match(text):
        start = text.find("<?xml")
        text = text[start if start >= 0 else max(text.find("<"), 0) :]
    declaration = _DECLARATION.match(text)
    return text[declaration.end() :] if declaration else text


def _repaired(text: str, in_cdata: bool) -> tuple[str, bool]:
    """A block in which every reference can be read, and whether its end stands in a CDATA section."""
    pieces: list[str] = []
    start = 0
    while start < len(text):
        mark = _CLOSE if in_cdata else _OPEN
        end = text.find(mark, start)
        piece = text[start:] if end < 0 else text[start:end]
        pieces.append(_NUMBER.sub(_legal, piece) if in_cdata else _REFERENCE.sub(_legal, piece))
        if end < 0:
            break
        pieces.append(mark)
        start = end + len(mark)
        in_cdata = not in_cdata
    return "".join(pieces), in_cdata


def _legal(reference: re.Match[str]) -> str:
    """A reference that XML allows and that says the same."""
    said = reference.groupdict()
    if number := said["number"]:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        allowed = code <= 0x10FFFF and not _FORBIDDEN.match(chr(code))
        return f"&#{code};" if allowed else ""
    name = said["name"]
    if name in _OF_XML:
        return reference.group()
    letters = html5.get(f"{name};", "") if name else ""
    return letters if letters and not set(letters) & set("<>&") else f"&amp;{reference.group()[1:]}"
