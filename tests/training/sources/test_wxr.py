"""An export of WordPress is read post by post."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from models.errors import RecordError, SourceError
from tests.support.wordpress import Post, WordPress
from training.sources import trees
from training.sources.wxr import read_wxr

HEAD = (
    '<rss xmlns:wp="http://wordpress.org/export/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><wp:wxr_version>1.0</wp:wxr_version>'
)
END = "</channel></rss>"


def item(number: str = "5", rest: str = "", status: str = "publish", post_type: str = "post") -> str:
    return (
        f"<item><title>خبر</title><wp:post_id>{number}</wp:post_id><wp:status>{status}</wp:status>"
        f"<wp:post_type>{post_type}</wp:post_type>{rest}</item>"
    )


def values(data: bytes | str, post_type: str = "post") -> list[Any]:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return [record.value for record in read_wxr(file, "export.xml", post_type)]


def exported(*posts: Post) -> list[Any]:
    return values(WordPress(list(posts)).export())


@pytest.mark.parametrize("status", ["draft", "pending", "private", "future", "trash"])
def test_what_is_not_public_is_deleted(status: str) -> None:
    assert exported(Post(1, status=status)) == [{"id": "1", "deleted": True}]


def test_a_post_with_a_password_is_deleted() -> None:
    assert exported(Post(1, password="سر")) == [{"id": "1", "deleted": True}]


def test_pages_attachments_and_revisions_are_passed_over() -> None:
    data = HEAD + item(post_type="page") + item(post_type="attachment", status="inherit")
    data += item(status="auto-draft") + item(status="inherit") + item("7") + END

    assert [value["id"] for value in values(data)] == ["7"]
    assert [value["id"] for value in values(data, "page")] == ["5"]


def test_lines_count_items() -> None:
    data = HEAD + item(post_type="page") + item("6") + item("7") + END

    assert [record.line for record in read_wxr(io.BytesIO(data.encode()), "export.xml")] == [2, 3]


def test_the_primary_category_is_the_section() -> None:
    site = WordPress([Post(1, categories=("اقتصاد", "رياضة"))])
    number = str(site.terms("categories")["رياضة"])
    for key in ("_yoast_wpseo_primary_category", "rank_math_primary_category"):
        site.posts[0].meta = {key: number}
        assert values(site.export())[0]["section"] == "رياضة"
    site.posts[0].meta = {"_yoast_wpseo_primary_category": "999"}
    assert values(site.export())[0]["section"] == "اقتصاد"


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("<wp:post_date_gmt>2026-03-01 09:30:00</wp:post_date_gmt>", "2026-03-01T09:30:00Z"),
        (
            "<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt><pubDate>01 Mar 2026 12:30:00 +0300</pubDate>",
            "2026-03-01T09:30:00Z",
        ),
        ("<pubDate>Sun, 01 Mar 2026 09:30:00 -0000</pubDate>", "2026-03-01T09:30:00Z"),
        ("<pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>", None),
        ("<wp:post_date_gmt>gestern</wp:post_date_gmt>", None),
        ("", None),
    ],
)
def test_times_are_in_utc_or_unknown(told: str, read: str | None) -> None:
    assert values(HEAD + item(rest=told) + END)[0].get("published_at") == read


def test_an_author_without_a_name_is_called_as_the_post_does() -> None:
    assert values(HEAD + item(rest="<dc:creator>salma</dc:creator>") + END)[0]["author"] == "salma"


class _Once(io.RawIOBase):
    """A file that cannot be read twice."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self._data.read(size)


def test_an_image_behind_its_post_is_found_where_the_file_can_be_read_twice() -> None:
    data = WordPress([Post(1, image="https://media.example/a.jpg")]).export()
    once: Any = _Once(data)

    assert values(data)[0]["image_url"] == "https://media.example/a.jpg"
    assert "image_url" not in next(read_wxr(once, "export.xml")).value  # type: ignore[operator]  # no error


def test_an_item_without_a_number_is_an_error_and_the_next_comes() -> None:
    error, post = values(HEAD + item("") + item("6") + END)

    assert isinstance(error, RecordError)
    assert error.reason == "missing_id"
    assert post["id"] == "6"


def test_an_item_too_large_is_an_error_and_the_next_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_ELEMENT", 5000)
    large = f"<content:encoded>{'س' * 6000}</content:encoded>"

    error, post = values(HEAD + item(rest=large) + item("6") + END)

    assert isinstance(error, RecordError)
    assert post["id"] == "6"


def test_of_an_export_cut_short_come_the_posts_that_are_whole() -> None:
    data = WordPress([Post(number) for number in range(1, 50)]).export()
    cut = data[: len(data) // 2]
    found = []

    with pytest.raises(SourceError, match="damaged or cut short"):
        found.extend(read_wxr(io.BytesIO(cut), "export.xml"))
    found.clear()
    records = read_wxr(io.BytesIO(cut), "export.xml")
    found.extend(next(records) for _ in range(cut.count(b"</item>")))

    assert len(found) > 10


@pytest.mark.parametrize("items", ["", item()])
def test_rss_that_is_no_export_is_refused(items: str) -> None:
    with pytest.raises(SourceError, match="no export of WordPress"):
        values(f"<rss><channel><title>x</title>{items}</channel></rss>")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_all_versions_are_read_and_control_characters_go(version: str) -> None:
    data = HEAD.replace("1.0", version) + item(rest="<content:encoded><![CDATA[نص\x0b قصير\x1b]]></content:encoded>")

    assert values(data + END)[0]["body"] == "نص قصير"


def test_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    laughs = "".join(f'<!ENTITY h{n} "{f"&h{n - 1};" * 10}">' for n in range(1, 10))
    path.write_text(f'<!DOCTYPE rss [<!ENTITY h0 "ha">{laughs}]>{HEAD}{item("&h9;")}{END}', encoding="utf-8")

    with path.open("rb") as file, pytest.raises(SourceError, match="declares entities"):
        list(read_wxr(file, "export.xml"))


def test_many_posts_are_read_in_the_memory_of_a_few(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    with path.open("w", encoding="utf-8") as out:
        out.write(HEAD)
        for number in range(1, 2001):
            out.write(item(str(number), f"<content:encoded>{'نص طويل ' * 100}</content:encoded>"))
        out.write(END)

    tracemalloc.start()
    with path.open("rb") as file:
        reading: BinaryIO = file
        count = sum(1 for _ in read_wxr(reading, "export.xml"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 2000
    assert peak < 4_000_000
