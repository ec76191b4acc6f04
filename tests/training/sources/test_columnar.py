"""Parquet: the columns that are needed, a few rows at a time, whatever type they have."""

from __future__ import annotations

import datetime as dt
import gzip
import random
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.article import Article
from models.errors import SourceError
from tests.support import sources
from training.sources import columnar
from training.sources.columnar import read_parquet
from training.sources.options import SourceOptions

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC).replace(tzinfo=None)


def read(folder: Path, table: dict[str, Any], packed: bool = False, **options: Any) -> list[Any]:
    path = folder / "articles.parquet"
    pq.write_table(pa.table(table), path)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    return sources.values(read_parquet, path, SourceOptions(**options))


def of(folder: Path, key: str, column: pa.Array | list[Any]) -> list[Any]:
    rows = read(folder, {"id": [str(at) for at in range(len(column))], "title": ["خبر"] * len(column), key: column})
    return [row if isinstance(row, str) else row.get(key) for row in rows]


@pytest.mark.parametrize("packed", [False, True])
def test_rows_become_records(tmp_path: Path, packed: bool) -> None:
    table = {
        "ID": pa.array([1, 2, None], pa.int64()),
        "العنوان": pa.array(["أول", "ثان", "ثالث"]).dictionary_encode(),
        "tags": [["سياسة", "نهر"], [], None],
        "body": pa.array([None, "", "نص"], pa.large_string()),
        "else": [{"a": 1}] * 3,
    }
    assert read(tmp_path, table, packed, columns={"title": "العنوان"}) == [
        {"id": "1", "title": "أول", "tags": ["سياسة", "نهر"]},
        {"id": "2", "title": "ثان"},
        {"title": "ثالث", "body": "نص"},
    ]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([NOON], pa.timestamp("us")),
        pa.array([NOON], pa.timestamp("s")),
        pa.array([1795435200 * 10**9 + 1], pa.timestamp("ns")),
        pa.array([NOON], pa.timestamp("ms", "Asia/Riyadh")),
        pa.array([NOON], pa.timestamp("us", "Nowhere/At_All")),
        pa.array([NOON], pa.timestamp("us", "+03:00")),
        pa.array(["2026-11-23 12:00:00"]),
        pa.array([b"2026-11-23T15:00:00+03:00"]),
    ],
)
def test_times_of_all_kinds_are_one_time(tmp_path: Path, column: pa.Array) -> None:
    (record,) = read(tmp_path, {"id": ["1"], "title": ["خبر"], "published_at": column})
    assert Article.from_record(record).published_at == NOON.replace(tzinfo=dt.UTC)


def test_dates_and_times_that_python_has_not(tmp_path: Path) -> None:
    assert of(tmp_path, "published_at", pa.array([NOON.date(), None])) == ["2026-11-23", None]
    assert of(tmp_path, "published_at", pa.array([2**62, 0], pa.timestamp("us"))) == [
        "bad_time",
        "1970-01-01T00:00:00Z",
    ]
    assert of(tmp_path, "published_at", pa.array([2**31 - 1, 0], pa.date32())) == ["bad_time", "1970-01-01"]


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ([7, None], ["7", None]),
        ([7.0, float("nan")], ["7", None]),
        ([0.5], ["bad_id"]),
        ([1e300], ["bad_id"]),
        ([Decimal("12.00")], ["12"]),
        ([Decimal("12.50")], ["bad_id"]),
        ([True], ["bad_id"]),
        ([["a"]], ["bad_id"]),
        ([b"a\xff"], ["aے"]),
    ],
)
def test_ids_of_all_types(tmp_path: Path, column: list[Any], found: list[Any]) -> None:
    rows = read(tmp_path, {"id": column, "title": ["خبر"] * len(column)})
    assert [row if isinstance(row, str) else row.get("id") for row in rows] == found


@pytest.mark.parametrize(
    ("key", "column", "found"),
    [
        ("tags", ["a|b", "[\"c\"]"], [["a", "b"], ["c"]]),
        ("tags", [[1, None, 2]], [["1", "2"]]),
        ("tags", pa.array([["a", "b"]], pa.list_(pa.dictionary(pa.int32(), pa.string()))), [["a", "b"]]),
        ("tags", [[{"a": 1}]], ["bad_type"]),
        ("tags", [7], ["bad_type"]),
        ("links", [["12", "عنوان"]], [["12", "عنوان"]]),
        ("section", [5, 6], ["5", "6"]),
        ("section", [0.5], ["0.5"]),
        ("section", [{"name": "a"}], ["bad_type"]),
        ("section", [dt.time(1, 2)], ["bad_type"]),
        ("body", ["نص".encode()], ["نص"]),
        ("body", [NOON], ["2026-11-23T12:00:00Z"]),
        ("deleted", [True, False, None], [True, False, None]),
    ],
)  # fmt: skip
def test_cells_of_all_types(tmp_path: Path, key: str, column: Any, found: list[Any]) -> None:
    assert of(tmp_path, key, column) == found


def test_text_that_is_not_utf_8_costs_its_row_alone(tmp_path: Path) -> None:
    broken = pa.array([b"good", b"\xff\xff"]).cast(pa.binary()).view(pa.string())
    assert of(tmp_path, "body", broken) == ["good", "bad_type"]


def test_rows_are_counted_over_batches_and_row_groups(tmp_path: Path) -> None:
    count = 3 * columnar.AT_ONCE + 7
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": range(count), "title": ["خبر"] * count}), path, row_group_size=700)
    found = list(sources.records(read_parquet, path))
    assert [record.line for record in found] == list(range(1, count + 1))
    assert [record.value["id"] for record in found if isinstance(record.value, dict)] == [str(n) for n in range(count)]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [({"a": ["b"]}, "no column is called id"), ({"id": ["b"], "a.title": ["b"]}, "no column is called title")],
)
def test_columns_that_do_not_tell_are_refused(tmp_path: Path, columns: dict[str, Any], problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        read(tmp_path, columns)


def test_damaged_files_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pick = random.Random(1)
    rows = 2000
    pq.write_table(
        pa.table({"id": range(rows), "title": [f"{pick.random()}" for _ in range(rows)]}),
        path,
        write_page_checksum=True,
    )
    whole = path.read_bytes()
    refused = 0
    for _ in range(60):
        data = bytearray(whole)
        at = pick.randrange(len(data))
        data[at : at + 8] = pick.randbytes(8)
        path.write_bytes(data)
        with suppress(SourceError):
            assert len(list(sources.records(read_parquet, path))) == rows
            continue
        refused += 1
    assert refused > 40  # what is left of the damage are numbers for readers that Silah is not
    for data in (b"", b"PAR1", whole[:-9], whole[len(whole) // 2 :], b"id,title\n1,a\n"):
        path.write_bytes(data)
        with pytest.raises(SourceError, match="cannot read"):
            list(sources.records(read_parquet, path))
