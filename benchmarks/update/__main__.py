"""Print what `silah train --update` takes beside a full training of the same articles: whole commands, start included.

The newest share of a file's articles is the news; a version is trained on the rest, and updated by them. What is
measured is the second of two such updates of the same version: at the first, code is compiled for good. Seconds are
those of the clock and those of the processors, of all processes; the latter bear a busy machine better.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import rows as table_rows
from benchmarks.rows import Row
from models.article import Article
from training.records import accepted
from training.sources import open_source


def write(path: Path, articles: Sequence[Article]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for article in articles:
            file.write(json.dumps(article.to_record(), ensure_ascii=False) + "\n")
    return path


def train(source: Path, artifacts: Path, jobs: int, *flags: str) -> tuple[float, float, dict[str, Any]]:
    """Seconds of the whole command by the clock and by the processors, and what it says of itself."""
    command = [sys.executable, "-m", "training", "train", str(source), "--artifacts", str(artifacts), "--json"]
    start, used = time.perf_counter(), _used()
    done = subprocess.run([*command, "--jobs", str(jobs), *flags], check=True, capture_output=True)
    return time.perf_counter() - start, _used() - used, json.loads(done.stdout)


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def show(label: str, measured: tuple[float, float, dict[str, Any]], full: tuple[float, float, dict[str, Any]]) -> None:
    spent, used, done = measured
    stages = "  ".join(f"{stage} {seconds:.1f}" for stage, seconds in done["seconds"].items())
    peak = done["peak_memory_bytes"] / 2**20
    shares = f"{spent:>8.1f} s{spent / full[0]:>8.1%}{used:>8.1f} s{used / full[1]:>8.1%}"
    print(f"{label:<40}{shares}{peak:>9,.0f} MiB  {stages}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.update", description=__doc__)
    parser.add_argument("file", help="articles, .jsonl or .jsonl.gz")
    parser.add_argument("--articles", type=int, help="so many of them [default: all]")
    parser.add_argument("--share", type=float, default=0.01, help="of the articles that are news")
    parser.add_argument("--jobs", type=int, default=2)
    table_rows.add_option(parser)
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
        updated = train(news, folder / "base", given.jobs, "--update", "--no-publish")
        corrected = train(corrections, folder / "base", given.jobs, "--update", "--no-publish")
        unchanged = train(rest, folder / "base", given.jobs, "--update", "--no-publish")
        shutil.rmtree(folder / "base")
        full = train(whole, folder / "full", given.jobs)
    print(f"{full[2]['articles']:,} articles, {count:,} of them news; drift {updated[2]['update']['drift']}")
    print(f"{'':<40}{'clock':>10}{'share':>8}{'processors':>10}{'share':>8}{'peak':>13}  stages")
    of = f"of {full[2]['articles']:,}"
    rows = []
    for label, measured, aim in (
        (f"full training {of}", full, ""),
        (f"update, {count:,} new {of}", updated, "≤ 4 %"),
        (f"update, {len(changed):,} changed {of}", corrected, ""),
        (f"update, all unchanged {of}", unchanged, ""),
    ):
        show(label, measured, full)
        shares = f"{measured[0] / full[0]:.1%} of its time, {measured[1] / full[1]:.1%} of its processor time"
        rows.append(Row(label, "Silah", f"{measured[0]:.1f} s", shares if measured is not full else "", aim))
    table_rows.write(given.rows_to, rows)


if __name__ == "__main__":
    main()
