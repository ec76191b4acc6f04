"""A location is opened by its kind, by the end of its name, or by what is found there."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.errors import FetchError, RecordError, SourceError
from tests.support.site import NewsSite, articles
from tests.support.wordpress import Post, WordPress
from training.records import accepted
from training.sources import SourceOptions, Sources, open_source
from training.sources.options import FetchRules

LINE = '{"id": "7", "title": "خبر"}\n'
TABLE = "id,title\n7,خبر\n"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>موقع</title><item>
<title>خبر</title><link>https://site.example/?p=7</link></item></channel></rss>"""
PAGE = "<html><head><title>موقع</title></head><body><p>لا شيء هنا</p></body></html>"
TEXT = """الرئيسية » رياضة
المدرب بعد المباراة

المدينة - الأفق

فاز الفريق على ضيفه بهدفين في ملعب الميناء مساء أمس، وتقدم إلى المركز الثاني في الترتيب.

قد يهمك أيضا

الفريق يتعاقد مع مهاجم جديد قبل نهاية الموسم
"""


def read(location: str | Path, **options: Any) -> list[Any]:
    values = [record.value for record in open_source(str(location), SourceOptions(**options))]
    return [value.reason if isinstance(value, RecordError) else value for value in values]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", LINE),
        ("a.NDJSON", LINE),
        ("a.csv", TABLE),
        ("a.tsv", TABLE.replace(",", "\t")),
        ("a.json", LINE),  # a name that tells nothing: what stands there does
        ("a", TABLE),
        ("a.bak", LINE),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_files_are_told_by_their_names_and_by_what_stands_there(
    tmp_path: Path, name: str, text: str, packed: bool
) -> None:
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert read(path) == [{"id": "7", "title": "خبر"}]


def test_a_damaged_file_without_a_name_that_tells_is_told(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(gzip.compress(b"")[:10] + b"\xff" * 30)
    with pytest.raises(SourceError, match="dump"):
        read(tmp_path / "dump")


def test_xml_is_told_by_its_root(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(FEED, encoding="utf-8")
    ((record),) = read(path)
    assert (record["id"], record["title"]) == ("7", "خبر")


@pytest.mark.parametrize("location", ["-", "feed+-"])
def test_documents_are_read_from_standard_input(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FEED.encode())))
    ((record),) = read(location)
    assert record["id"] == "7"


def test_a_kind_that_is_named_wins_over_the_name(tmp_path: Path) -> None:
    path = tmp_path / "export.txt"
    path.write_text(TABLE, encoding="utf-8")
    assert read(f"csv+{path}") == [{"id": "7", "title": "خبر"}]


def test_a_page_is_html_or_its_text(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "b.txt").write_text(TEXT, encoding="utf-8")
    none, record = read(tmp_path / "*.*")
    assert none == "no_article"
    assert (record["id"], record["section"]) == ("b", "رياضة")
    assert record["links"] == ["الفريق يتعاقد مع مهاجم جديد قبل نهاية الموسم"]


def test_what_is_taken_off_a_page_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "b.txt"
    path.write_text(TEXT, encoding="utf-8")
    with Sources(SourceOptions()) as sources:
        ((name, page),) = sources.explained(str(path))
        assert name == str(path)
        kinds = [taken.kind for taken in page.taken]
        assert {"breadcrumb", "caption", "dateline", "heading", "link"} == set(kinds)
        (tmp_path / "a.csv").write_text(TABLE, encoding="utf-8")
        with pytest.raises(SourceError, match="no page"):
            list(sources.explained(str(tmp_path / "a.csv")))


def test_a_page_that_is_too_long_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(b"<p>" + b"x" * 2000)
    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        read(path, fetch=FetchRules(max_bytes=1000))
    assert read(path, fetch=FetchRules(max_bytes=2003)) == ["no_article"]


def test_a_database_has_a_scheme(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "news.db") as connection:
        connection.execute("CREATE TABLE posts (id INTEGER, title TEXT)")
        connection.execute("INSERT INTO posts VALUES (7, 'خبر')")
    connection.close()
    (record,) = read(f"sqlite:///{tmp_path / 'news.db'}")
    assert (record["title"], str(record["id"])) == ("خبر", "7")


def test_columns_are_mapped_in_every_kind_of_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"ID": "7", "headline": "خبر"}), encoding="utf-8")
    assert read(tmp_path / "a.jsonl", columns={"id": "ID", "title": "headline"}) == [{"id": "7", "title": "خبر"}]


