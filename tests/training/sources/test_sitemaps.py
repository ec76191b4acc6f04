"""A site's sitemaps lead to its articles, once and as often as they change; nothing leads elsewhere or hangs."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.errors import FetchError, RecordError, SourceError
from tests.support import syndication
from tests.support.site import XML, NewsSite, Page, articles
from training.sources import sitemaps
from training.sources.document import Document
from training.sources.fetching import Fetcher
from training.sources.record import SourceRecord
from training.sources.sitemaps import follow_sitemap, read_sitemap
from training.sources.web import Web

PLAIN = "text/plain; charset=utf-8"


def said(records: Iterator[SourceRecord]) -> list[Article | str]:
    values = [record.value for record in records]
    return [value.reason if isinstance(value, RecordError) else Article.from_record(value) for value in values]


def read(url: str, web: Web) -> list[Article | str]:
    return said(follow_sitemap(url, web))


def of_text(text: str, web: Web, url: str | None = None) -> list[Article | str]:
    return said(read_sitemap(Document(text.encode(), "sitemap", url), web))


def own_path(site: NewsSite, number: int) -> str:
    return str(site.articles[number].url).removeprefix(site.url)


def asked_since(site: NewsSite, before: int) -> list[tuple[str, int]]:
    return site.asked[before:]


@pytest.mark.parametrize("path", ["/sitemap.xml", "/news-sitemap.xml", "/sitemap.txt", "/"])
def test_every_kind_of_sitemap_leads_to_the_articles(site: NewsSite, web: Web, path: str) -> None:
    assert read(site.url + path, web) == site.articles


def test_a_sitemap_at_hand_is_read_as_well(site: NewsSite, web: Web) -> None:
    records = list(read_sitemap(Document(syndication.sitemap(site.articles).encode(), "saved.xml"), web))
    assert [(record.source, record.line) for record in records] == [("saved.xml", n) for n in (1, 2, 3)]
    assert said(iter(records)) == site.articles


def test_what_has_not_changed_is_not_asked_for_again(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/sitemap.xml"
    read(url, web)
    before = len(site.asked)
    assert read(url, web) == []
    assert asked_since(site, before) == [("/sitemap.xml", 304)]


def test_an_answer_at_hand_is_not_asked_for_again(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/sitemap.xml"
    assert said(follow_sitemap(url, web, web.fetcher.get(url))) == site.articles
    assert site.paths().count("/sitemap.xml") == 1


def test_of_an_index_that_has_changed_only_what_has_changed_is_opened(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/sitemap.xml"
    read(url, web)
    later = "2026-11-24T12:00:00Z"
    one, *others = articles()
    site.publish([replace(one, body="نص جديد."), *others])
    index = syndication.sitemap_index([f"{site.url}/sitemap-2.xml.gz"])
    entry = f"<sitemap><loc>{site.url}/sitemap-1.xml</loc><lastmod>{later}</lastmod></sitemap></sitemapindex>"
    site.pages["/sitemap.xml"] = Page(index.replace("</sitemapindex>", entry).encode(), XML)
    site.pages["/sitemap-1.xml"] = Page(syndication.sitemap(site.articles[:2], later).encode(), XML)
    before = len(site.asked)
    assert read(url, web) == site.articles[:1]
    assert asked_since(site, before) == [
        ("/sitemap.xml", 200),
        ("/sitemap-1.xml", 200),
        (own_path(site, 0), 200),
        (own_path(site, 1), 304),
    ]
    assert read(url, web) == []


def test_where_no_change_is_told_the_server_says_whether_there_was_one(site: NewsSite, web: Web) -> None:
    site.pages["/s.xml"] = Page(syndication.sitemap(site.articles, lastmod=None).encode(), XML, validators=False)
    assert read(f"{site.url}/s.xml", web) == site.articles
    before = len(site.asked)
    assert read(f"{site.url}/s.xml", web) == []
    assert asked_since(site, before) == [("/s.xml", 200), *((own_path(site, n), 304) for n in range(3))]


def test_what_was_not_taken_is_handed_out_again(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/sitemap.xml"
    records = follow_sitemap(url, web)
    next(records)
    assert not web.memory
    next(records)  # whoever asks for the next has taken the first
    records.close()
    assert read(url, web) == site.articles[1:]


def test_a_page_that_cannot_be_had_is_told_and_asked_for_again(site: NewsSite, web: Web) -> None:
    url = f"{site.url}/sitemap.xml"
    there = site.pages.pop(own_path(site, 1))
    (missed,) = [record for record in follow_sitemap(url, web) if isinstance(record.value, RecordError)]
    assert isinstance(missed.value, RecordError)
    assert missed.value.reason == "status_404"
    assert str(site.articles[1].url).rsplit("/", 2)[1][-3:] in str(missed.value)
    site.pages[own_path(site, 1)] = there
    assert read(url, web) == [site.articles[1]]
    assert read(url, web) == []


def test_a_page_that_is_no_article_is_told_once(site: NewsSite, web: Web) -> None:
    text = syndication.sitemap([Article("0", "x", url=f"{site.url}/")])
    records = list(read_sitemap(Document(text.encode(), "s"), web))
    (value,) = [record.value for record in records]
    assert isinstance(value, RecordError)
    assert (value.reason, str(value)) == ("no_article", f"{site.url}/: the page is no article")
    assert of_text(text, web) == []


def test_what_robots_txt_forbids_is_told(site: NewsSite, web: Web) -> None:
    site.pages["/private/a"] = Page(b"<html></html>")
    assert of_text(f"{site.url}/private/a\n", web) == ["robots"]


def test_a_news_sitemap_fills_in_what_a_page_does_not_say(site: NewsSite, web: Web) -> None:
    (bare, *_) = site.articles
    about = f'<script type="application/ld+json">{{"mainEntityOfPage": "{bare.url}"}}</script><p>نص</p>'
    site.pages[own_path(site, 0)] = Page(about.encode())
    expected = replace(bare, id=str(bare.url), body="نص", section=None, author=None)
    assert of_text(syndication.news_sitemap([bare]), web) == [expected]


def test_what_the_page_says_counts_before_the_sitemap(site: NewsSite, web: Web) -> None:
    other = replace(site.articles[0], title="عنوان آخر", published_at=None, image_url=f"{site.url}/other.jpg", tags=())
    news = syndication.news_sitemap([other]).replace(
        "<news:title>", "<news:publication_date>أمس</news:publication_date><news:title>"
    )
    assert of_text(news, web) == site.articles[:1]


def test_addresses_of_other_sites_are_told_and_not_asked_for(site: NewsSite, web: Web) -> None:
    with NewsSite() as other:
        text = syndication.sitemap([*site.articles[:1], *other.articles])
        assert of_text(text, web, f"{site.url}/sitemap.xml") == [site.articles[0], *["other_site"] * 3]
        index = syndication.sitemap_index([f"{other.url}/sitemap.xml"])
        assert of_text(index, web, f"{site.url}/sitemap.xml") == ["other_site"]
        web.memory.clear()
        assert of_text(text, web) == [
            site.articles[0],
            *["other_site"] * 3,
        ]  # of a file the first address says whose it is
        assert other.asked == []


def test_a_sitemap_elsewhere_counts_where_robots_txt_names_it(site: NewsSite, web: Web) -> None:
    with NewsSite() as other:
        site.pages["/robots.txt"] = Page(f"Sitemap: {other.url}/s.xml".encode(), "text/plain")
        other.pages["/s.xml"] = Page(syndication.sitemap(site.articles).encode(), XML)
        assert read(f"{site.url}/", web) == site.articles
        assert read(f"{site.url}/", web) == []
        assert other.paths(304) == ["/s.xml"]


def test_what_robots_txt_names_may_be_no_address(site: NewsSite, web: Web) -> None:
    lines = f"Sitemap: http://site.example:x/s.xml\nSitemap: {site.url}/sitemap.txt\n"
    site.pages["/robots.txt"] = Page(lines.encode(), "text/plain")
    assert read(f"{site.url}/", web) == ["bad_address", *site.articles]


@pytest.mark.parametrize("host", ["https://www.site.example", "http://site.example:80", "https://SITE.example"])
def test_a_site_is_the_same_with_and_without_www(host: str, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Fetcher, url: str, seen: object) -> None:
        raise FetchError("asked", url)

    monkeypatch.setattr(Fetcher, "get", refuse)
    assert of_text(f"{host}/a", web, "https://site.example/sitemap.txt") == ["asked"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("file:///etc/passwd", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("http://[x", "bad_address"),
        ("", "bad_address"),
        ("https://site.example/" + "a" * 3000, "bad_address"),
    ],
)
@pytest.mark.parametrize("kind", ["sitemap", "sitemap_index"])
def test_what_is_no_address_of_the_web_is_told(web: Web, address: str, reason: str, kind: str) -> None:
    if kind == "sitemap":
        text = syndication.sitemap([Article("0", "x", url=address)])
    else:
        text = syndication.sitemap_index([address])
    assert of_text(text, web) == [reason]


def test_lines_that_are_no_addresses_are_told(site: NewsSite, web: Web) -> None:
    lines = ["\ufeff", str(site.articles[0].url), "", "file:///etc/passwd", "http://[x", f"{site.url}/{'a' * 3000}"]
    assert of_text("\r\n".join(lines), web) == [site.articles[0], "scheme", "bad_address", "bad_address"]


@pytest.mark.parametrize(
    "other", ["<!doctype html><html></html>", "", "{}", "نص", "<rss/>", "\x00", "file:///etc/passwd"]
)
def test_what_is_no_sitemap_is_refused(web: Web, other: str) -> None:
    with pytest.raises(SourceError, match="no sitemap"):
        of_text(other, web)


def test_an_address_without_an_answer_is_told(site: NewsSite, web: Web) -> None:
    with pytest.raises(FetchError) as told:
        read(f"{site.url}/nothing.xml", web)
    assert told.value.reason == "status_404"


def test_of_a_sitemap_cut_short_comes_what_was_whole(site: NewsSite, web: Web) -> None:
    text = syndication.sitemap(site.articles)
    site.pages["/s.xml"] = Page(text[: text.rindex("<url>")].encode(), XML)
    records = follow_sitemap(f"{site.url}/s.xml", web)
    found = [Article.from_record(next(records).value) for _ in range(2)]  # type: ignore[arg-type]  # both are whole
    with pytest.raises(SourceError, match="cut short"):
        next(records)
    assert found == site.articles[:2]


def test_sitemaps_of_an_index_that_cannot_be_read_are_told(site: NewsSite, web: Web) -> None:
    site.pages["/broken.xml"] = Page(b"<urlset><url>", XML)
    site.pages["/bomb.xml.gz"] = Page(gzip.compress(b" " * 50_000_000), "application/gzip")
    paths = ("/none.xml", "/broken.xml", "/bomb.xml.gz", "/", "/sitemap-1.xml")
    text = syndication.sitemap_index([site.url + path for path in paths])
    assert of_text(text, web) == ["status_404", "bad_sitemap", "too_large", "bad_sitemap", site.articles[0]]


def test_an_index_that_lists_itself_ends(site: NewsSite, web: Web) -> None:
    own = [f"{site.url}/i.xml", f"{site.url}/j.xml", f"{site.url}/sitemap-1.xml"]
    site.pages["/i.xml"] = site.pages["/j.xml"] = Page(syndication.sitemap_index(own).encode(), XML)
    assert read(own[0], web) == site.articles[:1]
    assert sorted(site.paths()) == sorted(["/robots.txt", "/i.xml", "/j.xml", "/sitemap-1.xml", own_path(site, 0)])


def test_lists_nested_too_deeply_are_told(site: NewsSite, web: Web) -> None:
    for n in range(10):
        site.pages[f"/{n}.xml"] = Page(syndication.sitemap_index([f"{site.url}/{n + 1}.xml"]).encode(), XML)
    assert read(f"{site.url}/0.xml", web) == ["too_deep"]
    assert len(site.paths()) == 1 + sitemaps.MAX_DEPTH + 1


def test_not_more_sitemaps_are_opened_than_may_be(site: NewsSite, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemaps, "MAX_SITEMAPS", 20)
    many = [f"{site.url}/{n}.xml" for n in range(5000)]
    site.pages |= {f"/{n}.xml": Page(b"<urlset/>", XML) for n in range(5000)}
    found = of_text(syndication.sitemap_index(many), web)
    assert found == ["too_many"] * 4980
    assert len(site.paths()) == 21


@pytest.mark.parametrize(
    "hostile",
    [
        "<!DOCTYPE x [" + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12)) + "]><urlset>&l11;",
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset><url><loc>&e;</loc></url></urlset>',
        "<urlset>" + "<url>" * 10_000,
        "<sitemapindex>" * 10_000,
        "<urlset><url " + "a" * 3_000_000,
    ],
)
def test_a_hostile_sitemap_is_refused(web: Web, hostile: str) -> None:
    with pytest.raises(SourceError):
        of_text(hostile, web)


def test_ten_thousand_addresses_are_listed_in_the_memory_of_a_few(web: Web) -> None:
    url = "<url><loc>https://other.example/{}</loc></url>"
    text = "<urlset>" + "".join(url.format(n) for n in range(10_000)) + "</urlset>"
    document = Document(text.encode(), "s", "https://site.example/s.xml")
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_sitemap(document, web)) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_any_bytes_give_records_or_a_refusal(web: Web) -> None:
    markup = st.text("<>/&;! ?urlsetocim\"='[]:.http", max_size=200).map(str.encode)

    @given(st.binary(max_size=200) | markup)
    def check(data: bytes) -> None:
        for content in (data, b"<urlset><url><loc>" + data + b"</loc></url></urlset>"):
            try:
                found = list(read_sitemap(Document(content, "s", "file:///s.xml"), web))
            except SourceError:
                continue
            assert all(isinstance(record.value, dict | RecordError) for record in found)

    check()
