"""What a page says of itself in schema.org's JSON-LD: its article, its breadcrumb, its publisher."""

from __future__ import annotations

import html
import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.analysis.boilerplate import plain_lines

Node = dict[str, Any]

MAX_NODES = 20_000
MAX_LETTERS = 2_000_000  # of one script

_ARTICLE = re.compile(r"(?:\w*Article|BlogPosting|LiveBlogPosting|Report|Posting)")
_LISTS = frozenset({"itemListElement", "mentions", "hasPart", "citation", "isBasedOn", "comment", "review"})
_COLLECTIONS = frozenset({"CollectionPage", "SearchResultsPage", "ItemList"})
_WRAPPED = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|\]\]>|/\*\s*\]\]>\s*\*/)\s*;?\s*$"
)
_TRAILING_COMMA = re.compile(r",\s*(?=[}\]])")
_COMMENT_LINE = re.compile(r"^\s*(?://.*|/\*.*?\*/\s*)$", re.MULTILINE)


@dataclass(slots=True)
class Structured:
    """What was found.

    Attributes:
        article: the node of the page's article; None where there is none, or several.
        several: whether it holds more than one article.
        collection: whether it says that it is a list of pages.
        site: name of the site.
        crumbs: name and address of each crumb, in order.
    """

    article: Node | None = None
    several: bool = False
    collection: bool = False
    site: str | None = None
    crumbs: list[tuple[str, str]] = field(default_factory=list)


def read_structured(scripts: Sequence[str]) -> Structured:
    """The JSON-LD of a page; what is no JSON even after a repair is passed over."""
    nodes = [node for script in scripts for node in _walk(_parse(script))]
    named = {name: node for node in nodes if isinstance(name := node.get("@id"), str) and len(node) > 1}
    articles = [
        node
        for node in nodes
        if any(_ARTICLE.fullmatch(kind) for kind in types(node)) and node.get("headline", node.get("name"))
    ]
    several = len({one for node in articles if isinstance(one := node.get("headline", node.get("name")), str)}) > 1
    found = Structured(several=several, collection=any(_COLLECTIONS & types(node) for node in nodes))
    if articles:
        full = [node for node in articles if "articleBody" in node or "datePublished" in node]
        found.article = None if several and len(full) > 1 else resolved((full or articles)[0], named)
    for node in nodes:
        kinds = types(node)
        if "BreadcrumbList" in kinds and not found.crumbs:
            found.crumbs = [*_crumbs(node)]
        if "WebSite" in kinds and found.site is None:
            found.site = text(node.get("name"))
    return found


def types(node: Node) -> set[str]:
    """The types of a node, without the address of the vocabulary before them."""
    given = node.get("@type")
    return {
        one.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        for one in (given if isinstance(given, list) else [given])
        if isinstance(one, str)
    }


def resolved(node: Node, named: dict[str, Node]) -> Node:
    """A node whose members that only name another node are these nodes."""

    def one(value: Any) -> Any:
        if isinstance(value, dict) and isinstance(name := value.get("@id"), str) and len(value) == 1:
            return named.get(name, value)
        return value

    return {
        key: [one(part) for part in value] if isinstance(value, list) else one(value) for key, value in node.items()
    }


def text(value: Any) -> str | None:
    """A text or the name of a node; of several the first."""
    return next(iter(texts(value)), None)


def texts(value: Any) -> list[str]:
    """All of them."""
    found = []
    for one in value if isinstance(value, list) else [value]:
        said = one.get("name", one.get("@value")) if isinstance(one, dict) else one
        if isinstance(said, str) and (clean := " ".join(html.unescape(said).split())):
            found.append(clean)
    return found


def text_lines_of(value: Any) -> list[str]:
    """The lines of a text that may hold HTML; of several the first."""
    said = next((one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)), "")
    return plain_lines(html.unescape(said) if "&lt;" in said else said)


def address(value: Any) -> str | None:
    """An address, or that of a node; of several the first."""
    for one in value if isinstance(value, list) else [value]:
        said = (
            next((one[key] for key in ("url", "contentUrl", "@id") if one.get(key)), None)
            if isinstance(one, dict)
            else one
        )
        if isinstance(said, str) and said.strip():
            return html.unescape(said.strip())
    return None


def _parse(script: str) -> Any:
    """JSON as pages have it: with line breaks in texts, in comments, escaped as HTML, with a comma too much."""
    if len(script) > MAX_LETTERS:
        return None
    stripped = _WRAPPED.sub("", _WRAPPED.sub("", script)).strip().rstrip(";")
    for repair in (_as_it_is, html.unescape, _without_comments):
        try:
            return json.loads(repair(stripped), strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _as_it_is(script: str) -> str:
    return script


def _without_comments(script: str) -> str:
    return _TRAILING_COMMA.sub("", _COMMENT_LINE.sub("", script))


def _walk(value: Any) -> Iterator[Node]:
    """All objects, but those of lists of other pages, in the order of the page."""
    waiting: deque[Any] = deque([value])
    for _ in range(MAX_NODES):
        if not waiting:
            return
        one = waiting.popleft()
        if isinstance(one, list):
            waiting.extendleft(reversed(one))
        elif isinstance(one, dict):
            yield one
            inner = [part for key, part in one.items() if key not in _LISTS and isinstance(part, dict | list)]
            waiting.extendleft(reversed(inner))


def _crumbs(node: Node) -> Iterator[tuple[str, str]]:
    elements = node.get("itemListElement")
    given = [one for one in (elements if isinstance(elements, list) else [elements]) if isinstance(one, dict)]
    for one in sorted(given, key=_position):
        item = one.get("item")
        name = text(one.get("name")) or text(item if isinstance(item, dict) else None)
        if name:
            yield name, address(item) or ""


def _position(crumb: Node) -> float:
    try:
        return float(str(crumb.get("position", "nan")))
    except ValueError:
        return float("inf")
