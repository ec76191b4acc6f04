"""CSV and its kin: a header, then one record a row, whatever stands between the cells and in whatever encoding."""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence

from models.errors import RecordError, SourceError
from training.sources.cells import readable, record_of
from training.sources.columns import KEYS, checked, places
from training.sources.letters import told
from training.sources.opening import said
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord

MAX_RECORD = 16 * 1024 * 1024  # letters; a row is held in memory
DELIMITERS = (",", ";", "\t", "|", "،")

_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)  # Excel's own first line
_KEPT_ZEROS = re.compile(r"=\"(.*)\"|'(\d+)")  # how people keep a spreadsheet from rounding an id
_RECOVERIES = 8  # rows without an end whose lines are read a second time


def read_delimited(file: io.BufferedReader, source: str, options: SourceOptions) -> Iterator[SourceRecord]:
    """The records of a file in UTF-8, with or without its mark, in UTF-16 with its mark, or in Windows-1256.

    Cells that are not UTF-8 are read as Windows-1256, each for itself. The delimiter is the one by which the header
    has the most keys. Lines are counted as they stand in the file.

    Raises:
        SourceError: the file is damaged or cut short, or its header does not tell the columns apart.
    """
    text = told(file, source, options.encoding, newline="")
    lines = _Lines(text or io.TextIOWrapper(file, "utf-8-sig", "surrogateescape", newline=""))
    try:
        yield from _records(lines, source, options)
    except _TooLong:
        raise SourceError(f"cannot read {source}: the header has more than {MAX_RECORD} letters") from None
    except (OSError, UnicodeError, csv.Error) as error:
        raise SourceError(f"cannot read {source} after line {lines.number}: {said(error)}") from error


def _records(lines: _Lines, source: str, options: SourceOptions) -> Iterator[SourceRecord]:
    columns = checked(options.columns)
    first = lines.first()
    delimiter = options.delimiter
    if marked := _SEPARATOR.fullmatch(first):
        delimiter = delimiter or marked[1]
        first = lines.first()
    if not first:
        return
    lines.back([first])
    try:
        head = readable("the header", first)
        delimiter = delimiter or _delimiter(head, {columns.get(key, key).strip().casefold() for key in KEYS})
        if len(delimiter) != 1 or delimiter in '"\r\n ':
            raise SourceError(f"cannot read {source}: {delimiter!r} cannot stand between cells")
        csv.field_size_limit(MAX_RECORD)
        rows = csv.reader(lines, delimiter=delimiter)
        names = [readable("the header", name).strip() for name in lines.header(rows)]
    except RecordError as error:
        raise SourceError(f"cannot read {source}: {error}") from error
    at = places(names, columns, source)
    others = {name: place for place, name in enumerate(names) if name not in {"", *KEYS} and place not in at.values()}
    while (row := lines.row(rows)) is not None:
        if isinstance(row, RecordError):
            yield SourceRecord(source, lines.began, row)
        elif any(row):
            yield SourceRecord(source, lines.began, _record(row, len(names), at, others))


def _record(
    row: Sequence[str], width: int, at: dict[str, int], others: dict[str, int]
) -> dict[str, object] | RecordError:
    if len(row) < width or any(row[width:]):
        return RecordError("bad_row", f"the row has {len(row)} cells, the header {width}")
    record = record_of((key, _id(row[place]) if key == "id" else row[place]) for key, place in at.items())
    if isinstance(record, dict):
        record |= {name: row[place] for name, place in others.items() if row[place]}
    return record


def _id(cell: str) -> str:
    kept = _KEPT_ZEROS.fullmatch(cell)
    return kept[1] or kept[2] or "" if kept else cell


def _delimiter(header: str, keys: set[str]) -> str:
    """The one by which the header has the most keys, then the most cells."""

    def found(delimiter: str) -> tuple[int, int]:
        names = next(csv.reader([header], delimiter=delimiter), [])
        return len(keys & {name.strip().casefold() for name in names}), len(names)

    return max(DELIMITERS, key=found)


class _TooLong(Exception):
    """A row, or a line, has more letters than one may have."""


class _Lines:
    """Lines of a text for a reader of rows: counted, of bounded length, and put back where a row has no end."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.number = 0  # of the line given last
        self.began = 0  # the line in which the present row begins
        self._text = text
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._size = 0
        self._ended = False
        self._recoveries = _RECOVERIES

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        again = bool(self._again)
        line = self._again.popleft() if again else self._text.readline(MAX_RECORD + 1)
        if not line:
            self._ended = True
            raise StopIteration
        self.number += 1
        self._row.append(line)
        self._size += len(line)
        if self._size > MAX_RECORD:
            rest = "" if again else line
            while len(rest) > MAX_RECORD and not rest.endswith(("\n", "\r")):
                rest = self._text.readline(MAX_RECORD + 1)
            raise _TooLong
        return line

    def first(self) -> str:
        """The next line that is not blank; nothing at the end."""
        while (line := next(self, "")) and not line.strip():
            pass
        return line

    def back(self, lines: Sequence[str]) -> None:
        """Give these lines once more."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)

    def header(self, rows: Iterator[list[str]]) -> list[str]:
        """The first row.

        Raises:
            RecordError: it is none.
        """
        row = self.row(rows)
        if isinstance(row, RecordError):
            raise RecordError(row.reason, f"in the header, {row}")
        return row or []

    def row(self, rows: Iterator[list[str]]) -> list[str] | RecordError | None:
        """The next row that is not blank, or what is wrong with it; None at the end.

        A quote that is never closed costs one line: those after it are read again.
        """
        while True:
            self._row, self._size, self._ended, self.began = [], 0, False, self.number + 1
            try:
                row = next(rows)
            except StopIteration:
                return None
            except _TooLong:
                return self._refused("too_long", f"the row has more than {MAX_RECORD} letters")
            if self._ended:
                return self._refused("unclosed_quote", "the row has a quote that is never closed")
            if row:
                return row

    def _refused(self, reason: str, message: str) -> RecordError:
        if len(self._row) > 1 and self._recoveries:
            self._recoveries -= 1
            self.back(self._row[1:])
        return RecordError(reason, message)
