"""Where articles come from: every source is a lazy stream of :class:`SourceRecord`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.errors import SourceError
from training.sources.jsonl import SUFFIXES, read_jsonl
from training.sources.record import SourceRecord

__all__ = ["SourceRecord", "open_source"]


def open_source(location: str) -> Iterator[SourceRecord]:
    """The records of a location, read as they are asked for.

    Raises:
        SourceError: at once when the location is not there or not of a known kind,
            later when it turns out to be damaged.
    """
    path = Path(location)
    try:
        path.stat()
    except FileNotFoundError:
        raise SourceError(f"cannot read {location}: no such file") from None
    except OSError as error:
        raise SourceError(f"cannot read {location}: {error.strerror}") from error
    if not path.is_file():
        raise SourceError(f"cannot read {location}: not a file")
    if not path.name.endswith(SUFFIXES):
        raise SourceError(f"cannot read {location}: the name must end in one of {', '.join(SUFFIXES)}")
    return read_jsonl(path)
