"""Sources read as a person would: a location, options, and the records that come."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from models.errors import RecordError
from training.sources.opening import files_at
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord

Reader = Callable[[io.BufferedReader, str, SourceOptions], Iterator[SourceRecord]]


def records(reader: Reader, location: Path | str, options: SourceOptions | None = None) -> Iterator[SourceRecord]:
    """The records of all files of a location."""
    for file in files_at(str(location)):
        with file.opened() as opened:
            yield from reader(opened, file.name, options or SourceOptions())


def values(reader: Reader, location: Path | str, options: SourceOptions | None = None) -> list[Any]:
    """What is in them: objects, and the reason in place of what is no record."""
    read = (record.value for record in records(reader, location, options))
    return [value.reason if isinstance(value, RecordError) else value for value in read]
