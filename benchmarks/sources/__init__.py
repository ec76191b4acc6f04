"""Formats of articles, each written and read again, for what reading takes of time and memory."""

from __future__ import annotations

import contextlib
import csv
import gzip
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.sources import site
from benchmarks.sources.site import Blocks


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which articles are kept.

    Attributes:
        write: blocks of records into a folder; the location.
        share: of the records that are asked for, how many are tried: what is read by the second is not by the hour.
    """

    write: Callable[[Blocks, Path], str]
    share: float = 1.0


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


def measured(location: str) -> Measured:
    """Read a location in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.sources", "--read", location]
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


FORMATS = {
    "jsonl": Format(_jsonl),
    "jsonl.gz": Format(_gzipped),
    "jsonl.zst": Format(_zstandardized),
    "csv": Format(_csv),
    "parquet": Format(_parquet),
    "sqlite": Format(_sqlite),
    "wxr": Format(site.export),
    "feed": Format(site.feeds, share=0.2),
    "text": Format(site.texts, share=0.1),
    "page": Format(site.pages, share=0.02),
}
