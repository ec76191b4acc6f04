"""A site's own patterns stand beside those of Silah."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import SourceError
from tests.support.webpages import PARAGRAPHS, Shown, text_page
from training.sources.document import Document
from training.sources.pagetext import explained_text
from training.sources.patterns import PagePatterns


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "patterns.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_site_adds_headings_lines_and_boxes_of_its_editors(tmp_path: Path) -> None:
    path = written(tmp_path, "lines = ['عدد اليوم .{1,30}']\nheadings = ['من دفاترنا']\nchosen = ['ننصحكم بقراءه']\n")
    page = text_page(Shown(paragraphs=[*PARAGRAPHS[:2], "عدد اليوم ٤٥٦", *PARAGRAPHS[2:]]))
    page += "\nننصحكم بقراءة\nسباق القوارب يعود إلى النهر\nمن دفاترنا\nحكاية المنارة القديمة"
    reading = explained_text(Document(page.encode(), "page.txt"), PagePatterns.load(path))
    assert isinstance(reading.value, dict)
    assert reading.value["body"] == "\n\n".join(PARAGRAPHS)
    assert reading.value["links"] == ["سباق القوارب يعود إلى النهر"]
    assert ("site", "عدد اليوم .{1,30}") in [(taken.kind, taken.why) for taken in reading.taken]
    assert ("heading", "من دفاترنا") in [(taken.kind, taken.why) for taken in reading.taken]


@pytest.mark.parametrize(
    "text",
    [
        "headings = 'من دفاترنا'",
        "headings = [1]",
        "headings = ['(']",
        "lines = ['.*']",
        "others = []",
        "headings = [",
        b"\xff\xfe",
    ],
)
def test_what_is_no_file_of_patterns_is_refused_by_name(tmp_path: Path, text: str | bytes) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SourceError, match=r"patterns\.toml"):
        PagePatterns.load(path)


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot read"):
        PagePatterns.load(tmp_path / "none.toml")
