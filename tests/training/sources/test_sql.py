"""Tables and queries of databases, read and never written, by the names that a newsroom gave them."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from models.article import Article
from models.errors import RecordError, SourceError
from tests.support.postgres import Postgres, postgres
from tests.support.states import SERVER
from training.sources.databases import AT_ONCE
from training.sources.options import SourceOptions
from training.sources.sql import read_sql


def run(url: str, *statements: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def read(location: str, **options: Any) -> list[Any]:
    found = [record.value for record in read_sql(location, SourceOptions(**options))]
    return [value.reason if isinstance(value, RecordError) else value for value in found]


def made(url: str, table: str = "articles", rows: str = "(1, 'خبر')") -> str:
    run(url, f"CREATE TABLE {table} (id INTEGER, title TEXT)", f"INSERT INTO {table} VALUES {rows}")
    return url


def test_the_table_is_the_one_called_so_or_the_only_one(state: str) -> None:
    made(state, "posts", "(2, 'آخر')")
    assert read(state) == [{"id": "2", "title": "آخر"}]
    made(state)
    assert read(state) == [{"id": "1", "title": "خبر"}]
    assert read(f"{state}#posts") == read(state, table="posts") == [{"id": "2", "title": "آخر"}]
    assert read(f"{state}#posts", table="posts") == [{"id": "2", "title": "آخر"}]


def test_what_was_read_says_where_it_stood(state: str) -> None:
    made(state, rows="(1, 'أ'), (2, 'ب')")
    records = list(read_sql(state, SourceOptions()))
    assert [record.line for record in records] == [1, 2]
    assert records[0].source.endswith("#articles")
    assert "?" not in records[0].source
    (record,) = read_sql(state, SourceOptions(query="SELECT * FROM articles WHERE id = 1"))
    assert "#" not in record.source


def test_without_a_name_the_tables_are_told(state: str) -> None:
    run(state, "CREATE TABLE gone (id INTEGER)", "DROP TABLE gone")
    with pytest.raises(SourceError, match="no table is named and none is called articles; there are none"):
        read(state)
    made(state, "posts")
    run(state, "CREATE VIEW recent AS SELECT * FROM posts")
    with pytest.raises(SourceError, match="no table is named and none is called articles; there are posts, recent"):
        read_sql(state, SourceOptions())  # at once
    with pytest.raises(SourceError, match="no table is called news; there are posts, recent"):
        read_sql(f"{state}#news", SourceOptions())
    assert read(f"{state}#recent") == [{"id": "1", "title": "خبر"}]


def test_names_are_quoted_and_may_be_arabic(state: str) -> None:
    run(
        state,
        'CREATE TABLE "الأخبار و\'غيرها" ("المعرف" INTEGER, "select" TEXT, "a: %s ""b""" TEXT)',
        """INSERT INTO "الأخبار و'غيرها" VALUES (7, 'عنوان', 'نص')""",
    )
    columns = {"id": "المعرف", "title": "SELECT", "body": 'a: %s "b"'}
    found = [{"id": "7", "title": "عنوان", "body": "نص"}]
    assert read(state, columns=columns, table="الأخبار و'غيرها") == found
    assert read(f"{state}#%D8%A7%D9%84%D8%A3%D8%AE%D8%A8%D8%A7%D8%B1 و'غيرها", columns=columns) == found


def test_a_query_is_asked_as_it_is_written(state: str) -> None:
    made(state, rows="(1, '10:30 50%'), (2, 'خبر')")
    query = "SELECT id AS post, title, ':x %s' AS section FROM articles WHERE title LIKE '%:3%';"
    assert read(state, query=query, columns={"id": "post"}) == [{"id": "1", "title": "10:30 50%", "section": ":x %s"}]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM articles",
        "DELETE FROM articles RETURNING id, title",
        "INSERT INTO articles VALUES (9, 'x') RETURNING id, title",
        "DROP TABLE articles",
        "CREATE TABLE more (id INTEGER)",
        "SELECT id, title FROM articles; COMMIT; DELETE FROM articles",
        "WITH gone AS (DELETE FROM articles RETURNING *) SELECT * FROM gone",
        "UPDATE articles SET title = ''",
        "nonsense",
    ],
)
def test_a_query_that_writes_is_refused(state: str, query: str) -> None:
    made(state)
    with pytest.raises(SourceError, match="cannot read"):
        read(state, query=query)
    assert read(state) == [{"id": "1", "title": "خبر"}]
    run(state, "DROP TABLE articles")


