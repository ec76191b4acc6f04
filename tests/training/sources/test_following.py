"""A feed is asked for again only when it has changed, and pages of its entries likewise."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from models.article import Article
from models.errors import FetchError, RecordError, SourceError
from tests.support import syndication
from tests.support.site import XML, NewsSite, Page, articles
from training.sources.following import follow_feed
from training.sources.web import Web


def read(url: str, web: Web, full: bool = False) -> list[Article | str]:
    values = [record.value for record in follow_feed(url, web, full)]
    return [value.reason if isinstance(value, RecordError) else Article.from_record(value) for value in values]


def own_paths(site: NewsSite) -> list[str]:
    return [str(article.url).removeprefix(site.url) for article in site.articles]


@pytest.mark.parametrize("path", ["/rss.xml", "/atom.xml"])
def test_a_feed_gives_the_articles_of_a_site(site: NewsSite, web: Web, path: str) -> None:
    assert read(site.url + path, web) == site.articles
    assert site.paths() == ["/robots.txt", path]


def test_a_feed_that_has_not_changed_gives_nothing(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/rss.xml"
    read(url, web)
    assert read(url, web) == []
    assert site.paths(304) == ["/rss.xml"]
    changed = replace(articles()[0], title="افتتاح جسر آخر")
    site.publish([changed])
    assert read(url, web) == site.articles


def test_an_answer_at_hand_is_not_asked_for_again(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/rss.xml"
    answer = web.fetcher.get(url)
    assert [record.value for record in follow_feed(url, web, answer=answer)]
    assert read(url, web) == []
    assert site.asked[1:] == [("/rss.xml", 200), ("/rss.xml", 304)]


def test_a_feed_that_was_not_read_to_its_end_is_read_again(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/rss.xml"
    entries = follow_feed(url, web)
    for _ in site.articles:
        next(entries)
    assert not web.memory
    assert read(url, web) == site.articles


def test_a_page_leads_to_its_feed(site: NewsSite, web: Web) -> None:
    assert read(f"{site.url}/", web) == site.articles
    assert read(f"{site.url}/", web) == []
    assert site.asked[-2:] == [("/", 200), ("/rss.xml", 304)]
    with pytest.raises(SourceError, match="no feed"):
        read(str(site.articles[0].url), web)


def test_what_is_not_there_is_told(site: NewsSite, web: Web) -> None:
    with pytest.raises(FetchError) as told:
        read(f"{site.url}/nothing.xml", web)
    assert told.value.reason == "status_404"


def test_pages_give_the_whole_text_to_summaries(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/summary.xml"
    short = [replace(article, body=article.body.partition("\n\n")[0]) for article in site.articles]
    assert read(url, web) == short
    web.memory.clear()
    assert read(url, web, full=True) == site.articles


def test_of_a_changed_feed_come_entries_whose_page_has_changed(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/summary.xml"
    read(url, web, full=True)
    one, *others = articles()
    changed = replace(one, body="نص جديد للخبر كله.")
    site.publish([changed, *others])
    assert read(url, web, full=True) == site.articles[:1]
    assert site.paths(304) == own_paths(site)[1:]


def test_a_page_that_cannot_be_had_is_asked_for_again(site: NewsSite, web: Web) -> None:
    url, path = f"{site.url}/summary.xml", own_paths(site)[1]
    there = site.pages.pop(path)
    assert read(url, web, full=True) == [site.articles[0], "status_404", site.articles[2]]
    site.pages[path] = there
    assert read(url, web, full=True) == [site.articles[1]]
    assert read(url, web, full=True) == []


def test_a_page_that_is_no_article_is_told_once(site: NewsSite, web: Web) -> None:
    feed = syndication.rss(site.articles[:1], site.url, full=False)
    site.pages["/summary.xml"] = Page(feed.encode(), XML)
    site.pages[own_paths(site)[0]] = Page(b"<html></html>")
    assert read(f"{site.url}/summary.xml", web, full=True) == ["no_article"]
    assert read(f"{site.url}/summary.xml", web, full=True) == []


@pytest.mark.parametrize("packed", [False, True])
def test_a_feed_that_is_too_large_is_refused(site: NewsSite, web: Web, packed: bool) -> None:
    title = b"<rss><channel><item><title>" + b"x" * 20_000_000
    site.pages["/f.xml"] = Page(gzip.compress(title) if packed else title, XML)
    with pytest.raises(FetchError) as told:
        read(f"{site.url}/f.xml", web)
    assert told.value.reason == "too_large"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "http://169.254.169.254/latest"])
def test_no_page_is_asked_for_that_must_not_be(site: NewsSite, web: Web, address: str) -> None:
    feed = f"<rss><channel><item><title>خبر</title><guid>g</guid><link>{address}</link></item></channel></rss>"
    site.pages["/f.xml"] = Page(feed.encode(), XML)
    (found,) = read(f"{site.url}/f.xml", web, full=True)
    assert found == "private_address" if isinstance(found, str) else found.url is None
    assert site.paths() == ["/robots.txt", "/f.xml"]
