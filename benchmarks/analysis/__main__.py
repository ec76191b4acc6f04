"""Print words a second of the analyzer and of scikit-learn's default one, on the bodies of a file of articles."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable

from rich.console import Console
from sklearn.feature_extraction.text import TfidfVectorizer

from models.analysis import Analyzer
from training.records import accepted
from training.sources import open_source

ROUNDS = 3


def seconds(work: Callable[[str], object], texts: Iterable[str]) -> float:
    """Processor time of the fastest round; a word met before is known, as in a training."""
    spent = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for text in texts:
            work(text)
        spent.append(time.process_time() - start)
    return min(spent)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.analysis", description=__doc__)
    arguments.add_argument("file", help="articles, .jsonl or .jsonl.gz")
    bodies = [article.body for article in accepted(open_source(arguments.parse_args().file))]
    words = sum(len(body.split()) for body in bodies)
    analyzer, default = Analyzer(), TfidfVectorizer().build_analyzer()
    works = {
        "scikit-learn, default": default,
        "Silah, terms": analyzer.terms,
        "Silah, page furniture": analyzer.clean,
        "Silah, both": lambda body: analyzer.terms(analyzer.clean(body).text),
    }
    taken = {name: seconds(work, bodies) for name, work in works.items()}
    console = Console()
    for name, spent in taken.items():
        ratio = taken["scikit-learn, default"] / spent
        console.print(f"{name:<24}{words / spent:>12,.0f} words/s  {ratio:5.2f} × scikit-learn")


if __name__ == "__main__":
    main()
