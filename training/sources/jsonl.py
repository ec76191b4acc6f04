"""JSON Lines, plain or gzipped: one record a line."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from models.errors import RecordError, SourceError
from training.sources.record import SourceRecord

SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
MAX_LINE = 16 * 1024 * 1024  # bytes; an article of this length is a mistake, and a line is held in memory


def read_jsonl(path: Path) -> Iterator[SourceRecord]:
    """The records of a file; a line that is no JSON object comes as a :class:`RecordError`.

    Raises:
        SourceError: when the file cannot be opened, or is damaged or cut short on the way.
    """
    line = 0
    try:
        with path.open("rb") as raw:
            packed = raw.peek(2)[:2] == b"\x1f\x8b"
            with gzip.open(raw, "rb") if packed else raw as file:
                for line, data in enumerate(_lines(file), 1):
                    if data.strip():
                        yield SourceRecord(str(path), line, _parse(data, first=line == 1))
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"cannot read {path} after line {line}: {error}") from error


def _lines(file: io.BufferedIOBase) -> Iterator[bytes]:
    """Lines of at most ``MAX_LINE`` bytes, and one byte more of a longer one; its rest is passed over."""
    while data := file.readline(MAX_LINE + 1):
        rest = data
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = file.readline(MAX_LINE + 1)
        yield data


def _parse(data: bytes, first: bool) -> dict[str, Any] | RecordError:
    if len(data) > MAX_LINE:
        return RecordError("too_long", f"the line has more than {MAX_LINE} bytes")
    try:
        value = json.loads(data.decode("utf-8-sig" if first else "utf-8"))
    except UnicodeDecodeError as error:
        return RecordError("not_utf8", f"the line is not UTF-8: {error.reason} at byte {error.start}")
    except (ValueError, RecursionError) as error:
        return RecordError("not_json", f"the line is not JSON: {error}")
    if not isinstance(value, dict):
        return RecordError("not_an_object", "the line is JSON, but not an object")
    return value
