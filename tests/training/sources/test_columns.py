"""Columns and members under the keys of a record."""

from __future__ import annotations

from typing import Any

import pytest

from training.sources.columns import places, renamed


@pytest.mark.parametrize(
    ("record", "columns", "found"),
    [
        ({"id": 1, "x": 2}, {}, {"id": 1, "x": 2}),
        ({"ID": 1, "title": "a", "x": 2}, {"id": "ID"}, {"id": 1, "title": "a", "x": 2}),
        ({"url": "a", "title": "b"}, {"id": "url"}, {"id": "a", "url": "a", "title": "b"}),
        ({"title": "a", "section": "b"}, {"title": "section", "section": "title"}, {"title": "b", "section": "a"}),
        ({"title": "a"}, {"title": "headline"}, {}),
        ({"headline": None, "title": "a"}, {"title": "headline"}, {"title": None}),
    ],
)
def test_members_are_renamed(record: dict[str, Any], columns: dict[str, str], found: dict[str, Any]) -> None:
    assert renamed(record, columns) == found


@pytest.mark.parametrize(
    ("names", "columns", "found"),
    [
        (["title", "x", "id"], {}, {"id": 2, "title": 0}),
        (["ID", "id", "TITLE"], {}, {"id": 1, "title": 2}),
        (["url", "title"], {"id": "url"}, {"id": 0, "title": 1, "url": 0}),
        (["title", "Headline", "id"], {"title": "headline "}, {"id": 2, "title": 1}),
        (["id", "deleted"], {}, {"id": 0, "deleted": 1}),
    ],
)
def test_columns_are_found(names: list[str], columns: dict[str, str], found: dict[str, int]) -> None:
    assert places(names, columns, "here") == found
