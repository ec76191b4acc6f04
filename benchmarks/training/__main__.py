"""Print how long articles take to become a matrix, beside scikit-learn's TfidfVectorizer with the same analyzer.

Silah counts titles, leads, shingles and the lines of pages on the way, and writes all of it to files.
With --growth, what whole trainings of the first 1/30, 1/10, 1/3 and all articles take instead.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks import rows as table_rows
from benchmarks.memory import below, resident, watched
from benchmarks.rows import Row
from models.analysis import Analyzer, AnalyzerConfig
from models.article import Article
from models.artifact import ARTICLES
from models.tfidf import Weighting
from training.blocks import SIZE, Block, Recipe
from training.fit import Counts, block_spans, fit, make_blocks
from training.intake import Intake
from training.records import accepted
from training.sources import open_source

SHARES = (30, 10, 3, 1)
PAUSE = 0.2  # seconds between two looks at the memory


def silah(path: Path, spans: np.ndarray, jobs: int, folder: Path) -> int:
    """Staged articles to vectors as a training does it; the weights kept."""
    counts, first = Counts(), 0
    wanted = [(span, None) for span in block_spans(spans)]
    for file, articles, _ in make_blocks(Recipe(AnalyzerConfig(), Weighting()), folder, path, wanted, jobs):
        counts.add(partial(Block.load, file), np.arange(articles), first + np.arange(articles))
        first += articles
    _, vectors, _ = fit(counts, np.arange(first), Weighting())
    return int(vectors.nnz)


def scikit_learn(articles: Sequence[Article]) -> int:
    """The same words by scikit-learn, which has no processes of its own."""
    analyzer = Analyzer()

    def terms(article: Article) -> list[str]:
        return analyzer.terms(article.title) + analyzer.terms(analyzer.clean(article.body).text)

    return int(TfidfVectorizer(analyzer=terms, dtype=np.float32).fit_transform(articles).nnz)


def run(command: list[str]) -> tuple[dict[str, Any], float]:
    """The document that a command prints, and the most that it and its processes had in memory together, in MiB.

    Pages that several share count for each.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        pid = process.pid
        with watched(lambda: sum(map(resident, (pid, *below(pid)))), PAUSE) as peak:
            printed, _ = process.communicate()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
    return dict(json.loads(printed)), peak[0] / 2**20


def growth(source: str, wanted: int | None) -> list[Row]:
    """Trainings of growing parts of a file, each in a process of its own."""
    total = sum(1 for _ in islice(accepted(open_source(source)), wanted))
    print(f"{'articles':>10}{'seconds':>10}{'peak MiB':>10}  stages")
    rows, points = [], []
    for share in SHARES:
        with tempfile.TemporaryDirectory() as name:
            part = Path(name) / "part.jsonl"
            with part.open("w", encoding="utf-8") as file:
                for article in islice(accepted(open_source(source)), total // share):
                    file.write(json.dumps(article.to_record(), ensure_ascii=False) + "\n")
            command = [
                sys.executable,
                "-m",
                "training",
                "train",
                str(part),
                "--artifacts",
                f"{name}/artifacts",
                "--json",
            ]
            start = time.perf_counter()
            done, peak = run(command)
            spent = time.perf_counter() - start
        stages = "  ".join(f"{stage} {seconds:.0f}" for stage, seconds in done["seconds"].items())
        print(f"{done['articles']:>10,}{spent:>10.0f}{peak:>10,.0f}  {stages}", flush=True)
        points.append((done["articles"], spent))
        rows.append(Row(f"training of {done['articles']:,}", "Silah", f"{spent:.0f} s ({stages}), {peak:,.0f} MiB"))
    power = np.polyfit(*np.log(points).T, 1)[0]
    print(f"time grows as articles^{power:.2f}; memory is that of all processes together")
    whole = f"training, {points[0][0]:,} to {points[-1][0]:,}"
    return [*rows, Row(whole, "Silah", f"time grows as articles^{power:.2f}", aim="≤ 1.35")]


def beside_scikit_learn(articles: Sequence[Article], jobs: int) -> list[Row]:
    """Text to matrix, Silah first; each once before with the first articles, for what is started or compiled then."""
    for some in (articles[: 4 * SIZE], articles):
        with tempfile.TemporaryDirectory() as name:
            folder, intake = Path(name), Intake()
            for _ in intake.take(some, folder, None):
                pass
            start = time.perf_counter()
            silah(folder / ARTICLES, intake.spans, jobs, folder)
            ours = time.perf_counter() - start
        start = time.perf_counter()
        scikit_learn(some)
        theirs = time.perf_counter() - start
    what = f"text to matrix, {len(articles):,} articles"
    print(what)
    rows = []
    for label, spent in ((f"Silah, {jobs} processes", ours), ("scikit-learn", theirs)):
        print(f"{label:<24}{spent:>8.1f} s{len(articles) / spent:>10,.0f} articles/s  {spent / ours:5.2f} ×")
        aim = "≥ 5 ×" if spent is theirs else ""
        rows.append(Row(what, label, f"{spent:.1f} s", f"{spent / ours:.2f} ×", aim))
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("file", help="articles, .jsonl or .jsonl.gz")
    parser.add_argument("--articles", type=int, help="so many of them [default: all]")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--growth", action="store_true")
    table_rows.add_option(parser)
    given = parser.parse_args()
    if given.growth:
        found = growth(given.file, given.articles)
    else:
        found = beside_scikit_learn(list(islice(accepted(open_source(given.file)), given.articles)), given.jobs)
    table_rows.write(given.rows_to, found)


if __name__ == "__main__":
    main()
