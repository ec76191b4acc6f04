"""The same articles through every format are the same Articles."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, cast

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from sqlalchemy import JSON, Column, DateTime, MetaData, Table, Text, create_engine, insert
from sqlalchemy.pool import NullPool

from models.article import Article
from tests.support import sources
from tests.support.asking import RULES
from tests.support.postgres import Postgres
from tests.support.site import NewsSite, Page, articles
from tests.support.states import KINDS
from tests.support.syndication import html
from tests.support.wordpress import Post, WordPress
from training.records import accepted
from training.sources import open_source
from training.sources.columnar import read_parquet
from training.sources.delimited import read_delimited
from training.sources.jsonl import read_jsonl
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord
from training.sources.sql import read_sql

ARTICLES = [
    Article(
        id="2026/11/فيضان",
        title="فيضان النهر: «الماء» يبلغ الجسر؛ والمدارس تغلق، حتى إشعار آخر",
        body='قال المسؤول: "ارتفع الماء, ثم انحسر".\n\nوأضاف؛ أن الجسر | مغلق\tاليوم.',
        section="أخبار محلية",
        published_at=dt.datetime(2026, 11, 23, 10, 30, 15, tzinfo=dt.UTC),
        url="https://site.example/2026/فيضان?a=1&b=2",
        image_url="https://site.example/صورة.jpg",
        source="النبراس",
        author="هدى السالم",
        language="ar",
        edition="الخليج",
        tags=("نهر", "سد العرب", "طقس"),
        links=("7", "عنوان، فيه فاصلة; ونقطة"),
        expires_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC),
    ),
    Article(id="7", title="مهرجان المسرح", body="", published_at=dt.datetime(2026, 11, 22, tzinfo=dt.UTC)),
    Article(id="8", title="سوق الأسهم", body="نص قصير", tags=("اقتصاد",)),
]
KEYS = tuple(ARTICLES[0].to_record())

Read = Callable[[], Iterator[SourceRecord]]
Made = Callable[[list[Article], Path, Callable[[str], Any]], Read]


def lines(articles: list[Article]) -> bytes:
    return "".join(json.dumps(article.to_record(), ensure_ascii=False) + "\n" for article in articles).encode()


def file(reader: sources.Reader, name: str, data: bytes, folder: Path, **options: Any) -> Read:
    path = folder / name
    path.write_bytes(data)
    return lambda: sources.records(reader, path, SourceOptions(**options))


def table(
    articles: list[Article], delimiter: str, tags: Callable[[list[str]], str], names: dict[str, str] | None = None
) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([(names or {}).get(key, key) for key in KEYS])
    for article in articles:
        record = article.to_record()
        lists = {"tags": tags(record.get("tags", [])), "links": "|".join(record.get("links", []))}
        writer.writerow([(record | lists).get(key, "") for key in KEYS])
    return text.getvalue()


def jsonl(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return file(read_jsonl, "a.jsonl", lines(articles), folder)


def gzipped(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return file(read_jsonl, "a.jsonl.gz", gzip.compress(lines(articles)), folder)


def zstandardized(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return file(read_jsonl, "a.jsonl.zst", zstandard.ZstdCompressor().compress(lines(articles)), folder)


def several(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    for number, article in enumerate(articles):
        (folder / f"{number}.jsonl").write_bytes(lines([article]))
    return lambda: sources.records(read_jsonl, f"{folder}/*.jsonl")


def store(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    fsspec.filesystem("memory").pipe("/same/a.jsonl.gz", gzip.compress(lines(articles)))
    return lambda: sources.records(read_jsonl, "memory://same/a.jsonl.gz")


def comma(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return file(read_delimited, "a.csv", table(articles, ",", "|".join).encode(), folder)


def semicolon_of_excel(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    data = ("sep=;\r\n" + table(articles, ";", "، ".join)).encode("utf-8-sig")
    return file(read_delimited, "a.csv", data, folder)


def unicode_text_of_excel(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return file(read_delimited, "a.txt", table(articles, "\t", json.dumps).encode("utf-16"), folder)


def windows(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    names = {"id": "المعرف", "title": "العنوان", "published_at": "تاريخ النشر"}
    data = table(articles, ";", ", ".join, names).encode("windows-1256")
    return file(read_delimited, "a.csv", data, folder, columns=names)


def parquet(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    columns = {key: [getattr(article, key) for article in articles] for key in KEYS}
    path = folder / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return lambda: sources.records(read_parquet, path)


def database(url: str, articles: list[Article]) -> Read:
    kinds = {"published_at": DateTime(), "expires_at": DateTime(), "tags": JSON(none_as_null=True)}
    posts = Table("posts", MetaData(), *(Column(f"post_{key}", kinds.get(key, Text())) for key in KEYS))
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        posts.create(connection)
        for article in articles:
            row = {f"post_{key}": getattr(article, key) for key in KEYS}
            row |= {"post_links": "\n".join(article.links), "post_tags": list(article.tags) or None}
            connection.execute(insert(posts).values(row))
    options = SourceOptions(columns={key: f"post_{key}" for key in KEYS})
    return lambda: read_sql(f"{url}#posts", options)


def sqlite(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return database(f"sqlite:///{folder / 'news.db'}", articles)


def postgresql(articles: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return database(cast("Postgres", ask("server")).new_database(), articles)


FORMATS: tuple[Made, ...] = (
    jsonl,
    gzipped,
    zstandardized,
    several,
    store,
    comma,
    semicolon_of_excel,
    unicode_text_of_excel,
    windows,
    parquet,
    sqlite,
    *((postgresql,) if "postgresql" in KINDS else ()),
)


@pytest.fixture
def site() -> Iterator[NewsSite]:
    """A site with articles as a page, a feed and an export can tell of them; tags in the order of WordPress."""
    with NewsSite([replace(article, tags=tuple(sorted(article.tags))) for article in articles()]) as running:
        yield running


@pytest.fixture
def wordpress(site: NewsSite) -> Iterator[WordPress]:
    """The same articles in a WordPress."""
    posts = [
        Post(
            number=int(article.id),
            title=article.title,
            content=html(article),
            published=f"{article.published_at:%Y-%m-%dT%H:%M:%S}",
            categories=(str(article.section),),
            tags=article.tags,
            author=str(article.author),
            image=str(article.image_url),
            link=str(article.url),
        )
        for article in site.articles
    ]
    made = WordPress(posts)
    with made.running():
        yield made


def asked(kind: str, place: str) -> Made:
    """What an address of the site gives, of a kind that is named or is to be found out."""

    def of_site(given: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
        return lambda: open_source(f"{kind}{ask('site').url}{place}", WEB)

    of_site.__name__ = f"{kind}{place}"
    return of_site


def saved(place: str, name: str) -> Made:
    """A file of what the site gives there."""

    def of_file(given: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
        (folder / name).write_bytes(ask("site").pages[place].content)
        return lambda: open_source(str(folder / name), WEB)

    of_file.__name__ = f"saved {name}"
    return of_file


def pages(given: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return lambda: chain.from_iterable(open_source(str(article.url), WEB) for article in given)


def saved_pages(given: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    site: NewsSite = ask("site")
    for article in given:
        page = site.pages[str(article.url).removeprefix(site.url)]
        (folder / f"{article.id}.html").write_bytes(page.content)
    return lambda: open_source(f"{folder}/*.html", WEB)


def data_on_the_web(given: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    site: NewsSite = ask("site")
    site.pages["/export/a.csv.gz?key=1"] = Page(gzip.compress(table(given, ",", "|".join).encode()), "text/csv")
    return lambda: open_source(f"{site.url}/export/a.csv.gz?key=1", WEB)


def export_of_wordpress(given: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    (folder / "export.xml").write_bytes(ask("wordpress").export())
    return lambda: open_source(str(folder / "export.xml"))


def live_wordpress(given: list[Article], folder: Path, ask: Callable[[str], Any]) -> Read:
    return lambda: open_source(f"wordpress+{ask('wordpress').address}/", WEB)


WEB = SourceOptions(fetch=RULES)
# RSS 1.0 tells no number of a post, so that its articles have other ids: test_feeds.py
OF_A_SITE: tuple[Made, ...] = (
    asked("", "/rss.xml"),
    asked("", "/atom.xml"),
    asked("feed+", "/"),
    asked("", "/sitemap.xml"),
    asked("", "/news-sitemap.xml"),
    asked("sitemap+", "/sitemap.txt"),
    asked("sitemap+", "/"),
    saved("/rss.xml", "feed.xml"),
    saved("/sitemap.xml", "sitemap.xml"),
    pages,
    saved_pages,
    data_on_the_web,
    export_of_wordpress,
    live_wordpress,
)


@pytest.mark.parametrize("made", [*FORMATS, *OF_A_SITE], ids=lambda made: made.__name__)
def test_the_articles_of_a_site_come_out_whatever_way_they_come(
    made: Made, site: NewsSite, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    came = list(accepted(made(site.articles, tmp_path, request.getfixturevalue)()))
    assert sorted(came, key=lambda article: article.id) == site.articles


@pytest.mark.parametrize("made", FORMATS, ids=lambda made: made.__name__)
def test_the_same_articles_come_out(made: Made, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    assert list(accepted(made(ARTICLES, tmp_path, request.getfixturevalue)())) == ARTICLES
