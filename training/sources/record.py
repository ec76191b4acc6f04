"""A record as a source gives it: an object, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.errors import RecordError


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record, with where it was met.

    Attributes:
        source: the location, without passwords.
        line: where it stands in its source, from 1: a line of a text, a row of a table, an entry of a feed.
    """

    source: str
    line: int
    value: dict[str, Any] | RecordError
