"""Cards: the articles of a model as JSON lines, read one at a time from a mapped file."""

from __future__ import annotations

import json
import mmap
from dataclasses import dataclass
from pathlib import Path

from models.article import Article
from models.tfidf import Int64Array


@dataclass(frozen=True)
class CardFile:
    """A file of records and where each row's record stands in it.

    Attributes:
        data: the bytes of ``articles.jsonl``, mapped.
        spans: int64 (n, 2), first byte and one past the last byte of each row's record.
    """

    data: bytes | mmap.mmap
    spans: Int64Array

    @classmethod
    def open(cls, path: Path, spans: Int64Array) -> CardFile:
        """Map a file; an empty one holds no card."""
        with path.open("rb") as file:
            size = path.stat().st_size
            return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b"", spans)

    def article(self, row: int) -> Article:
        """The article of a row."""
        first, last = self.spans[row]
        return Article.from_record(json.loads(self.data[first:last]))
