"""XML, element by element: what a file holds may be hostile, broken or without end.

No document type may say anything of its own, so that there are no entities to multiply and none outside to fetch;
depth, tags and elements have limits; what was read is let go. The parser is expat, fed with text that was repaired
(:mod:`training.sources.xmltext`).
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from urllib.parse import urljoin
from xml.parsers import expat

from models.errors import RecordError, SourceError
from training.sources.xmltext import xml_text

MAX_DEPTH = 100  # elements within each other
MAX_TAG = 1024 * 1024  # bytes of one tag with its attributes, comment or instruction
MAX_ELEMENT = 16 * 1024 * 1024  # characters of an element with all in it
MAX_NAMESPACES = 100  # declared for one element
MAX_BASE = 4096  # characters of the address to which others are relative
_ELEMENT_COST = 100  # characters that an element without any counts as


@dataclass(slots=True)
class Element:
    """An element as it was written.

    Attributes:
        name: with the prefix by which the reader knows the namespace, or that of the document: ``wp:post_id``.
        attributes: by their names as written.
        base: the address that relative ones within it stand to (``xml:base``, also of what it is in); may be empty.
        language: of what is in it (``xml:lang``, also of what it is in); may be empty.
        content: texts and elements in their order.
    """

    name: str
    attributes: Mapping[str, str]
    base: str = ""
    language: str = ""
    content: list[str | Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that stands in it, but not in its children."""
        return "".join(piece for piece in self.content if isinstance(piece, str))

    @property
    def children(self) -> list[Element]:
        return [piece for piece in self.content if isinstance(piece, Element)]

    def all(self, name: str) -> list[Element]:
        """The children of a name."""
        return [child for child in self.children if child.name == name]

    def get(self, name: str) -> str:
        """The text of the first child of a name, without white space around; empty where there is none."""
        return next((child.text.strip() for child in self.children if child.name == name), "")


def read_elements(
    file: BinaryIO,
    source: str,
    wanted: Collection[str],
    roots: Collection[str],
    namespaces: Mapping[str, str] | None = None,
) -> Iterator[Element | RecordError]:
    """The outermost elements of some names, in their order, each when it is whole.

    One that is larger than ``MAX_ELEMENT`` comes as a :class:`RecordError` of reason ``too_long``. What follows the
    end of the root is not read.

    Args:
        file: bytes in any encoding that they declare or show.
        source: where they are from, for messages.
        wanted: names of elements; all others are passed over, but what is wanted may stand in them.
        roots: names of which the outermost element must have one.
        namespaces: prefix by address: whatever prefix a document has for these, names have this one; empty: none.

    Raises:
        SourceError: the file cannot be read, is another document, is damaged or cut short, declares entities, or is
            nested too deeply; what was whole before has come out.
    """
    reader = _Reader(wanted, roots, namespaces or {})
    count = 0
    failure: str | None = None
    try:
        for text in xml_text(file):
            failure = reader.feed(text)
            while reader.ready:
                count += 1
                yield reader.ready.popleft()
            if failure is not None or reader.ended:
                break
        else:
            failure = reader.close()
    except (OSError, EOFError, zlib.error) as error:
        failure = f"damaged or cut short: {error}"
    if failure is not None:
        raise SourceError(f"cannot read {source} after {count} entries: {failure}")


class _Refused(Exception):
    """The document is one that must not be read; the message says why."""