def test_a_query_without_rows_is_refused(tmp_path: Path) -> None:
    url = made(f"sqlite:///{tmp_path / 'news.db'}")
    with pytest.raises(SourceError, match="the query gives no rows"):
        read(url, query="BEGIN")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"columns": {"title": "headline"}}, "no column is called headline; there are id, title"),
        ({"columns": {"titel": "title"}}, "no record has the key titel"),
        ({"query": "SELECT title FROM articles"}, "no column is called id"),
        ({"query": "SELECT id, title, id FROM articles"}, "2 columns are called id"),
        ({"query": "SELECT 1", "table": "articles"}, "a table and a query are named"),
    ],
)
def test_columns_that_do_not_tell_are_refused(state: str, options: dict[str, Any], problem: str) -> None:
    made(state)
    with pytest.raises(SourceError, match=problem):
        read(state, **options)


def test_many_rows_come_a_few_at_a_time(state: str) -> None:
    count = 2 * AT_ONCE + 3
    made(state, rows=", ".join(f"({number}, 'خبر {number}')" for number in range(count)))
    records = list(read_sql(state, SourceOptions()))
    assert [record.line for record in records] == list(range(1, count + 1))
    assert [record.value["id"] for record in records if isinstance(record.value, dict)] == [
        str(number) for number in range(count)
    ]
    stream = read_sql(state, SourceOptions())
    assert len(list(islice(stream, 3))) == 3
    del stream
    run(state, "DROP TABLE articles")  # nobody reads it any more


def test_a_table_that_goes_before_it_is_read_is_told(state: str) -> None:
    made(state)
    stream = read_sql(state, SourceOptions())
    run(state, "DROP TABLE articles")
    with pytest.raises(SourceError, match="cannot read"):
        list(stream)


@pytest.mark.parametrize(
    ("location", "problem"),
    [
        ("postgresql://silah:hunter2@127.0.0.1:1/news", "refused"),
        ("postgresql://127.0.0.1:1/news?user=silah&password=hunter2", "refused"),
        ("mysql+no_such_driver://silah:hunter2@127.0.0.1/news", "Can't load plugin"),
        ("mysql+pymysql://silah:hunter2@127.0.0.1/news", "pymysql is not installed: pip install pymysql"),
        ("nowhere://silah:hunter2@127.0.0.1/news", "Can't load plugin"),
        ("postgresql://silah:hunter2@127.0.0.1:port/news", "its address is none"),
        ("hunter2", "its address is none"),
        ("sqlite:///nowhere/at/all.db", "unable to open database file"),
        ("sqlite:///x.db#a", "two tables are named, a and b"),
    ],
)
def test_databases_that_cannot_be_asked_are_told_without_their_password(location: str, problem: str) -> None:
    options = SourceOptions(table="b" if location.endswith("#a") else None)
    with pytest.raises(SourceError, match=problem) as refused:
        read_sql(location, options)
    assert "hunter2" not in str(refused.value)


def test_a_driver_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(SourceError, match=r"is not installed: pip install 'silah\[postgresql\]'"):
        read_sql("postgresql://silah@127.0.0.1:1/news", SourceOptions())


