"""Articles as a site tells of them: an export of WordPress, feeds, pages and the texts of pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any

Blocks = Iterable[list[dict[str, Any]]]

ENTRIES = 50  # of one feed
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>صحيفة</title><link>https://site.example/</link>
<language>ar</language>"""
TAIL = "</channel></rss>"
PAGE = """<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{title} | صحيفة</title>
<link rel="canonical" href="https://site.example/{id}/"><meta property="og:title" content="{title}">
<meta property="og:type" content="article"><meta property="article:section" content="{section}"></head>
<body><nav><a href="/">الرئيسية</a> » <a href="/s/">{section}</a></nav><article><h1>{title}</h1>{body}</article>
<aside><h2>أخبار ذات صلة</h2><ul>{box}</ul></aside><footer>جميع الحقوق محفوظة</footer></body></html>"""
BOX = (
    "المجلس البلدي يناقش ميزانية العام المقبل في جلسة مفتوحة…",
    "فريق الميناء يستعد لمباراة النهائي بغياب ثلاثة لاعبين…",
)


def export(blocks: Blocks, folder: Path) -> str:
    """One file of all."""
    path = folder / "export.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{HEAD}<wp:wxr_version>1.2</wp:wxr_version>")
        for number, record in enumerate(_each(blocks), 1):
            more = f"<wp:post_id>{number}</wp:post_id><wp:status>publish</wp:status><wp:post_type>post</wp:post_type>"
            file.write(f"<item>{_item(record)}{more}</item>")
        file.write(TAIL)
    return str(path)


def feeds(blocks: Blocks, folder: Path) -> str:
    """A file for each so many: no feed has all articles of a site."""
    records = _each(blocks)
    for number, first in enumerate(records):
        with (folder / f"{number}.rss").open("w", encoding="utf-8") as file:
            file.write(HEAD)
            for record in _with(first, records):
                file.write(f"<item>{_item(record)}</item>")
            file.write(TAIL)
    return f"{folder}/*.rss"


def pages(blocks: Blocks, folder: Path) -> str:
    """A file for each."""
    box = "".join(f"<li>{title}</li>" for title in BOX)
    for number, record in enumerate(_each(blocks)):
        said = {key: escape(str(record.get(key) or "")) for key in ("id", "title", "section")}
        page = PAGE.format(**said, body=_html(record), box=box)
        (folder / f"{number}.html").write_text(page, encoding="utf-8")
    return f"{folder}/*.html"


def texts(blocks: Blocks, folder: Path) -> str:
    """The same as text."""
    for number, record in enumerate(_each(blocks)):
        lines = [
            f"الرئيسية » {record.get('section') or 'أخبار'}",
            record["title"],
            record["body"],
            "أخبار ذات صلة",
            *BOX,
        ]
        (folder / f"{number}.txt").write_text("\n\n".join(lines), encoding="utf-8")
    return f"{folder}/*.txt"


def _each(blocks: Blocks) -> Iterator[dict[str, Any]]:
    return (record for block in blocks for record in block)


def _with(first: dict[str, Any], records: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """So many as a feed has, without one more."""
    yield first
    yield from (record for _, record in zip(range(ENTRIES - 1), records, strict=False))


def _item(record: dict[str, Any]) -> str:
    return (
        f"<title>{escape(record['title'])}</title><link>https://site.example/{escape(record['id'])}/</link>"
        f"<category>{escape(record.get('section') or 'أخبار')}</category>"
        f"<content:encoded><![CDATA[{_html(record)}]]></content:encoded>"
    )


def _html(record: dict[str, Any]) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in record["body"].split("\n\n"))
