"""Records become Articles or deletions; what does not is rejected with its line and reason, and counted."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from models.article import Article, deleted_id
from models.errors import RecordError
from training.sources import SourceRecord
from training.sources.columns import KEYS


@dataclass(frozen=True, slots=True)
class Deletion:
    """What earlier records said of an id is no more."""

    id: str


class Rejects(Protocol):
    """Takes a line of JSON for each record that is no article; a text file is one."""

    def write(self, line: str, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that is no article: where it stood and why."""

    source: str
    line: int
    reason: str
    message: str


@dataclass(slots=True)
class ReadCounts:
    """What was seen while reading; grows as the stream is consumed.

    Attributes:
        place: source and line of the record that came last.
    """

    records: int = 0
    place: tuple[str, int] = ("", 0)
    rejected: Counter[str] = field(default_factory=Counter)
    unknown_keys: Counter[str] = field(default_factory=Counter)


def read_articles(
    records: Iterable[SourceRecord], counts: ReadCounts, rejects: Rejects
) -> Iterator[Article | Deletion]:
    """Articles and deletions of a stream of records; each rejection becomes a JSON line in ``rejects``."""
    for record in records:
        counts.records += 1
        counts.place = record.source, record.line
        try:
            if isinstance(record.value, RecordError):
                raise record.value
            deleted = deleted_id(record.value)
            read = Article.from_record(record.value) if deleted is None else Deletion(deleted)
        except RecordError as error:
            reject(error, counts, rejects)
            continue
        counts.unknown_keys.update(_printable(key) for key in sorted(record.value.keys() - KEYS))
        yield read


def reject(error: RecordError, counts: ReadCounts, rejects: Rejects) -> None:
    """Count the record that came last as none, and write down why."""
    counts.rejected[error.reason] += 1
    rejection = Rejection(*counts.place, error.reason, str(error))
    rejects.write(json.dumps(_members(rejection), ensure_ascii=False) + "\n")


def accepted(records: Iterable[SourceRecord]) -> Iterator[Article]:
    """Articles of a stream of records; what is none is passed over."""
    read = read_articles(records, ReadCounts(), io.StringIO())
    return (one for one in read if isinstance(one, Article))


def _members(rejection: Rejection) -> dict[str, object]:
    return {
        "source": _printable(rejection.source),
        "line": rejection.line,
        "reason": rejection.reason,
        "message": _printable(rejection.message),
    }


def _printable(text: str) -> str:
    """The text without lone surrogates, which no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode()