def test_no_file_is_made_where_none_is(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read_sql(f"sqlite:///{tmp_path / 'none.db'}", SourceOptions())
    assert list(tmp_path.iterdir()) == []


def test_values_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    url = f"sqlite:///{path}"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE articles (id, title, body, published_at DATETIME, tags JSON, deleted BOOLEAN)")
        connection.executemany(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?)",
            [
                (1, "خبر", None, "2026-11-23 12:00:00", '["نهر", "سد"]', 0),
                ("a/2", "خبر".encode(), "نص", "no time", "نهر، سد", None),
                (3.0, "خبر", 5, "2026-11-23T15:00:00+03:00", None, None),
                (4.5, "خبر", None, None, None, None),
                (5, b"\xc7\xce\xc8\xc7\xd1", None, None, None, 1),
            ],
        )
        connection.execute("INSERT INTO articles (id, title) VALUES (6, CAST(x'C7CEC8C7D1' AS TEXT))")
        connection.execute("INSERT INTO articles (id, title) VALUES (7, CAST(x'D8A3D8A3FF' AS TEXT))")
    connection.close()
    assert read(url) == [
        {"id": "1", "title": "خبر", "published_at": "2026-11-23 12:00:00", "tags": ["نهر", "سد"], "deleted": False},
        {"id": "a/2", "title": "خبر", "body": "نص", "published_at": "no time", "tags": ["نهر", "سد"]},
        {"id": "3", "title": "خبر", "body": "5", "published_at": "2026-11-23T15:00:00+03:00"},
        "bad_id",
        {"id": "5", "title": "اخبار", "deleted": True},
        {"id": "6", "title": "اخبار"},
        "bad_encoding",
    ]


@pytest.fixture
def base(server: Postgres) -> str:
    """The address of an empty PostgreSQL database."""
    return server.new_database()


