"""An HTML page as a reader and a browser see it: elements with their attributes, text, links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})


@dataclass
class Element:
    """An element: its tag, attributes and all text within."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """A page, read; reading fails where an element is not closed in its turn."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[Element] = []
        self.feed(self.source)
        self.close()
        assert not self._open, f"<{self._open[-1].tag}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened = self._open.pop()
        assert opened.tag == tag, f"</{tag}> closes <{opened.tag}>"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, class_: str | None = None) -> list[Element]:
        """The elements of a tag, or those of them that have a class."""
        return [
            element
            for element in self.elements
            if element.tag == tag and (class_ is None or class_ in element.attributes.get("class", "").split())
        ]

    def one(self, tag: str) -> Element:
        """The only element of a tag."""
        (element,) = self.all(tag)
        return element

    @property
    def links(self) -> list[str]:
        """Where the page leads, in its order."""
        return [link.attributes["href"] for link in self.all("a")]
