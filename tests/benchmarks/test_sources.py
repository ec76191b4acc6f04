"""Sources: every format gives all its records, at a memory that does not grow with their number."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sources import FORMATS, measured

FEW, MANY, BLOCK = 4_000, 50_000, 2_000
GROWTH = 16 * 2**20  # bytes; what is written of rows is four times that and more
SLOW = 0.4  # of the articles, in formats that take their time


def blocks(count: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, count, BLOCK):
        yield [
            {"id": str(number), "title": f"خبر {number}", "body": f"{number * 2_654_435_761 % 2**32:x} " * 150}
            for number in range(start, min(start + BLOCK, count))
        ]


@pytest.mark.parametrize("name", FORMATS)
def test_memory_does_not_grow_with_what_is_read(name: str, tmp_path: Path) -> None:
    found = []
    share = SLOW if name == "wxr" else FORMATS[name].share
    counts = [int(share * count) for count in (FEW, MANY)]
    for count in counts:
        (tmp_path / str(count)).mkdir()
        found.append(measured(FORMATS[name].write(blocks(count), tmp_path / str(count))))
    few, many = found
    assert [few.records, many.records] == counts
    assert many.peak < few.peak + GROWTH


def test_a_row_is_printed_of_each_format(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.sources", "--articles", "20", "--few", "10", "--only", "jsonl", "csv"]
    done = subprocess.run([*command, "--rows-to", str(tmp_path / "rows")], check=True, capture_output=True)
    assert [line.split()[0] for line in done.stdout.decode().splitlines()[1:]] == ["jsonl", "csv"]
    assert "20 records of csv" in (tmp_path / "rows").read_text(encoding="utf-8")
