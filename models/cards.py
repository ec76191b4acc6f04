"""Cards: the articles of a model as JSON lines, read one at a time from a file, whole or what lists show."""

from __future__ import annotations

import json
import mmap
import os
import tempfile
import weakref
from array import array
from dataclasses import dataclass, field
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


class CardLog:
    """Records that came one after the other, in a file without a name: they take no memory, and go with the process."""

    def __init__(self, before: CardLog | None = None, known: int = 0) -> None:
        """A log that goes on after the first ``known`` of another one."""
        self._before = before
        self._known = known
        self._file, path = tempfile.mkstemp(prefix="silah-")
        os.unlink(path)  # noqa: PTH108  # what mkstemp gave
        weakref.finalize(self, os.close, self._file)
        self._ends = array("q", [0])

    def __len__(self) -> int:
        return self._known + len(self._ends) - 1

    def branch(self, count: int) -> CardLog:
        """The first ``count`` records, to which what is added is not added here."""
        return CardLog(self, count)

    def cut(self, count: int) -> None:
        """Forget all but the first ``count``."""
        del self._ends[count - self._known + 1 :]

    def append(self, article: Article) -> None:
        """Add an article; for one thread at a time, while others may read what is there."""
        line = json.dumps(article.to_record(), ensure_ascii=False).encode()
        os.pwrite(self._file, line, self._ends[-1])
        self._ends.append(self._ends[-1] + len(line))

    def record(self, place: int) -> dict[str, Any]:
        """The record at a place, counted from 0."""
        if self._before is not None and place < self._known:
            return self._before.record(place)
        first, last = self._ends[place - self._known : place - self._known + 2]
        record: dict[str, Any] = _decode(os.pread(self._file, last - first, first).decode())[0]
        return record


@dataclass(frozen=True)
class LiveCards(CardFile):
    """The cards of a version, and behind them those of articles that came since."""

    log: CardLog = field(default_factory=CardLog)

    def _record(self, row: int) -> dict[str, Any]:
        trained = len(self.spans)
        return super()._record(row) if row < trained else self.log.record(row - trained)
