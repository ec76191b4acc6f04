"""Print how fast the nearest articles of every article are found, beside the peers, and how many of the exact ones.

The limit is what the memory gives: each product reads a row and a weight of 4 bytes each.

Every system is timed on the same rows of the same matrix, one after the other, and scaled to all rows; building
an index is timed once and counted once. ``--full`` adds 300,000 articles and asks more rows.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
from gensim.matutils import Sparse2Corpus
from gensim.similarities import SparseMatrixSimilarity
from rich.console import Console
from rich.table import Table
from scipy import sparse
from sklearn.neighbors import NearestNeighbors
from sparse_dot_topn import sp_matmul_topn

from benchmarks import rows as table_rows
from benchmarks.memory import resident, watched
from benchmarks.neighbours.corpus import SEED, Sentences, invent, read, vectors
from benchmarks.rows import Row
from models.postings import Postings
from models.tfidf import SparseVector, Weighting
from training.neighbours import CHUNK, search, whole_windows

CORPUS = Path("../shared/corpus")
SIZES = (15_000, 31_000, 100_000)
FULL = (*SIZES, 300_000)
COUNT = 20
EXACT = 10**12  # a budget that no query uses up
SINGLE = 300  # rows asked one by one
MOST_OF_ALL = 31_000  # articles for which the slowest are asked, too
POSTING = 8  # bytes that a product reads
OURS, EXACT_OURS, SKLEARN, TOPN, SCIPY, BM25S, GENSIM = (
    "Silah",
    "Silah, all products",
    "scikit-learn NearestNeighbors",
    "sparse_dot_topn",
    "scipy product, argpartition",
    "bm25s (another ranking)",
    "gensim SparseMatrixSimilarity",
)
GENSIM_ROWS = 64  # it takes a tenth of a second and more for each
AIMS = {(SKLEARN, 31_000): 5, (SKLEARN, 100_000): 12, (SKLEARN, 300_000): 25} | {
    (TOPN, 31_000): 6,
    (TOPN, 100_000): 15,
    (TOPN, 300_000): 28,
}

Search = Callable[[np.ndarray], np.ndarray]  # rows asked → the scores of their nearest, best first


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds for all rows, scaled from those asked; the scores found; most memory above that of the matrix, bytes."""

    seconds: float
    scores: np.ndarray
    memory: int


def silah(matrix: sparse.csr_array[Any], jobs: int, budget: int | None) -> Search:
    postings = Postings.of(matrix, budget)
    articles = matrix.shape[0]
    windows = whole_windows(articles)

    def ask(rows: np.ndarray) -> np.ndarray:
        found = np.full((articles, COUNT), -1, dtype=np.int32)
        scores = np.zeros((articles, COUNT), dtype=np.float32)
        search(matrix, postings, rows, windows, found, scores, jobs, lambda _: None)
        return scores[rows]

    return ask


def scikit_learn(matrix: sparse.csr_array[Any], jobs: int) -> Search:
    peer = NearestNeighbors(n_neighbors=COUNT + 1, metric="cosine", algorithm="brute", n_jobs=jobs).fit(matrix)
    return lambda rows: 1 - peer.kneighbors(matrix[rows])[0][:, 1:]


def sparse_dot_topn(matrix: sparse.csr_array[Any], jobs: int) -> Search:
    right = sparse.csr_matrix(matrix.T)

    def ask(rows: np.ndarray) -> np.ndarray:
        found = sp_matmul_topn(sparse.csr_matrix(matrix[rows]), right, top_n=COUNT + 1, sort=True, n_threads=jobs)
        return _padded(found)[:, 1:]

    return ask


def scipy_product(matrix: sparse.csr_array[Any]) -> Search:
    right = sparse.csr_array(matrix.T)

    def ask(rows: np.ndarray) -> np.ndarray:
        found = []
        for start in range(0, len(rows), CHUNK):
            products = (matrix[rows[start : start + CHUNK]] @ right).toarray()
            best = -np.partition(-products, COUNT, axis=1)[:, : COUNT + 1]
            found.append(-np.sort(-best, axis=1)[:, 1:])
        return np.concatenate(found)

    return ask


