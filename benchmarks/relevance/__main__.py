"""Print the table: every system on every task, with the interval of the lead over the best peer."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.relevance.systems import SYSTEMS
from benchmarks.trained import read
from models.analysis import Analyzer
from models.recommenders import ListRules
from training.evaluation.ranking import Fresh, ask
from training.evaluation.tasks import all_tasks, shared_tags
from training.evaluation.texts import Document

SEED = 20261123
RESAMPLES = 2000


def lead(ours: np.ndarray, theirs: np.ndarray, rng: np.random.Generator) -> tuple[float, float, float]:
    """Relative lead and its 95 % interval by paired bootstrap."""
    picks = rng.integers(0, len(ours), (RESAMPLES, len(ours)))
    leads = ours[picks].mean(axis=1) / theirs[picks].mean(axis=1) - 1
    low, high = np.percentile(leads, [2.5, 97.5])
    return float(ours.mean() / theirs.mean() - 1), float(low), float(high)


def documents(path: Path) -> list[Document]:
    """The articles of a file of records, cleaned once for every system."""
    analyzer = Analyzer()
    return [Document.of(article, analyzer) for article in read(path)]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.relevance", description=__doc__)
    arguments.add_argument("corpus", type=Path, help="folder with saudinewsnet-2015-07 and almayadeen-2023 (.jsonl.gz)")
    arguments.add_argument("--queries", type=int, default=1500, help="queries a task")
    given = arguments.parse_args()
    rng = np.random.default_rng(SEED)
    tasks = all_tasks(documents(given.corpus / "saudinewsnet-2015-07.jsonl.gz"), given.queries, rng)
    tasks |= shared_tags(documents(given.corpus / "almayadeen-2023.jsonl.gz"), given.queries, rng)
    fresh = Fresh.of(ListRules())
    results = {
        (system, name): ask(SYSTEMS[system], task, fresh if system == "Silah" else None)
        for name, task in track(tasks.items(), "measuring", console=Console(stderr=True))
        for system in SYSTEMS
    }
    table = Table("system", *(f"{name} ({len(task.rows)})" for name, task in tasks.items()))
    for system in SYSTEMS:
        table.add_row(system, *(f"{results[system, name].mean():.3f}" for name in tasks))
    leads = []
    for name in tasks:
        peers = [results[system, name] for system in SYSTEMS if system != "Silah"]
        ratio, low, high = lead(results["Silah", name], max(peers, key=lambda values: values.mean()), rng)
        leads.append(f"{ratio:+.1%} [{low:+.1%}, {high:+.1%}]")
    table.add_row("lead over the best peer", *leads)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
