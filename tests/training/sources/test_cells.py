"""Cells of every type that a driver may give become what a record says, or are named."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import RecordError
from training.sources.cells import record_of


def said(key: str, cell: object) -> Any:
    found = record_of([(key, cell)])
    return found.reason if isinstance(found, RecordError) else found.get(key)


@pytest.mark.parametrize(
    ("key", "cell", "found"),
    [
        ("id", UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ("id", Decimal("1E+2"), "100"),
        ("id", Decimal("1E+1000000"), "bad_id"),
        ("id", Decimal("sNaN"), None),
        ("id", datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01T00:00:00Z"),
        ("id", memoryview("أ".encode()), "أ"),
        ("section", Decimal("NaN"), None),
        ("section", Decimal("Infinity"), "Infinity"),
        ("published_at", datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), "bad_type"),
        ("published_at", datetime(2026, 1, 1, 3, tzinfo=timezone(timedelta(hours=3))), "2026-01-01T00:00:00Z"),
        ("published_at", date(2026, 1, 1), "2026-01-01"),
        ("tags", ("a", b"b"), "bad_type"),
        ("tags", {"a": 1}, "bad_type"),
        ("deleted", 1, True),
    ],
)
def test_cells_become_what_a_record_says(key: str, cell: object, found: object) -> None:
    assert said(key, cell) == found


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.datetimes() | st.dates() | st.times()
    | st.binary(max_size=9) | st.text(st.characters(), max_size=9) | st.uuids() | st.timedeltas(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=2),
    max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(["id", "title", "published_at", "tags", "links", "deleted"]), ANYTHING)
def test_no_cell_makes_it_fail(key: str, cell: object) -> None:
    found = record_of([(key, cell)])
    if isinstance(found, dict):
        kinds = {"tags": list, "links": list, "deleted": bool}
        assert all(isinstance(value, kinds.get(key, str)) for value in found.values())