def by_bm25s(matrix: sparse.csr_array[Any]) -> Search:
    """Each article asks with its terms; counts and weights are BM25's, so its scores are not compared."""
    terms = [part.tolist() for part in np.split(matrix.indices, matrix.indptr[1:-1])]
    retriever = bm25s.BM25(backend="numba")
    retriever.index((terms, {str(number): number for number in range(matrix.shape[1])}), show_progress=False)

    def ask(rows: np.ndarray) -> np.ndarray:
        asked = [terms[row] for row in rows.tolist()]
        return np.asarray(retriever.retrieve(asked, k=COUNT + 1, n_threads=1, show_progress=False).scores)[:, 1:]

    return ask


def gensim(matrix: sparse.csr_array[Any]) -> Search:
    peer = SparseMatrixSimilarity(Sparse2Corpus(matrix, documents_columns=False), num_features=matrix.shape[1])

    def ask(rows: np.ndarray) -> np.ndarray:
        found = []
        for row in rows.tolist():
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            scores = peer[list(zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True))]
            found.append(-np.sort(-scores[np.argpartition(-scores, COUNT)[: COUNT + 1]])[1:])
        return np.stack(found)

    return ask


def _padded(found: sparse.csr_matrix[Any]) -> np.ndarray:
    scores = np.zeros((found.shape[0], COUNT + 1))
    sizes = np.diff(found.indptr)
    scores[np.arange(COUNT + 1) < sizes[:, None]] = found.data
    return -np.sort(-scores, axis=1)


def timed(system: Callable[[sparse.csr_array[Any]], Search], matrix: sparse.csr_array[Any], rows: np.ndarray) -> Timed:
    """Measure in a process of its own, which has the matrix and whatever is loaded or compiled on first use."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as process:
        _GIVEN[:] = system, matrix, rows
        return process.submit(_timed).result()


_GIVEN: list[Any] = []  # what a forked process finds in its memory: nothing large is sent to it


def _timed() -> Timed:
    system, matrix, rows = _GIVEN
    system(sparse.csr_array(matrix[:100]))(np.arange(1))
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before is not to be had for nothing
    before = resident()
    with watched(lambda: resident() - before, 0.02) as memory:
        start = time.perf_counter()
        ask = system(matrix)
        built = time.perf_counter() - start
        start = time.perf_counter()
        scores = ask(rows)
        asked = time.perf_counter() - start
    return Timed(built + asked * matrix.shape[0] / len(rows), scores, memory[0])


def recall(found: np.ndarray, exact: np.ndarray, count: int) -> float:
    """The share of the ``count`` places that are held by a score as high as the exact last one."""
    full = exact[:, count - 1] > 0
    return float((found[full, :count] >= exact[full, count - 1 : count] - 1e-6).mean())


def single(matrix: sparse.csr_array[Any], rng: np.random.Generator) -> tuple[float, float]:
    """Milliseconds of one query without compiled code: median, 99th percentile."""
    postings, spent = Postings.of(matrix), []
    for row in rng.choice(matrix.shape[0], SINGLE, replace=False):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        asked = SparseVector(matrix.indices[part], matrix.data[part])
        start = time.perf_counter()
        postings.nearest(asked, COUNT, np.array([row], dtype=np.int32))
        spent.append(1000 * (time.perf_counter() - start))
    return float(np.median(spent)), float(np.percentile(spent, 99))


def measure(matrix: sparse.csr_array[Any], asked: int, jobs: int, rng: np.random.Generator) -> dict[str, Timed]:
    """Every system on the same rows; the slow ones on the first of them."""
    articles = matrix.shape[0]
    rows = rng.choice(articles, min(asked, articles), replace=False)
    few = rows[: 2**27 // articles]  # as many as scikit-learn takes at a time
    found = {
        OURS: timed(partial(silah, jobs=jobs, budget=None), matrix, rows),
        EXACT_OURS: timed(partial(silah, jobs=jobs, budget=EXACT), matrix, rows),
        SKLEARN: timed(partial(scikit_learn, jobs=jobs), matrix, few),
        TOPN: timed(partial(sparse_dot_topn, jobs=jobs), matrix, few),
        SCIPY: timed(scipy_product, matrix, few[: len(few) // 2]),
    }
    if articles <= MOST_OF_ALL:
        found[BM25S] = timed(by_bm25s, matrix, few)
        found[GENSIM] = timed(gensim, matrix, few[:GENSIM_ROWS])
    return found


def products(matrix: sparse.csr_array[Any]) -> int:
    """Multiply-adds that all pairs take: the square of each column's entries."""
    return int((np.bincount(matrix.indices).astype(np.int64) ** 2).sum())


