"""Train on a cluster whose workers have less memory than the articles, kill one half-way, compare with one machine.

Everything runs on this machine, so this measures memory and robustness, not speed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.cluster import cluster, wait_for
from benchmarks.generator.__main__ import write
from benchmarks.memory import below, resident, watched
from models.artifact import ARTICLES, Manifest
from models.registry import Registry

BLOCK = 500  # articles, as training.blocks makes them


def train(source: Path, artifacts: Path, *options: str) -> subprocess.Popen[bytes]:
    """Begin a training in a process of its own."""
    command = [sys.executable, "-m", "training", "train", str(source), "--artifacts", str(artifacts), "--json"]
    return subprocess.Popen([*command, *options], stdout=subprocess.PIPE)


def ended(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """What a training prints in the end."""
    printed, _ = process.communicate()
    found: dict[str, Any] = json.loads(printed)
    return found


def made(artifacts: Path) -> Manifest:
    """The manifest of the version in service."""
    return Registry(artifacts).load_current().manifest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--articles", type=int, default=190_000)
    parser.add_argument("--limit", default="512MB", help="memory of each of the two workers [default: 512MB]")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "articles.jsonl.gz"
        write(source, given.articles, given.seed)
        with (
            cluster(folder, [given.limit] * 2) as found,
            watched(
                lambda: max([0, *(resident(child) for worker in found.workers for child in below(worker.pid))]), 0.1
            ) as most,
        ):
            training = train(source, folder / "many", "--backend", "dask", "--scheduler", found.address)
            wait_for(folder / "many" / ".blocks", "*.npz", given.articles // BLOCK // 2, training)
            found.kill(0)
            spread = ended(training)
        alone = ended(train(source, folder / "one"))
        many, one = made(folder / "many"), made(folder / "one")
        size = one.files[ARTICLES].size
        same = many.files == one.files
    print(f"{given.articles:,} articles of {size / 1e6:,.0f} MB; two workers of {given.limit}, one killed half-way")
    print(f"most memory of a worker: {most[0] / 1e6:,.0f} MB; files equal to those of one machine: {same}")
    print(f"{'stage':<12}{'cluster, s':>12}{'alone, s':>12}")
    for stage, seconds in spread["seconds"].items():
        print(f"{stage:<12}{seconds:>12.1f}{alone['seconds'][stage]:>12.1f}")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    main()
