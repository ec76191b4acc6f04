"""Sniffing: what kind of source some bytes are, told by how they begin."""

from __future__ import annotations

import re

from training.sources.charset import marked
from training.sources.locations import Kind

HEAD = 64 * 1024  # bytes that are looked at
_PARQUET = b"PAR1"
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_LIST = re.compile(r"\[\s*[{\[]")  # not what should be there, and JSON Lines say so
_COMMENT = re.compile(r"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_EXPORT = "wordpress.org/export/"  # the namespace of every version of WordPress' export
_KIND_OF_ROOT = {
    "rss": Kind.FEED,
    "feed": Kind.FEED,
    "rdf": Kind.FEED,
    "urlset": Kind.SITEMAP,
    "sitemapindex": Kind.SITEMAP,
}


def sniffed(head: bytes) -> Kind:
    """The kind of what begins like this: Parquet, JSON Lines, XML by its root, a page of HTML, else CSV."""
    if head.startswith(_PARQUET):
        return Kind.PARQUET
    text = head[:HEAD].decode(marked(head) or "latin-1", "replace").lstrip("\ufeffï»¿ \t\r\n")
    if text.startswith("{") or _LIST.match(text):
        return Kind.JSONL
    if not text.startswith("<"):
        return Kind.CSV
    root = _ROOT.search(_COMMENT.sub("", text))
    kind = _KIND_OF_ROOT.get(root[1].lower(), Kind.PAGE) if root else Kind.PAGE
    return Kind.WXR if kind is Kind.FEED and _EXPORT in text else kind
