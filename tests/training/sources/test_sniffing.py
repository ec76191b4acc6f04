"""What begins like a feed is a feed, whatever its name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.sources.locations import Kind
from training.sources.sniffing import HEAD, sniffed

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by <rss> -->\n'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"id": 1}', Kind.JSONL),
        ('[\n  {"id": 1}]', Kind.JSONL),
        ("id,title\n1,خبر\n", Kind.CSV),
        ("[id],[title]\n1,خبر\n", Kind.CSV),
        (f"{DECLARATION}<rss version='2.0'><channel>", Kind.FEED),
        (f"{DECLARATION}<rdf:RDF xmlns:rdf='x'>", Kind.FEED),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>", Kind.FEED),
        (f"{DECLARATION}<urlset>", Kind.SITEMAP),
        ("<sitemapindex>", Kind.SITEMAP),
        ("<ns0:urlset xmlns:ns0='x'>", Kind.SITEMAP),
        ("<rss xmlns:wp='http://wordpress.org/export/1.2/'>", Kind.WXR),
        ("<!DOCTYPE html>\n<html dir=rtl>", Kind.PAGE),
        ("<p>خبر", Kind.PAGE),
        ("<!-- nothing else", Kind.PAGE),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_beginning_tells_the_kind(text: str, kind: Kind, encoding: str) -> None:
    assert sniffed(text.encode(encoding)) is kind
    assert sniffed(f"\n {text}".encode(encoding)) is kind


def test_parquet_has_its_own_mark() -> None:
    assert sniffed(b"PAR1\x15\x04") is Kind.PARQUET


@given(st.binary(max_size=200))
def test_everything_is_of_some_kind(head: bytes) -> None:
    assert sniffed(head) in Kind


def test_only_the_beginning_is_looked_at() -> None:
    assert sniffed(b"<!--" + b" " * HEAD + b"--><rss>") is Kind.PAGE