def memory_gives(jobs: int) -> float:
    """Bytes a second that so many threads read and write, by adding long arrays (STREAM's Add, McCalpin 1995)."""
    length = 2**24
    arrays = [[np.ones(length) for _ in range(3)] for _ in range(jobs)]

    def add(one: np.ndarray, other: np.ndarray, sums: np.ndarray) -> None:
        np.add(one, other, out=sums)

    best = math.inf
    with ThreadPoolExecutor(jobs) as threads:
        for _ in range(5):
            start = time.perf_counter()
            list(threads.map(lambda three: add(*three), arrays))
            best = min(best, time.perf_counter() - start)
    return jobs * 3 * 8 * length / best


def corpus(folder: Path, largest: int) -> Sentences:
    if folder.is_dir():
        return read(folder, largest)
    return invent(min(largest, 30_000), np.random.default_rng(SEED))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbours", description=__doc__)
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="folder of .jsonl.gz; invented articles without it")
    parser.add_argument("--articles", type=int, nargs="+", help="sizes; the default is 15,000, 31,000 and 100,000")
    parser.add_argument("--full", action="store_true", help="with 300,000 articles")
    parser.add_argument("--rows", type=int, default=4_096, help="rows asked")
    parser.add_argument("--jobs", type=int, default=2, help="threads")
    table_rows.add_option(parser)
    given = parser.parse_args()
    sizes = given.articles or (FULL if given.full else SIZES)
    console, rng = Console(width=150), np.random.default_rng(SEED)
    real = corpus(given.corpus, max(sizes))
    table = Table("articles", "system", "seconds, all rows", "Silah is faster", "recall@10", "recall@20", "memory, MB")
    queries = Table("articles", "one query, numpy: p50 ms", "p99 ms")
    ours: list[float] = []
    rows: list[Row] = []
    for articles in sizes:
        matrix = vectors(real, articles, Weighting())
        results = measure(matrix, given.rows, given.jobs, rng)
        exact = results[EXACT_OURS].scores
        what = f"20 nearest of each of {articles:,}"
        for system, result in results.items():
            found, of = result.scores, exact[: len(result.scores)]
            table.add_row(
                f"{articles:,}",
                system,
                f"{result.seconds:,.1f}",
                f"{result.seconds / results[OURS].seconds:.1f} ×",
                *(("", "") if system == BM25S else (f"{recall(found, of, count):.4f}" for count in (10, 20))),
                f"{result.memory / 1e6:,.0f}",
            )
            ratio, aim = result.seconds / results[OURS].seconds, AIMS.get((system, articles))
            quality = f", recall@10 {recall(found, of, 10):.4f}" if system == OURS else ""
            figure = f"{result.seconds:,.1f} s, {result.memory / 1e6:,.0f} MB{quality}"
            rows.append(Row(what, system, figure, f"{ratio:.1f} ×", f"≥ {aim} ×" if aim else ""))
        table.add_section()
        speed = products(matrix) / results[EXACT_OURS].seconds
        limit = memory_gives(given.jobs) / POSTING
        rows.append(
            Row(
                f"multiply-adds a second, all pairs of {articles:,}",
                EXACT_OURS,
                f"{speed / 1e9:.2f} G, memory gives {limit / 1e9:.2f} G",
                f"{speed / limit:.2f} of the limit",
            )
        )
        median, last = single(matrix, rng)
        queries.add_row(f"{articles:,}", f"{median:.2f}", f"{last:.2f}")
        rows.append(
            Row(
                f"one query over {articles:,}",
                "Silah, without compiled code",
                f"p50 {median:.2f} ms, p99 {last:.2f} ms",
                aim="p50 < 1 ms" if articles == 31_000 else "",
            )
        )
        ours.append(results[OURS].seconds)
    console.print(table)
    console.print(queries)
    if len(sizes) > 1:
        growth = np.polyfit(np.log(sizes), np.log(ours), 1)[0]
        console.print(f"time of Silah grows as articles^{growth:.2f}")
        rows.append(Row(f"neighbours, {min(sizes):,} to {max(sizes):,}", OURS, f"time grows as articles^{growth:.2f}"))
    table_rows.write(given.rows_to, rows)
    console.print(f"{given.jobs} threads; {given.rows:,} rows asked of Silah, fewer of the peers, scaled to all rows")
    console.print(
        f"{len(real.titles):,} articles {'of the corpus' if given.corpus.is_dir() else 'invented'}, the rest mixed"
    )


if __name__ == "__main__":
    main()
