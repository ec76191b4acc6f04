"""Cards: the articles of a model as JSON lines, read one at a time from a mapped file, whole or what lists show."""

from __future__ import annotations

import json
import mmap
from dataclasses import dataclass
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any

from models.article import Article
from models.tfidf import Int64Array

_decode = json.JSONDecoder().raw_decode  # without json.loads' search for encoding and white space


def map_file(path: Path) -> bytes | mmap.mmap:
    """The bytes of a file, mapped: they stay readable when it is removed."""
    with path.open("rb") as file:
        size = path.stat().st_size
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


@dataclass(frozen=True, slots=True)
class Card:
    """What a list shows of an article; the time is RFC 3339 in UTC."""

    id: str
    title: str
    url: str | None
    section: str | None
    published_at: str | None
    image_url: str | None
    source: str | None


@dataclass(frozen=True)
class CardFile:
    """A file of records and where each row's record stands in it.

    Attributes:
        data: the bytes of ``articles.jsonl``, mapped: records as :meth:`Article.to_record` gives them.
        spans: int64 (n, 2), first byte and one past the last byte of each row's record.
    """

    data: bytes | mmap.mmap
    spans: Int64Array

    @classmethod
    def open(cls, path: Path, spans: Int64Array) -> CardFile:
        """Map a file; an empty one holds no card."""
        return cls(map_file(path), spans)

    def article(self, row: int) -> Article:
        """The article of a row."""
        return Article.from_record(self._record(row))

    def card(self, row: int) -> Card:
        """The card of a row; the record was checked when it was written, and is not checked again."""
        record = self._record(row)
        member = record.get
        return Card(
            record["id"],
            record["title"],
            member("url"),
            member("section"),
            member("published_at"),
            member("image_url"),
            member("source"),
        )

    def is_of(self, row: int, article_id: str) -> bool:
        """Whether a row is the article of an id; seen from its first bytes where the id stands first."""
        first = int(self.spans[row, 0])
        begin = f'{{"id": {encode_basestring(article_id)}'.encode("utf-8", "surrogatepass")
        return self.data[first : first + len(begin)] == begin or self._record(row)["id"] == article_id

    def _record(self, row: int) -> dict[str, Any]:
        first, last = self.spans[row].tolist()
        record: dict[str, Any] = _decode(self.data[first:last].decode())[0]
        return record
