"""Neighbours: the nearest articles of every article by cosine, exact.

Term at a time over postings: the weights of one article are multiplied into a dense
accumulator through the articles of each of its terms; the best are picked by a scan
that skips blocks without a score above the worst kept one. Terms are added in
ascending order for every pair, so a pair has one cosine whichever way it is asked.
Articles of a headline's length are asked by coverage, with the same kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numba import njit
from scipy import sparse

from models.tfidf import CountMatrix, Float32Array, Int32Array, Int64Array, TfidfModel

CHUNK = 256  # articles a task
SCAN = 64  # scores looked at together
COVERAGE_POWER = 1.5  # a coverage of .4 is as telling as a cosine of .25, one of .2 as one of .1


def nearest(
    vectors: sparse.csr_array[Any],
    count: int,
    jobs: int,
    advance: Callable[[int], None],
    headlines: Headlines | None = None,
) -> tuple[Int32Array, Float32Array]:
    """The ``count`` nearest other rows of each row, best first; equal scores in row order.

    Returns:
        rows: int32 (n, count), -1 where fewer have a score above 0.
        scores: float32 (n, count), 0 there; the cosine, for headlines a power of the coverage
            that brings it to the scale of cosines.
    """
    n = vectors.shape[0]
    rows = np.full((n, count), -1, dtype=np.int32)
    scores = np.zeros((n, count), dtype=np.float32)
    short = np.empty(0, dtype=np.int64) if headlines is None else headlines.rows
    full = np.setdiff1d(np.arange(n), short)
    _search(vectors, vectors, full, rows, scores, jobs, advance)
    if headlines is not None and len(short):
        _search(headlines.shares, headlines.saturations, short, rows, scores, jobs, advance)
        scores[short] **= COVERAGE_POWER
    return rows, scores


@dataclass(frozen=True, slots=True)
class Headlines:
    """The rows that are asked by coverage instead of cosine, see :meth:`TfidfModel.shares`."""

    rows: Int64Array
    shares: sparse.csr_array[Any]
    saturations: sparse.csr_array[Any]

    @classmethod
    def among(cls, model: TfidfModel, counts: CountMatrix) -> Headlines:
        """The articles of few terms among those counted."""
        rows = np.flatnonzero(np.diff(counts.whole.indptr) <= model.weighting.short_terms)
        return cls(rows, model.shares(counts.whole), model.saturations(counts))


def _search(
    asked: sparse.csr_array[Any],
    found: sparse.csr_array[Any],
    queries: Int64Array,
    rows: Int32Array,
    scores: Float32Array,
    jobs: int,
    advance: Callable[[int], None],
) -> None:
    """Fill the results of the given rows with the best products of ``asked`` and ``found``."""
    postings = found.tocsc()
    arrays = (
        asked.indptr.astype(np.int64),
        asked.indices.astype(np.int32),
        asked.data,
        postings.indptr.astype(np.int64),
        postings.indices.astype(np.int32),
        postings.data,
    )
    chunks = [queries[first : first + CHUNK] for first in range(0, len(queries), CHUNK)]
    done = Parallel(n_jobs=jobs, prefer="threads", return_as="generator_unordered")(
        delayed(_nearest_chunk)(*arrays, chunk, rows, scores) for chunk in chunks
    )
    for size in done:
        advance(size)


@njit(nogil=True, cache=True)
def _nearest_chunk(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    indptr, terms, weights, post_indptr, post_rows, post_weights, queries, out_rows, out_scores
):
    n = len(indptr) - 1
    count = out_rows.shape[1]
    scores = np.zeros(n, dtype=np.float32)
    for row in queries:
        scores[:] = 0
        for place in range(indptr[row], indptr[row + 1]):
            weight = weights[place]
            term = terms[place]
            for post in range(post_indptr[term], post_indptr[term + 1]):
                scores[post_rows[post]] += weight * post_weights[post]
        scores[row] = 0
        best_rows = out_rows[row]
        best = out_scores[row]
        kept = 0
        for start in range(0, n, SCAN):
            stop = min(start + SCAN, n)
            threshold = best[count - 1] if kept == count else np.float32(0)
            highest = np.float32(0)
            for other in range(start, stop):
                highest = max(highest, scores[other])
            if highest <= threshold:
                continue
            for other in range(start, stop):
                score = scores[other]
                # not above the worst: out, and so is an equal one, whose row is higher
                if score <= 0 or (kept == count and score <= best[count - 1]):
                    continue
                place = kept if kept < count else count - 1
                while place > 0 and best[place - 1] < score:
                    best[place] = best[place - 1]
                    best_rows[place] = best_rows[place - 1]
                    place -= 1
                best[place] = score
                best_rows[place] = other
                if kept < count:
                    kept += 1
    return len(queries)
