"""Parquet: the columns that are wanted, a few rows at a time."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from models.article import from_microseconds
from models.errors import RecordError, SourceError
from training.sources.cells import TIMES, record_of
from training.sources.columns import checked, places
from training.sources.extras import required
from training.sources.opening import said
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord

AT_ONCE = 500  # rows that are held in memory
_BUFFER = 1024 * 1024  # bytes of each column that are read ahead


def read_parquet(file: io.BufferedReader, source: str, options: SourceOptions) -> Iterator[SourceRecord]:
    """The records of a file; times without a zone are UTC, and a value that is no text or time is a RecordError.

    A file that cannot be sought in is copied to a temporary one first.

    Raises:
        SourceError: the file is damaged, or its columns do not tell what they hold.
    """
    columns = checked(options.columns)
    arrow, parquet = required("pyarrow", "files"), required("pyarrow.parquet", "files")
    line = 0
    try:
        with _seekable(file) as sought:
            table = parquet.ParquetFile(sought, buffer_size=_BUFFER, pre_buffer=False, page_checksum_verification=True)
            names = list(table.schema_arrow.names)
            at = places(names, columns, source)
            wanted = list(dict.fromkeys(names[place] for place in at.values()))
            for batch in table.iter_batches(AT_ONCE, columns=wanted, use_threads=False):
                cells = {name: _values(batch.column(name), arrow) for name in wanted}
                for row in range(batch.num_rows):
                    line += 1
                    yield SourceRecord(source, line, _record({key: cells[names[at[key]]][row] for key in at}))
    except (OSError, ValueError, arrow.ArrowException) as error:
        raise SourceError(f"cannot read {source} after row {line}: {said(error)}") from error


def _record(cells: dict[str, Any]) -> dict[str, Any] | RecordError:
    for key, cell in cells.items():
        if isinstance(cell, Exception):
            return RecordError("bad_time" if key in TIMES else "bad_type", f"{key} cannot be read: {said(cell)}")
    return record_of(cells.items())


def _values(column: Any, arrow: Any) -> list[Any]:
    """What a column holds; in place of a value that Python has not, the error that says so."""
    if arrow.types.is_timestamp(column.type):  # read as a number: zones and nanoseconds do not matter then
        moments = column.cast(arrow.timestamp("us", column.type.tz), safe=False).cast(arrow.int64())
        return [_tried(from_microseconds, moment) if moment is not None else None for moment in moments.to_pylist()]
    try:
        return cast("list[Any]", column.to_pylist())
    except (ValueError, OverflowError, arrow.ArrowException):
        return [_tried(lambda value: value.as_py(), value) for value in column]


def _tried(read: Any, value: Any) -> Any:
    try:
        return read(value)
    except (ValueError, OverflowError) as error:
        return error


@contextmanager
def _seekable(file: io.BufferedReader) -> Iterator[BinaryIO]:
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile(prefix="silah-") as copy:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        yield cast("BinaryIO", copy)
