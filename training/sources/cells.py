"""Cells: what the columns of a table hold, as a record says it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isnan
from typing import Any
from uuid import UUID

from models.article import format_time
from models.errors import RecordError
from training.sources.charset import ARABIC

TIMES = frozenset({"published_at", "expires_at"})

_LISTS = {"tags": ("|", ";", "،", ","), "links": ("|", "\n")}
_DAMAGED_ID = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d+")
_NO_TIME = re.compile(r"0000-00-00(?:[T ]00:00:00(?:\.0+)?)?")  # MySQL's way of saying so
_YES, _NO = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
_EXACT = 2**53  # from here on a float skips whole numbers
_DIGITS = 128


def record_of(cells: Iterable[tuple[str, object]]) -> dict[str, Any] | RecordError:
    """The record of a row; empty cells have no key in it.

    Text whose bytes are not UTF-8 comes with these as lone surrogates (``surrogateescape``). Where they are more
    than the letters that are UTF-8, the cell is read as Windows-1256; else the record is refused.
    """
    record: dict[str, Any] = {}
    try:
        for key, cell in cells:
            value = _value(key, cell)
            if value not in (None, "", []):
                record[key] = value
    except RecordError as error:
        return error
    return record


def _value(key: str, cell: object) -> object:
    if isinstance(cell, bytes | bytearray | memoryview):
        cell = bytes(cell).decode(errors="surrogateescape")
    if isinstance(cell, str):
        cell = readable(key, cell)
        if not cell or cell.isspace():
            return None
    if cell is None or _is_nan(cell):  # so pandas writes what is missing
        return None
    if key in _LISTS:
        return _list(key, cell)
    if key == "deleted":
        return _truth(cell)
    text = _text(key, cell)
    if key == "id" and _DAMAGED_ID.fullmatch(text):
        raise RecordError("bad_id", f"the id is {text[:40]}: a spreadsheet has rounded it")
    return None if key in TIMES and _NO_TIME.fullmatch(text) else text


def _is_nan(cell: object) -> bool:
    return cell.is_nan() if isinstance(cell, Decimal) else isinstance(cell, float) and isnan(cell)


def readable(what: str, text: str) -> str:
    """Text that was decoded with ``surrogateescape``, without lone surrogates.

    Raises:
        RecordError: ``bad_encoding``, where it is UTF-8 for the most part.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        with suppress(UnicodeEncodeError):
            data = text.encode(errors="surrogateescape")
            strange = sum("\udc80" <= letter <= "\udcff" for letter in text)
            if 2 * strange > sum(letter > "\x7f" for letter in text):
                return data.decode(ARABIC)
        raise RecordError("bad_encoding", f"{what} is not UTF-8") from None
    return text


def _text(key: str, cell: object) -> str:
    text: str | None = None
    match cell:
        case str():
            text = cell
        case bool():
            pass
        case int() | UUID():
            text = str(cell)
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            text = str(int(cell))
        case Decimal() if cell.is_finite() and cell.adjusted() < _DIGITS and cell == cell.to_integral_value():
            text = str(int(cell))
        case Decimal() | float() if key != "id":
            text = str(cell)
        case datetime():
            text = _moment(cell)
        case date():
            text = cell.isoformat()
        case _:
            pass
    if text is None:
        reason = "bad_id" if key == "id" else "bad_type"
        raise RecordError(reason, f"{key} is a {type(cell).__name__}: {str(cell)[:40]!r}")
    return text


def _moment(moment: datetime) -> str | None:
    with suppress(OverflowError):  # a zone may carry it out of the years that there are
        return format_time(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return None


def _list(key: str, cell: object) -> list[str]:
    if isinstance(cell, str):
        cell = _parted(key, cell)
    if not isinstance(cell, list | tuple):
        raise RecordError("bad_type", f"{key} is no list: {str(cell)[:40]!r}")
    return [_text(key, readable(key, one) if isinstance(one, str) else one) for one in cell if one is not None]


def _parted(key: str, text: str) -> list[Any]:
    """A list of JSON, or what stands between the first of its separators that the text has."""
    if text.lstrip().startswith("["):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list):
            return value
    separator = next((one for one in _LISTS[key] if one in text), "|")
    return [part.strip() for part in text.split(separator) if part.strip()]


def _truth(cell: object) -> bool:
    said = str(cell).strip().lower()
    if said not in _YES | _NO:
        raise RecordError("bad_type", f"deleted is neither true nor false: {said[:40]!r}")
    return said in _YES