class _Reader:
    """A parser and what it has found."""

    def __init__(self, wanted: Collection[str], roots: Collection[str], namespaces: Mapping[str, str]) -> None:
        self.ready: deque[Element | RecordError] = deque()
        self.ended = False
        self._wanted = frozenset(wanted)
        self._roots = roots
        self._prefixes = namespaces
        self._scopes: list[tuple[int, _Scope]] = [(0, _Scope({}))]
        self._depth = 0
        self._open: list[Element] = []
        self._size = 0
        self._passing = 0  # depth of an element that was too large and has not ended
        self._fed = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, text: str) -> str | None:
        """Read on; what is wrong, where something is."""
        self._fed += len(text.encode())
        return self._parsed(text, final=False)

    def close(self) -> str | None:
        """There is no more."""
        return self._parsed("", final=True)

    def _parsed(self, text: str, final: bool) -> str | None:
        try:
            self._parser.Parse(text, final)
        except _Refused as refused:
            return str(refused)
        except expat.ExpatError as error:
            if self.ended:  # what a site's caches and counters write below the document
                return None
            return f"damaged or cut short: {error}"
        if not self.ended and self._fed - self._parser.CurrentByteIndex > MAX_TAG:
            return f"a tag has more than {MAX_TAG} bytes"
        return None

    def _doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:  # noqa: ARG002
        if internal:
            raise _Refused("it declares entities or attributes of its own, which are not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _Refused(f"more than {MAX_DEPTH} elements are nested")
        if attributes and any(name.startswith("xml") for name in attributes):
            self._scopes.append((self._depth, self._scopes[-1][1].within(attributes)))
        scope = self._scopes[-1][1]
        name = scope.name(name, self._prefixes)
        if self._depth == 1 and name not in self._roots:
            raise _Refused(
                f"its outermost element is <{name[:40]}>, not {' or '.join(f'<{root}>' for root in self._roots)}"
            )
        if self._passing or not (self._open or name in self._wanted):
            return
        element = Element(name, attributes, scope.base, scope.language)
        if self._open:
            self._open[-1].content.append(element)
        self._open.append(element)
        self._grow(_ELEMENT_COST + sum(len(key) + len(value) for key, value in attributes.items()))

    def _end(self, name: str) -> None:  # noqa: ARG002
        if self._passing == self._depth:
            self._passing = 0
        elif self._open:
            element = self._open.pop()
            if not self._open:
                self.ready.append(element)
                self._size = 0
        if self._scopes[-1][0] == self._depth:
            self._scopes.pop()
        self._depth -= 1
        self.ended = self._depth == 0

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].content.append(text)
            self._grow(len(text))

    def _grow(self, characters: int) -> None:
        self._size += characters
        if self._size > MAX_ELEMENT:
            name = self._open[0].name
            self._passing = self._depth - len(self._open) + 1
            self._open.clear()
            self._size = 0
            self.ready.append(RecordError("too_long", f"<{name}> has more than {MAX_ELEMENT} characters"))


class _Scope:
    """What is declared somewhere in a document: namespaces, base, language."""

    def __init__(self, declared: Mapping[str, str], base: str = "", language: str = "") -> None:
        self.declared = declared
        self.base = base
        self.language = language
        self._names: dict[str, str] = {}

    def within(self, attributes: Mapping[str, str]) -> _Scope:
        """The scope of an element that declares more."""
        scope = _Scope(
            {**self.declared, **_declarations(attributes)},
            _joined(self.base, attributes.get("xml:base", "")),
            attributes.get("xml:lang", self.language).strip(),
        )
        if len(scope.declared) > MAX_NAMESPACES:
            raise _Refused(f"more than {MAX_NAMESPACES} namespaces are declared")
        return scope

    def name(self, written: str, prefixes: Mapping[str, str]) -> str:
        """A name with the reader's prefix instead of the document's."""
        found = self._names.get(written)
        if found is None:
            prefix, _, local = written.rpartition(":")
            prefix = prefixes.get(self.declared.get(prefix, ""), prefix)
            found = f"{prefix}:{local}" if prefix else local
            if len(self._names) < 1000:  # of a document that has no end of names, not all
                self._names[written] = found
        return found


def _declarations(attributes: Mapping[str, str]) -> dict[str, str]:
    """The addresses of namespaces by prefix; that of the default by the empty one."""
    return {
        name[len("xmlns") :].lstrip(":"): address.strip()
        for name, address in attributes.items()
        if name == "xmlns" or name.startswith("xmlns:")
    }


def _joined(base: str, address: str) -> str:
    """A base within another; the outer one where that is no address."""
    if not address or len(base) + len(address) > MAX_BASE:
        return base
    try:
        return urljoin(base, address.strip())
    except ValueError:
        return base
