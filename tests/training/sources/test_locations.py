"""A location names its kind, or its scheme and the end of its name tell."""

from __future__ import annotations

import pytest

from models.errors import SourceError
from training.sources.locations import Kind, parted


@pytest.mark.parametrize(
    ("location", "kind", "rest"),
    [
        ("articles.jsonl", Kind.JSONL, "articles.jsonl"),
        ("old/Articles.NDJSON.gz", Kind.JSONL, "old/Articles.NDJSON.gz"),
        ("articles.csv.zst", Kind.CSV, "articles.csv.zst"),
        ("csv+export.txt", Kind.CSV, "export.txt"),
        ("page.txt", Kind.PAGE, "page.txt"),
        ("saved/*.html", Kind.PAGE, "saved/*.html"),
        ("export.xml", None, "export.xml"),
        ("folder.csv/export", None, "folder.csv/export"),
        ("-", None, "-"),
        ("csv+-", Kind.CSV, "-"),
        ("s3://bucket/a.parquet", Kind.PARQUET, "s3://bucket/a.parquet"),
        ("https://site.example/a.jsonl.gz?key=1#x", Kind.JSONL, "https://site.example/a.jsonl.gz?key=1#x"),
        ("https://site.example/", None, "https://site.example/"),
        ("https://site.example", None, "https://site.example"),
        ("wordpress+https://site.example/", Kind.WORDPRESS, "https://site.example/"),
        ("feed+https://site.example/a.html", Kind.FEED, "https://site.example/a.html"),
        ("sqlite:///news.db#posts", Kind.SQL, "sqlite:///news.db#posts"),
        ("postgresql+psycopg://u:p@h/db", Kind.SQL, "postgresql+psycopg://u:p@h/db"),
        ("unknown+name.csv", Kind.CSV, "unknown+name.csv"),
    ],
)
def test_what_a_location_tells(location: str, kind: Kind | None, rest: str) -> None:
    assert parted(location) == (kind, rest)


def test_a_wordpress_site_has_an_address() -> None:
    with pytest.raises(SourceError, match=r"wxr\+"):
        parted("wordpress+export.xml")


@pytest.mark.parametrize("kind", ["", "feed+", "csv+", "wordpress+"])
def test_an_address_that_is_none_is_told_without_what_may_be_a_password(kind: str) -> None:
    with pytest.raises(SourceError, match="not an address") as caught:
        parted(f"{kind}https://user:secret@[::1")
    assert "secret" not in str(caught.value)
