"""Word lists: the data files of the analysis, an entry a line, comments behind ``#`` at its beginning."""

from __future__ import annotations

from pathlib import Path


def lines(path: Path) -> list[str]:
    """The entries of a data file, in their order."""
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
