"""Write articles made from a seed to a gzipped file of records, and print how many a second."""

from __future__ import annotations

import argparse
import gzip
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from benchmarks.generator import Generator

AHEAD = 4  # blocks that wait to be written


def write(path: Path, count: int, seed: int) -> None:
    """Write the articles, a member of gzip for each block; equal numbers make equal bytes."""
    waiting: deque[Future[bytes]] = deque()
    with path.open("wb") as file, ThreadPoolExecutor(1) as pool:  # zlib lets the other core write the next block
        for lines in Generator(count, seed).lines():
            waiting.append(pool.submit(gzip.compress, lines, 1, mtime=0))
            if len(waiting) > AHEAD:
                file.write(waiting.popleft().result())
        for packed in waiting:
            file.write(packed.result())


def main() -> None:
    """Generate and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--to", type=Path, required=True, metavar="FILE.jsonl.gz")
    given = parser.parse_args()
    start = time.perf_counter()
    write(given.to, given.articles, given.seed)
    spent = time.perf_counter() - start
    size = given.to.stat().st_size / 2**20
    print(f"{given.articles:,} articles in {spent:.1f} s ({given.articles / spent:,.0f} a second), {size:,.0f} MiB")


if __name__ == "__main__":
    main()
