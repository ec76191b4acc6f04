"""JSON Lines: one record a line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from models.errors import RecordError, SourceError
from training.sources.columns import checked, renamed
from training.sources.letters import told
from training.sources.opening import said
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord

MAX_LINE = 16 * 1024 * 1024  # bytes; an article of this length is a mistake, and a line is held in memory


def read_jsonl(file: io.BufferedReader, source: str, options: SourceOptions) -> Iterator[SourceRecord]:
    """The records of a file in UTF-8, in UTF-16 with its mark, or in an encoding that is said.

    A line that is no JSON object comes as a :class:`RecordError`.

    Raises:
        SourceError: the file is damaged or cut short.
    """
    columns, line = checked(options.columns), 0
    text = told(file, source, options.encoding, newline="\n")
    try:
        for line, data in enumerate(_lines(_reader(file, text)), 1):
            if data.strip():
                value = _parse(data, first=line == 1)
                yield SourceRecord(source, line, renamed(value, columns) if isinstance(value, dict) else value)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"cannot read {source} after line {line}: {said(error)}") from error


def _reader(file: io.BufferedReader, text: io.TextIOWrapper | None) -> Callable[[int], bytes]:
    """What reads a line of about so many bytes, in UTF-8."""
    return file.readline if text is None else lambda most: text.readline(most).encode()


def _lines(readline: Callable[[int], bytes]) -> Iterator[bytes]:
    """Lines of at most ``MAX_LINE`` bytes, and some more of a longer one; its rest is passed over."""
    while data := readline(MAX_LINE + 1):
        rest = data
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = readline(MAX_LINE + 1)
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
    if isinstance(value, list):
        return RecordError("not_an_object", "the line is a list: each record stands on a line of its own (jq -c '.[]')")
    if not isinstance(value, dict):
        return RecordError("not_an_object", "the line is JSON, but not an object")
    return value
