"""Formats of articles, each written and read again, for what reading takes of time and memory."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from training.sources.columnar import read_parquet
from training.sources.delimited import read_delimited
from training.sources.jsonl import read_jsonl
from training.sources.opening import files_at
from training.sources.options import SourceOptions
from training.sources.record import SourceRecord
from training.sources.sql import read_sql

Blocks = Iterable[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which articles are kept.

    Attributes:
        write: blocks of records into a folder; the location.
        read: the records of a location.
    """

    write: Callable[[Blocks, Path], str]
    read: Callable[[str], Iterator[SourceRecord]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What reading all records took, in a process that did nothing else.

    Attributes:
        seconds: of the processor.
        peak: the most bytes that the process had in memory, its libraries included.
    """

    records: int
    seconds: float
    peak: int


def measured(name: str, location: str) -> Measured:
    """Read a location in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sources", "--only", name, "--read", location]
    return Measured(**json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def _lines(blocks: Blocks) -> Iterator[bytes]:
    for block in blocks:
        yield "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in block).encode()


def _jsonl(blocks: Blocks, folder: Path) -> str:
    path = folder / "articles.jsonl"
    with path.open("wb") as file:
        file.writelines(_lines(blocks))
    return str(path)


def _gzipped(blocks: Blocks, folder: Path) -> str:
    path = folder / "articles.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.writelines(_lines(blocks))
    return str(path)


def _zstandardized(blocks: Blocks, folder: Path) -> str:
    path = folder / "articles.jsonl.zst"
    with pa.CompressedOutputStream(str(path), "zstd") as file:
        for lines in _lines(blocks):
            file.write(lines)
    return str(path)


def _csv(blocks: Blocks, folder: Path) -> str:
    path = folder / "articles.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, block in enumerate(blocks):
            writer = csv.DictWriter(file, block[0].keys())
            if not number:
                writer.writeheader()
            writer.writerows(block)
    return str(path)


def _parquet(blocks: Blocks, folder: Path) -> str:
    """One group of rows for all, as most libraries write it."""
    path = folder / "articles.parquet"
    pq.write_table(pa.concat_tables(pa.Table.from_pylist(block) for block in blocks), path)
    return str(path)


def _sqlite(blocks: Blocks, folder: Path) -> str:
    path = folder / "articles.db"
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for number, block in enumerate(blocks):
            names = ", ".join(block[0])
            if not number:
                connection.execute(f"CREATE TABLE articles ({names})")
            marks = ", ".join("?" * len(block[0]))
            connection.executemany(
                f"INSERT INTO articles VALUES ({marks})", (tuple(record.values()) for record in block)
            )
    return f"sqlite:///{path}"


def _file(
    reader: Callable[[Any, str, SourceOptions], Iterator[SourceRecord]],
) -> Callable[[str], Iterator[SourceRecord]]:
    def read(location: str) -> Iterator[SourceRecord]:
        for file in files_at(location):
            with file.opened() as opened:
                yield from reader(opened, file.name, SourceOptions())

    return read


FORMATS = {
    "jsonl": Format(_jsonl, _file(read_jsonl)),
    "jsonl.gz": Format(_gzipped, _file(read_jsonl)),
    "jsonl.zst": Format(_zstandardized, _file(read_jsonl)),
    "csv": Format(_csv, _file(read_delimited)),
    "parquet": Format(_parquet, _file(read_parquet)),
    "sqlite": Format(_sqlite, lambda location: read_sql(location, SourceOptions())),
}
