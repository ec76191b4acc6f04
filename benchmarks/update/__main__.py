"""Print what `silah train --update` takes beside a full training of the same articles: whole commands, start included.

The newest share of a file's articles is the news; a version is trained on the rest, and updated by them. What is
measured is the second of two such updates of the same version: at the first, code is compiled for good.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from models.article import Article
from training.records import accepted
from training.sources import open_source


def write(path: Path, articles: Sequence[Article]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for article in articles:
            file.write(json.dumps(article.to_record(), ensure_ascii=False) + "\n")
    return path


def train(source: Path, artifacts: Path, jobs: int, *flags: str) -> tuple[float, dict[str, Any]]:
    """Seconds of the whole command, and what it says of itself; the gate is not asked for its opinion."""
    command = [sys.executable, "-m", "training", "train", str(source), "--artifacts", str(artifacts), "--json"]
    start = time.perf_counter()
    done = subprocess.run([*command, "--jobs", str(jobs), *flags], check=True, capture_output=True)
    return time.perf_counter() - start, json.loads(done.stdout)


def show(label: str, spent: float, full: float, done: dict[str, Any]) -> None:
    stages = "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in done["seconds"].items())
    peak = done["peak_memory_bytes"] / 2**20
    print(f"{label:<24}{spent:>8.1f} s{spent / full:>8.1%}{peak:>9,.0f} MiB  {stages}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.update", description=__doc__)
    parser.add_argument("file", help="articles, .jsonl or .jsonl.gz")
    parser.add_argument("--articles", type=int, help="so many of them [default: all]")
    parser.add_argument("--share", type=float, default=0.01, help="of the articles that are news")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    last = {article.id: article for article in islice(accepted(open_source(given.file)), given.articles)}
    articles = sorted(last.values(), key=lambda one: "" if one.published_at is None else one.published_at.isoformat())
    count = max(1, round(given.share * len(articles)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = write(folder / "whole.jsonl", articles)
        rest, news = write(folder / "rest.jsonl", articles[:-count]), write(folder / "news.jsonl", articles[-count:])
        changed = [
            Article.from_record({**article.to_record(), "title": f"{article.title}: تصحيح"})
            for article in articles[: -count : max(1, len(articles) // (count // 10 + 1))]
        ]
        corrections = write(folder / "corrections.jsonl", changed)
        del articles, last
        train(rest, folder / "base", given.jobs)
        train(news, folder / "base", given.jobs, "--update", "--no-publish")
        updated, told = train(news, folder / "base", given.jobs, "--update", "--no-publish")
        corrected, told_of_changes = train(corrections, folder / "base", given.jobs, "--update", "--no-publish")
        unchanged, told_of_nothing = train(rest, folder / "base", given.jobs, "--update", "--no-publish")
        shutil.rmtree(folder / "base")
        full, told_of_all = train(whole, folder / "full", given.jobs)
    print(f"{told_of_all['articles']:,} articles, {count:,} of them news; drift {told['update']['drift']}")
    show("full training", full, full, told_of_all)
    show(f"update, {count:,} new", updated, full, told)
    show(f"update, {len(changed):,} changed", corrected, full, told_of_changes)
    show("update, all unchanged", unchanged, full, told_of_nothing)


if __name__ == "__main__":
    main()
