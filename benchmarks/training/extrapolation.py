"""Print what larger trainings would take, from what `silah train --json` printed of trainings of several sizes.

Each stage grows by a power of the articles or by a straight line, whichever is more (what starts anew in each
training makes powers look small), memory by a straight line. Nobody has run what is printed: the further away,
the less it is worth.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SIZES = (1_000_000, 10_000_000, 100_000_000)
SHARED = ("analyse", "neighbours")  # stages whose tasks go to workers; the others stay with the machine that trains


@dataclass(frozen=True)
class Measured:
    """A training of so many articles: seconds by stage and the peak in bytes."""

    articles: int
    seconds: Mapping[str, float]
    peak: float

    @classmethod
    def of(cls, printed: Mapping[str, Any]) -> Measured:
        """What `silah train --json` printed."""
        return cls(printed["articles"], printed["seconds"], printed["peak_memory_bytes"])


def exponent(trainings: Sequence[Measured], stage: str) -> float:
    """By which power of the articles a stage grows, by least squares of the logarithms; never below 0."""
    sizes = np.log([one.articles for one in trainings])
    spent = np.log([max(one.seconds[stage], 1e-3) for one in trainings])
    return max(float(np.polyfit(sizes, spent, 1)[0]), 0.0)


def seconds(trainings: Sequence[Measured], stage: str, articles: int) -> float:
    """How long a stage would take: by its power from the largest training on, or by a line, whichever is more."""
    last = max(trainings, key=lambda one: one.articles)
    power = last.seconds[stage] * float(articles / last.articles) ** exponent(trainings, stage)
    return max(power, _line(trainings, [one.seconds[stage] for one in trainings], articles))


def peak(trainings: Sequence[Measured], articles: int) -> float:
    """Bytes at the peak, by a straight line."""
    return _line(trainings, [one.peak for one in trainings], articles)


def _line(trainings: Sequence[Measured], values: Sequence[float], articles: int) -> float:
    slope, start = np.polyfit([one.articles for one in trainings], values, 1)
    return float(start + slope * articles)


def table(trainings: Sequence[Measured], sizes: Sequence[int], cores: int, workers: int) -> Iterator[str]:
    """Lines of a table in Markdown: hours by stage on the machine measured, and with so many cores of workers."""
    largest = max(one.articles for one in trainings)
    yield f"| stage | grows as | {' | '.join(f'{size:,} articles, h' for size in sizes)} |"
    yield "|---|---:|" + "---:|" * len(sizes)
    stages = list(trainings[0].seconds)
    for stage in stages:
        hours = (f"{seconds(trainings, stage, size) / 3600:,.2f}" for size in sizes)
        yield f"| {stage} | n^{exponent(trainings, stage):.2f} | {' | '.join(hours)} |"
    for label, share in ((f"all, {cores} cores", 1.0), (f"all, {workers} cores of workers", cores / workers)):
        totals = [
            sum(seconds(trainings, stage, size) * (share if stage in SHARED else 1) for stage in stages)
            for size in sizes
        ]
        yield f"| **{label}** | | {' | '.join(f'{total / 3600:,.1f}' for total in totals)} |"
    memory = (f"{peak(trainings, size) / 2**30:,.0f} GiB" for size in sizes)
    yield f"| peak, machine that trains | line | {' | '.join(memory)} |"
    yield f"\nfrom trainings of up to {largest:,} articles"


def main() -> None:
    """Read and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training.extrapolation", description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN.json", help="two or more, of growing archives")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="of the machine measured")
    parser.add_argument("--workers", type=int, default=64, help="cores of a cluster [default: 64]")
    given = parser.parse_args()
    trainings = [Measured.of(json.loads(run.read_text(encoding="utf-8"))) for run in given.runs]
    print(*table(trainings, SIZES, given.cores, given.workers), sep="\n")


if __name__ == "__main__":
    main()
