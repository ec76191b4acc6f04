"""A site that is named by its address leads to its feed and its sitemaps."""

from __future__ import annotations

import pytest

from models.errors import SourceError
from tests.support.site import XML, NewsSite, Page
from training.sources.discovery import MAX_SITEMAPS, feed_of, is_page, sitemaps_of
from training.sources.document import Document
from training.sources.web import Web


def alternate(kind: str, address: str, more: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{address}"{more}>'


def page(head: str) -> Document:
    return Document(f"<!DOCTYPE html><head>{head}</head>".encode(), "page", "https://site.example/news/")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"<!DOCTYPE html><html>", True),
        (b"\n<!-- x --><HTML lang='ar'>", True),
        (b"<?xml version='1.0'?><rss><channel>", False),
        (b"<urlset>", False),
        (b"https://site.example/a", False),
        (b"", False),
    ],
)
def test_a_page_is_told_by_its_beginning(content: bytes, found: bool) -> None:
    assert is_page(Document(content, "x")) is found


@pytest.mark.parametrize(
    ("head", "feed"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="/feed/">', "/feed/"),
        ("<LINK href=rss.xml type='application/atom+xml' rel='ALTERNATE home'>", "/news/rss.xml"),
        ('<base href="/b/"><link rel="alternate" type="application/rss+xml" href="f?a=1&amp;b=2">', "/b/f?a=1&b=2"),
        (
            alternate("application/rss+xml", "/c", ' title="خلاصة التعليقات"')
            + alternate("application/rss+xml", "/feed"),
            "/feed",
        ),
        ('<link rel="alternate" type="application/rss+xml" href="/comments/feed">', "/comments/feed"),
        (
            alternate("text/html", "/en")
            + alternate("application/rss+xml", "")
            + alternate("application/rdf+xml", "/r"),
            "/r",
        ),
    ],
)
def test_the_feed_is_the_one_that_the_page_names(head: str, feed: str) -> None:
    assert feed_of(page(head)) == f"https://site.example{feed}"


def test_a_page_that_names_no_feed_is_told() -> None:
    with pytest.raises(SourceError, match="no feed: page is a page that names none"):
        feed_of(page('<link rel="stylesheet" href="/s.css">'))


@pytest.mark.parametrize("head", ["<link " * 100_000, "<link " + "a=" * 300_000, "<link a" + " " * 500_000])
def test_a_hostile_page_ends(head: str) -> None:
    with pytest.raises(SourceError):
        feed_of(page(head))


def test_robots_txt_names_the_sitemaps(site: NewsSite, web: Web) -> None:
    lines = (
        "User-agent: *\nSITEMAP: /a.xml\n  Sitemap:https://cdn.example/b.xml # x\nSitemap: /a.xml\nSitemap: http://[x\n"
    )
    site.pages["/robots.txt"] = Page(lines.encode(), "text/plain")
    found = sitemaps_of(f"{site.url}/", web.fetcher)
    assert found == [f"{site.url}/a.xml", "https://cdn.example/b.xml", f"{site.url}/"]


def test_not_all_of_too_many_are_taken(site: NewsSite, web: Web) -> None:
    site.pages["/robots.txt"] = Page("".join(f"Sitemap: /{n}\n" for n in range(5000)).encode(), "text/plain")
    assert len(sitemaps_of(site.url, web.fetcher)) == MAX_SITEMAPS


@pytest.mark.parametrize("robots", [None, "<!doctype html><p>Sitemap: /x</p>", "User-agent: *\n"])
@pytest.mark.parametrize("place", ["/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml"])
def test_else_they_are_where_they_usually_are(site: NewsSite, web: Web, robots: str | None, place: str) -> None:
    site.pages = {"/sitemap.xml": Page(b"<!doctype html><html>")} | {place: Page(b"<urlset/>", XML)}
    if robots:
        site.pages["/robots.txt"] = Page(robots.encode())
    assert sitemaps_of(f"{site.url}/news", web.fetcher) == [f"{site.url}{place}"]


def test_a_site_without_sitemaps_is_told(site: NewsSite, web: Web) -> None:
    site.pages = {}
    with pytest.raises(SourceError, match="no sitemap"):
        sitemaps_of(site.url, web.fetcher)
