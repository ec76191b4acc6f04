"""Where articles come from: every source is a lazy stream of :class:`SourceRecord`."""

from __future__ import annotations

from collections.abc import Iterator

from models.errors import SourceError
from training.sources.jsonl import SUFFIXES, read_jsonl
from training.sources.opening import FileAt, files_at
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord

__all__ = ["SourceRecord", "open_source"]


def open_source(location: str) -> Iterator[SourceRecord]:
    """The records of a location, read as they are asked for.

    Raises:
        SourceError: at once when the location is not there or not of a known kind,
            later when it turns out to be damaged.
    """
    files = files_at(location)
    for file in files:
        if not file.name.endswith(SUFFIXES):
            raise SourceError(f"cannot read {file.name}: the name must end in one of {', '.join(SUFFIXES)}")
    return _records(files, SourceOptions())


def _records(files: tuple[FileAt, ...], options: SourceOptions) -> Iterator[SourceRecord]:
    for file in files:
        with file.opened() as opened:
            yield from read_jsonl(opened, file.name, options)
