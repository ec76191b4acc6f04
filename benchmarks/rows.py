"""Rows: what a benchmark measured, one line of the table that `make bench` prints of all of them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        what: what was done, and to how much.
        system: who did it.
        figure: as it is shown, with its unit.
        ratio: of Silah to this system or to what is named, as it is shown; empty where nothing is compared.
        aim: what the ratio or the figure should be; empty where nothing is aimed at.
    """

    what: str
    system: str
    figure: str
    ratio: str = ""
    aim: str = ""


def add_option(parser: argparse.ArgumentParser) -> None:
    """Let a benchmark be asked for its rows."""
    parser.add_argument("--rows-to", type=Path, metavar="FILE", help="write the rows of the table of `make bench`")


def write(path: Path | None, rows: Sequence[Row]) -> None:
    """Write rows as JSON lines; nowhere without a path."""
    if path is not None:
        path.write_text("".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def read(path: Path) -> list[Row]:
    """The rows of a file that :func:`write` wrote."""
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