def test_missing_files_and_folders_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        open_source(str(tmp_path / "none.jsonl"))
    with pytest.raises(SourceError, match="not a file"):
        open_source(str(tmp_path))
    with pytest.raises(SourceError, match="no file matches"):
        open_source(str(tmp_path / "*.csv"))


def test_files_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(LINE, encoding="utf-8")
    records = open_source(str(path))  # opening looks at the name only
    path.write_text(LINE * 2, encoding="utf-8")
    assert len(list(records)) == 2


WITHOUT = """
import sys
for module in "httpx httpcore lxml trafilatura protego tenacity pyarrow zstandard fsspec psycopg".split():
    sys.modules[module] = None
from silah import app
from models.errors import SourceError
from training.sources import open_source
for location in sys.argv[1:]:
    try:
        print(*[record.value["title"] for record in open_source(location)])
    except SourceError as error:
        print(error)
"""


def test_what_needs_no_extra_is_read_without_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINE, encoding="utf-8")
    (tmp_path / "a.csv").write_text(TABLE, encoding="utf-8")
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    (tmp_path / "a.html").write_text(PAGE, encoding="utf-8")
    locations = ["a.jsonl", "a.csv", "a.txt", "a.parquet", "a.html", "https://site.example/", "s3://bucket/a.csv"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *locations],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "خبر",
        "خبر",
        "فاز الفريق على ضيفه بهدفين في ملعب الميناء مساء أمس، وتقدم إلى المركز الثاني في الترتيب",
        "pyarrow is not installed: pip install 'silah[files]'",
        "lxml.html is not installed: pip install 'silah[web]'",
        "httpcore is not installed: pip install 'silah[web]'",
        "fsspec is not installed: pip install 'silah[remote]'",
    ], done.stderr


def test_this_machine_is_not_asked_unless_it_may_be() -> None:
    with pytest.raises(FetchError) as refused:
        read("http://127.0.0.1:9/feed.xml")
    assert refused.value.reason == "private_address"
    with pytest.raises(FetchError) as refused:
        read("http://127.0.0.1:9/articles.csv")
    assert refused.value.reason == "private_address"


BOX = "اقرأ أيضا"
CHOSEN = ("البلدية تؤجل موسم الزهور", "سباق القوارب يعود إلى النهر بعد عامين")


def test_boxes_leave_the_body_whichever_way_an_article_comes(tmp_path: Path) -> None:
    (plain,) = articles()[:1]
    paragraphs = plain.body.split("\n\n")
    boxed = replace(plain, body="\n\n".join([paragraphs[0], BOX, *CHOSEN, *paragraphs[1:]]))
    html = "".join(f"<p>{line}</p>\n" for line in boxed.body.split("\n\n"))
    wordpress = WordPress([Post(101, title=plain.title, content=html)])
    (tmp_path / "export.xml").write_bytes(wordpress.export())

    def told(location: str) -> tuple[str, ...]:
        (article,) = accepted(open_source(location, SourceOptions(fetch=FetchRules(allow_private=True, rate=100))))
        return article.id, article.title, article.body, *article.links

    with NewsSite([boxed]) as site, wordpress.running() as address:
        locations = (
            str(site.articles[0].url),
            f"{site.url}/rss.xml",
            f"{site.url}/atom.xml",
            f"feed+{site.url}/",
            f"sitemap+{site.url}/sitemap.xml",
            f"wordpress+{address}",
            address,
            str(tmp_path / "export.xml"),
        )
        found = {told(location) for location in locations}
    assert found == {(plain.id, plain.title, plain.body, *CHOSEN)}


def test_a_site_adds_patterns_for_the_bodies_of_its_feed(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("chosen = ['من دفاترنا']", encoding="utf-8")
    box = f"<p>فاز الفريق أمس.</p><p>من دفاترنا</p><p>{CHOSEN[0]}</p>"
    (tmp_path / "a.rss").write_text(
        FEED.replace("</title><link>", f"</title><description><![CDATA[{box}]]></description><link>"), encoding="utf-8"
    )
    (record,) = read(tmp_path / "a.rss", patterns=tmp_path / "site.toml")
    assert (record["body"], record["links"]) == ("فاز الفريق أمس.", [CHOSEN[0]])
