"""Joining: new rows join the neighbours of an archive, and rows that lost a neighbour find another one.

All rows of the archive pass once by the postings of the few that are new. Each pair's products are added up
in ascending order of columns, as :mod:`training.neighbours` adds them: the score is the same to the last bit.
So a new row finds its neighbours, and each row that it passes learns whether the new one is among its own.

A list of the version before is exact up to its last place. What was not in it ranks behind that place, so a
list that lost a row is still known where others came in before it; only rows whose lists are not full
again in this way ask all others anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numba import njit
from numpy.typing import NDArray
from scipy import sparse

from models.tfidf import COVERAGE_POWER, Float32Array, Int32Array, Int64Array, TfidfModel
from training.neighbours import compressed

AT_ONCE = 8_192  # rows that ask together: their sums stay in the processor's cache

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Archive:
    """What all rows are compared by.

    Attributes:
        vectors: the unit vectors, articles × columns.
        saturations: see :meth:`TfidfModel.saturations`; its pattern are the terms of each article.
        tfidf: whose importance makes shares of headlines.
        windows: int64 (n, 2), the first row and one past the last that an article's neighbours may be.
    """

    vectors: sparse.csr_array[Any]
    saturations: sparse.csr_array[Any]
    tfidf: TfidfModel
    windows: Int64Array

    @property
    def headlines(self) -> BoolArray:
        """Which rows are asked by coverage."""
        return self.tfidf.headlines(self.saturations)

    def shares(self, rows: Int64Array) -> sparse.csr_array[Any]:
        """What the terms of some rows are asked with, rows × vocabulary."""
        return self.tfidf.shares(sparse.csr_array(self.saturations[rows]))

    def coverages(self, short: Int64Array, rows: Int32Array) -> Float32Array:
        """The coverage of headlines by the neighbours that they have, (headlines, k), 0 where there is none."""
        asked, found = compressed(self.shares(short)), compressed(self.saturations)
        scores: Float32Array = _coverages(*asked, *found, rows)
        return scores


def join(
    archive: Archive,
    rows: Int32Array,
    scores: Float32Array,
    new: Int64Array,
    bounds: Float32Array,
    jobs: int,
    advance: Callable[[int], None],
) -> Int64Array:
    """Bring the neighbours of all rows up to date, in place.

    Args:
        archive: all rows, the new ones among them.
        rows: int32 (n, k), the neighbours known so far, best first, -1 where there is none; those that are gone
            are taken out already.
        scores: float32 (n, k), 0 where there is none. Those of headlines are coverages, and become scores of the
            scale of cosines.
        new: the rows without neighbours so far, ascending.
        bounds: float32 (n,), the score of the last place of a list that was full and lost a row, which nothing
            that was left out exceeds; below 0 where nothing is lost by what was left out.
        jobs: threads; -1 is one a core.
        advance: told how many rows have found their neighbours.

    Returns:
        The rows that asked all others: the new ones, and those that lost a neighbour and could not be sure of another.
    """
    headlines = archive.headlines
    is_new = np.zeros(len(rows), dtype=np.bool_)
    is_new[new] = True
    short = np.flatnonzero(headlines & ~is_new)
    offered = ~headlines & ~is_new
    everyone, nobody = np.arange(len(rows)), np.zeros(len(rows), dtype=np.bool_)
    # new rows in full pass by the archive: they ask, and are offered to all that are no headlines
    _meet(archive.vectors, everyone, archive.vectors[new], new, offered, ~headlines[new], archive, rows, scores, jobs)
    # headlines among the archive pass by the new rows, and new headlines by the archive
    if len(short):
        shares, none = archive.shares(short), np.zeros(len(new), dtype=np.bool_)
        _meet(shares, short, archive.saturations[new], new, ~nobody, none, archive, rows, scores, jobs)
    _ask_by_coverage(archive, new[headlines[new]], rows, scores, jobs)
    advance(len(new))
    full = rows[:, -1] >= 0
    unsure = np.flatnonzero((bounds >= 0) & ~(full & (scores[:, -1] > bounds)))
    rows[unsure], scores[unsure] = -1, 0
    in_full = unsure[~headlines[unsure]]
    for first in range(0, len(in_full), AT_ONCE):
        asked = in_full[first : first + AT_ONCE]
        everybody = np.ones(len(asked), dtype=np.bool_)
        _meet(archive.vectors, everyone, archive.vectors[asked], asked, nobody, everybody, archive, rows, scores, jobs)
    _ask_by_coverage(archive, unsure[headlines[unsure]], rows, scores, jobs)
    scores[headlines] **= COVERAGE_POWER
    advance(len(unsure))
    return np.union1d(new, unsure)


def _ask_by_coverage(archive: Archive, asked: Int64Array, rows: Int32Array, scores: Float32Array, jobs: int) -> None:
    everyone, nobody = np.arange(len(rows)), np.zeros(len(rows), dtype=np.bool_)
    for first in range(0, len(asked), AT_ONCE):
        some = asked[first : first + AT_ONCE]
        everybody = np.ones(len(some), dtype=np.bool_)
        shares = archive.shares(some)
        _meet(archive.saturations, everyone, shares, some, nobody, everybody, archive, rows, scores, jobs)


def _meet(
    passing: sparse.csr_array[Any],
    numbers: Int64Array,
    posted: sparse.csr_array[Any],
    queries: Int64Array,
    offered: BoolArray,
    asking: BoolArray,
    archive: Archive,
    rows: Int32Array,
    scores: Float32Array,
    jobs: int,
) -> None:
    """Let rows pass by the postings of others, both ways.

    ``numbers`` are the rows that pass, ``queries`` those whose postings they meet; ``offered`` says of each row of
    the archive whether what it meets may come into its list, ``asking`` of each query whether it wants a list.
    """
    if not len(queries) or not len(numbers):
        return
    count = rows.shape[1]
    postings = compressed(sparse.csr_array(posted).tocsc())
    arrays = compressed(passing)
    parts = effective_n_jobs(jobs)
    cuts = np.linspace(0, len(numbers), parts + 1).astype(np.int64)
    found = [
        (np.full((len(queries), count), -1, dtype=np.int32), np.zeros((len(queries), count), dtype=np.float32))
        for _ in range(parts)
    ]
    Parallel(n_jobs=jobs, prefer="threads")(
        delayed(_meet_some)(
            *arrays, *postings, first, last, numbers, queries, archive.windows, offered, asking, rows, scores, *best
        )
        for first, last, best in zip(cuts[:-1].tolist(), cuts[1:].tolist(), found, strict=True)
    )
    all_rows = np.concatenate([best_rows for best_rows, _ in found], axis=1)
    all_scores = np.concatenate([best for _, best in found], axis=1)
    order = np.lexsort((all_rows, -all_scores))[:, :count]
    wanted = queries[asking]
    rows[wanted] = np.take_along_axis(all_rows, order, axis=1)[asking]
    scores[wanted] = np.take_along_axis(all_scores, order, axis=1)[asking]


@njit(nogil=True, cache=True)
def _meet_some(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    indptr,
    terms,
    weights,
    post_indptr,
    post_queries,
    post_weights,
    first,
    last,
    numbers,
    queries,
    windows,
    offered,
    asking,
    rows,
    scores,
    best_rows,
    best,
):
    count, size = rows.shape[1], len(queries)
    sums = np.zeros(size, dtype=np.float32)
    floors = np.zeros(size, dtype=np.float32)
    for query in range(size):
        if not asking[query]:
            floors[query] = np.inf
    for place in range(first, last):
        row = numbers[place]
        sums[:] = 0
        for entry in range(np.uint64(indptr[place]), np.uint64(indptr[place + 1])):
            weight = weights[entry]
            for post in range(np.uint64(post_indptr[terms[entry]]), np.uint64(post_indptr[terms[entry] + 1])):
                sums[post_queries[post]] += weight * post_weights[post]
        floor = scores[row, count - 1] if offered[row] else np.float32(np.inf)
        for query in range(size):
            score = sums[query]
            if score <= 0 or (score < floor and score < floors[query]):
                continue
            other = queries[query]
            if other == row:
                continue
            if score >= floor and windows[row, 0] <= other < windows[row, 1]:
                _insert(rows[row], scores[row], other, score)
                floor = scores[row, count - 1]
            if score >= floors[query] and windows[other, 0] <= row < windows[other, 1]:
                _insert(best_rows[query], best[query], row, score)
                floors[query] = best[query, count - 1]


@njit(nogil=True, cache=True)
def _insert(rows, scores, row, score):  # type: ignore[no-untyped-def]
    """Put a row into a list, best first, equal scores in row order; the last of a full one falls out."""
    place = len(rows) - 1
    if rows[place] >= 0 and (scores[place] > score or (scores[place] == score and rows[place] < row)):
        return
    while place > 0 and (
        rows[place - 1] < 0 or scores[place - 1] < score or (scores[place - 1] == score and rows[place - 1] > row)
    ):
        rows[place] = rows[place - 1]
        scores[place] = scores[place - 1]
        place -= 1
    rows[place] = row
    scores[place] = score


@njit(cache=True)
def _coverages(indptr, terms, weights, found_indptr, found_terms, found_weights, rows):  # type: ignore[no-untyped-def]
    scores = np.zeros(rows.shape, dtype=np.float32)
    for place in range(len(rows)):
        for number in range(rows.shape[1]):
            row = rows[place, number]
            if row < 0:
                break
            score = np.float32(0)
            low = np.int64(found_indptr[row])
            end = np.int64(found_indptr[row + 1])
            for entry in range(indptr[place], indptr[place + 1]):
                low += np.searchsorted(found_terms[low:end], terms[entry])
                if low < end and found_terms[low] == terms[entry]:
                    score += weights[entry] * found_weights[low]
            scores[place, number] = score
    return scores


@njit(cache=True)
def close_ranks(rows, scores, row_of):  # type: ignore[no-untyped-def]
    """Renumber the neighbours of a version in place, without those that are gone; the bounds that ``join`` asks for.

    ``row_of`` is the new row of each, -1 of what is gone. A list that was full is bounded by its last score.
    """
    count = rows.shape[1]
    bounds = np.full(len(rows), np.float32(-1))
    for place in range(len(rows)):
        kept, last = 0, scores[place, count - 1]
        was_full = rows[place, count - 1] >= 0
        for number in range(count):
            if rows[place, number] < 0:
                break
            row = row_of[rows[place, number]]
            if row >= 0:
                rows[place, kept], scores[place, kept] = row, scores[place, number]
                kept += 1
        if was_full and kept < count:
            bounds[place] = last
        rows[place, kept:] = -1
        scores[place, kept:] = 0
    return bounds
