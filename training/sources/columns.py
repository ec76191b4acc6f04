"""Columns: which of them holds which key of a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.article import FIELDS
from models.errors import SourceError

KEYS = frozenset((*FIELDS, "deleted"))


def checked(columns: Mapping[str, str]) -> Mapping[str, str]:
    """The mapping as it is.

    Raises:
        SourceError: it names a key that no record has.
    """
    unknown = sorted(columns.keys() - KEYS)
    if unknown:
        raise SourceError(f"no record has the key {', '.join(unknown)}; there are {', '.join((*FIELDS, 'deleted'))}")
    return columns


def renamed(record: dict[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """A record with its members under their keys; what stood under such a key itself is not meant."""
    if not columns:
        return record
    left = columns.keys() | (set(columns.values()) - KEYS)
    named = {key: record[column] for key, column in columns.items() if column in record}
    return {key: value for key, value in record.items() if key not in left} | named


def places(names: Sequence[str], columns: Mapping[str, str], source: str) -> dict[str, int]:
    """Of each key the place of the column that holds it.

    A column is found by the name that the mapping gives, else by that of the key itself; where none is written so,
    upper and lower case and blanks around do not count.

    Raises:
        SourceError: a column that is named is not there, two could be meant, or there is no ``id`` or no ``title``.
    """
    there = ", ".join(names)
    found: dict[str, int] = {}
    for key in sorted(KEYS):
        name = columns.get(key, key)
        at = [place for place, one in enumerate(names) if one == name]
        at = at or [place for place, one in enumerate(names) if _plain(one) == _plain(name)]
        if len(at) > 1:
            raise SourceError(f"cannot read {source}: {len(at)} columns are called {name}")
        if not at and key in columns:
            raise SourceError(f"cannot read {source}: no column is called {name}; there are {there}")
        if at:
            found[key] = at[0]
    for key, other in (("id", "id"), ("title", "deleted")):
        if key not in found and other not in found:
            message = (
                f"no column is called {key}; there are {there}. Name the one that holds it: --columns {key}=COLUMN"
            )
            raise SourceError(f"cannot read {source}: {message}")
    return found


def _plain(name: str) -> str:
    return name.strip().casefold()