if SERVER is not None:  # tests/support/states.py: where none can be had, they are named at the end of the run

    def test_values_of_postgresql(base: str) -> None:
        run(
            base,
            "CREATE TABLE articles (id UUID, title TEXT, body BYTEA, section NUMERIC, author INTERVAL,"
            " published_at TIMESTAMPTZ, expires_at TIMESTAMP, tags TEXT[], links JSONB, deleted BOOLEAN)",
            "INSERT INTO articles VALUES ('0b0e1f2a-0000-0000-0000-000000000001', 'خبر', convert_to('نص', 'UTF8'), 12,"
            " NULL, '2026-11-23 15:00+03', '2026-12-01', '{نهر,NULL,سد}', '[\"a\", 7]', false)",
            "INSERT INTO articles (published_at, expires_at, links) VALUES ('infinity', '0044-03-15 BC', '{}')",
            "INSERT INTO articles (id, author) VALUES (NULL, '1 day')",
            "SET timezone = 'Asia/Riyadh'",
        )
        first, second, third = read(f"{base}&options=-cDateStyle%3DGerman%20-ctimezone%3DAsia/Riyadh")
        article = Article.from_record(first)
        assert (article.id, article.body, article.section) == ("0b0e1f2a-0000-0000-0000-000000000001", "نص", "12")
        assert article.to_record()["published_at"] == "2026-11-23T12:00:00Z"
        assert article.to_record()["expires_at"] == "2026-12-01T00:00:00Z"
        assert (article.tags, article.links, first["deleted"]) == (("نهر", "سد"), ("a", "7"), False)
        assert second == "bad_type"  # links are an object
        assert third == "bad_type"  # an interval is no author
        (moments,) = read(base, query="SELECT 1 AS id, 'x' AS title, timestamp '2026-11-23 12:00' AS published_at")
        assert moments["published_at"] == "2026-11-23T12:00:00Z"
        run(base, "UPDATE articles SET links = NULL, id = '0b0e1f2a-0000-0000-0000-000000000001', author = NULL")
        assert [row["published_at"] for row in read(base) if "published_at" in row] == [
            "2026-11-23 12:00:00+00",
            "infinity",
        ]

    def test_the_query_in_the_documentation_gives_articles(base: str) -> None:
        run(
            base,
            "CREATE TABLE sections (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT)",
            "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, body TEXT, section_id INTEGER, status TEXT,"
            " created_at TIMESTAMPTZ DEFAULT '2026-11-23T10:00Z')",
            "CREATE TABLE post_tags (post_id INTEGER, tag_id INTEGER)",
            "INSERT INTO sections VALUES (1, 'رياضة')",
            "INSERT INTO tags VALUES (1, 'الوداد'), (2, 'كأس')",
            "INSERT INTO posts VALUES (7, 'فوز', 'نص', 1, 'published'), (8, 'خبر', '', 1, 'published')",
            "INSERT INTO posts VALUES (9, 'مسودة', '', 1, 'draft')",
            "INSERT INTO post_tags VALUES (7, 1), (7, 2)",
        )
        page = Path("docs/sources.md").read_text(encoding="utf-8")
        query = page.partition('--query "\n')[2].partition('"')[0]
        first, second = sorted(read(base, query=query), key=lambda record: str(record["id"]))
        assert sorted(first.pop("tags")) == ["الوداد", "كأس"]
        at = "2026-11-23T10:00:00Z"
        assert first == {"id": "7", "title": "فوز", "body": "نص", "section": "رياضة", "published_at": at}
        assert second == {"id": "8", "title": "خبر", "section": "رياضة", "published_at": at}

    def test_what_python_has_no_value_for_stops_a_query_with_an_error(base: str) -> None:
        with pytest.raises(SourceError, match="cannot read"):
            read(base, query="SELECT 1 AS id, 'x' AS title, timestamp 'infinity' AS published_at")
        with pytest.raises(SourceError, match="after row 0"):
            read(base, query=f"SELECT n AS id, '{'9' * 9000}'::jsonb AS title FROM generate_series(1, 1) AS n")

    def test_a_table_may_stand_in_a_schema_and_have_a_point_in_its_name(base: str) -> None:
        run(base, "CREATE SCHEMA news", 'CREATE TABLE "a.b" (id INTEGER, title TEXT)')
        made(base, "news.posts")
        assert read(f"{base}#news.posts") == read(base, table="news.posts") == [{"id": "1", "title": "خبر"}]
        assert read(f"{base}#a.b") == []
        with pytest.raises(SourceError, match=r"no table is called news\.other; there are a\.b"):
            read(f"{base}#news.other")

    def test_functions_cannot_write_either(base: str) -> None:
        made(base)
        run(base, "CREATE SEQUENCE numbers")
        with pytest.raises(SourceError, match="read-only transaction"):
            read(base, query="SELECT nextval('numbers') AS id, 'x' AS title")

    def test_a_server_that_goes_away_is_told() -> None:
        assert SERVER is not None
        with postgres(SERVER) as lost:
            url = made(lost.new_database(), rows=", ".join(f"({n}, '{'خبر' * 200}')" for n in range(20 * AT_ONCE)))
            stream = read_sql(url, SourceOptions())
            assert next(stream).line == 1
            lost.stop()
            with pytest.raises(SourceError, match="cannot read"):
                list(stream)

    def test_a_password_in_the_address_is_not_shown(server: Postgres, base: str) -> None:
        made(base)
        with psycopg.connect(host=str(server.folder), user="silah", dbname="postgres", autocommit=True) as connection:
            connection.execute("ALTER ROLE silah PASSWORD 'hunter2'")
        for url in (base.replace("silah@", "silah:hunter2@"), base + "&password=hunter2"):
            (record,) = read_sql(url, SourceOptions())
            assert "hunter2" not in record.source
            with pytest.raises(SourceError) as refused:
                read_sql(f"{url}#none", SourceOptions())
            assert "hunter2" not in str(refused.value)


def test_a_sqlite_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "news.db").write_bytes(b"id,title\n" * 500)
    with pytest.raises(SourceError, match="file is not a database"):
        read_sql(f"sqlite:///{tmp_path / 'news.db'}", SourceOptions())


def test_a_sqlite_file_that_is_damaged_is_told(tmp_path: Path) -> None:
    path = tmp_path / "news.db"
    made(f"sqlite:///{path}", rows=", ".join(f"({number}, 'خبر {number}')" for number in range(5000)))
    data = bytearray(path.read_bytes())
    data[20 * 4096 : 40 * 4096] = b"\xff" * (20 * 4096)
    path.write_bytes(data)
    stream = read_sql(f"sqlite:///{path}", SourceOptions())
    assert next(stream).line == 1
    with pytest.raises(SourceError, match="malformed"):
        list(stream)


def test_libraries_of_databases_are_not_loaded_with_the_module() -> None:
    program = "import sys, training.sources.sql; print('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"
