"""Neighbours: the nearest articles of every article, by the postings of the archive.

What is looked for, and in which order, is said in :mod:`models.postings`; this is the same compiled, for
all articles. An article with few more products than its budget gets all of them added up in a dense
accumulator, in ascending order of columns. The others add up what stands out most, and score a pool of
the best in full, best first, until none that follows can be expected to come in: what the first sums
lacked of the scores so far is the most that the others may lack. Either way a pair has one score,
whichever of the two asks, however many work and whatever they work on together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numba import njit
from scipy import sparse

from models.index import DAY, UNKNOWN_TIME
from models.postings import LEVELS, STEPS, WHOLE, Postings, pool_size
from models.tfidf import COVERAGE_POWER, CountMatrix, Float32Array, Int32Array, Int64Array, TfidfModel
from training.room import Room, in_memory

CHUNK = 256  # articles a task
FIRST = 80  # so many more than the neighbours wanted are scored before what follows can be judged
AHEAD = 8  # rows fetched together before they are scored
LINE = 16  # numbers of 4 bytes in a cache line
LINES = 4  # fetched of a term's postings before they are added; the processor sees the rest coming
_DEPTHS = 600  # more steps than lie between any two products of float32


def nearest(
    vectors: sparse.csr_array[Any],
    count: int,
    jobs: int,
    advance: Callable[[int], None],
    headlines: Headlines | None = None,
    windows: Int64Array | None = None,
    budget: int | None = None,
    spread: Callable[..., None] | None = None,
    room: Room = in_memory,
) -> tuple[Int32Array, Float32Array]:
    """The ``count`` nearest other rows of each row, best first; equal scores in row order.

    Args:
        vectors: articles × columns, float32, columns ascending in each row, no weight below 0.
        count: neighbours wanted of each article.
        jobs: threads; -1 is one a core.
        advance: told how many articles are done.
        headlines: the articles that are asked by coverage.
        windows: int64 (n, 2), the first row and one past the last that an article's neighbours may be.
        budget: products that an article looks at; without one, that for so many articles.
        spread: who searches instead of threads, see :class:`training.spread.Spread`.
        room: makes ``neighbour_rows`` and ``neighbour_scores``, which are returned.

    Returns:
        rows: int32 (n, count), -1 where fewer have a score above 0.
        scores: float32 (n, count), 0 there; the cosine, for headlines a power of the coverage
            that brings it to the scale of cosines.
    """
    n = vectors.shape[0]
    rows, scores = room("neighbour_rows", (n, count), np.int32), room("neighbour_scores", (n, count), np.float32)
    rows[:], scores[:] = -1, 0
    short = np.empty(0, dtype=np.int64) if headlines is None else headlines.rows
    full = np.setdiff1d(np.arange(n), short)
    if windows is None:
        windows = whole_windows(n)
    search(vectors, Postings.of(vectors, budget), full, windows, rows, scores, jobs, advance, spread)
    if headlines is not None and len(short):
        found = Postings.of(headlines.saturations, budget)
        search(headlines.shares, found, short, windows, rows, scores, jobs, advance, spread)
        scores[short] **= COVERAGE_POWER
    return rows, scores


def whole_windows(articles: int) -> Int64Array:
    """All rows for each row, as :func:`time_windows` has them."""
    return np.tile(np.array([0, articles], dtype=np.int64), (articles, 1))


def time_windows(published: Int64Array, days: float | None) -> Int64Array:
    """The rows within so many days of each row, as int64 (n, 2): first, one past the last; None is no limit.

    Rows stand newest first, those of unknown time last: near to these may be any row, near to the
    others is none of them.
    """
    windows = whole_windows(len(published))
    if days is None:
        return windows
    known = published != UNKNOWN_TIME
    ages = -published[known]
    reach = int(days * DAY)
    windows[known, 0] = np.searchsorted(ages, ages - reach, side="left")
    windows[known, 1] = np.searchsorted(ages, ages + reach, side="right")
    return windows


@dataclass(frozen=True, slots=True)
class Headlines:
    """The rows that are asked by coverage instead of cosine, see :meth:`TfidfModel.shares`.

    Attributes:
        rows: int64, the headlines.
        shares: of the headlines; the other rows are empty.
        saturations: of all articles, in the terms of the headlines alone.
    """

    rows: Int64Array
    shares: sparse.csr_array[Any]
    saturations: sparse.csr_array[Any]

    @classmethod
    def among(
        cls, model: TfidfModel, counts: CountMatrix, saturations: sparse.csr_array[Any] | None = None
    ) -> Headlines:
        """The articles of few terms among those counted; ``saturations`` are those of all terms, if at hand."""
        lengths, short = np.diff(counts.whole.indptr), model.headlines(counts.whole)
        rows = np.flatnonzero(short)
        asked = counts.whole[rows]
        wanted = np.zeros(counts.whole.shape[1], dtype=np.bool_)
        wanted[asked.indices] = True
        indptr = np.concatenate(([0], np.cumsum(np.where(short, lengths, 0))))
        asked = sparse.csr_array((asked.data, asked.indices, indptr), shape=counts.whole.shape)
        found = model.saturations(counts) if saturations is None else saturations
        return cls(rows, model.shares(asked), _columns(found, wanted))


def _columns(rows: sparse.csr_array[Any], wanted: np.ndarray) -> sparse.csr_array[Any]:
    """The same rows with the entries of the wanted columns alone."""
    there = wanted[rows.indices]
    indptr = np.concatenate(([0], np.cumsum(there)))[rows.indptr]
    return sparse.csr_array((rows.data[there], rows.indices[there], indptr), shape=rows.shape)


def search(
    asked: sparse.csr_array[Any],
    found: Postings,
    queries: Int64Array,
    windows: Int64Array,
    rows: Int32Array,
    scores: Float32Array,
    jobs: int,
    advance: Callable[[int], None],
    spread: Callable[..., None] | None = None,
) -> None:
    """Fill the results of some rows, ``queries``, with the best of what is found; the rest as for :func:`nearest`."""
    arrays = (
        compressed(asked),
        compressed(found.vectors),
        (found.indptr.astype(np.int64), _unsigned(found.rows), found.weights, found.heights),
    )
    limits = (found.budget, pool_size(rows.shape[1]))
    if spread is not None:
        spread(arrays, limits, queries, windows, rows, scores, advance)
        return
    chunks = [queries[first : first + CHUNK] for first in range(0, len(queries), CHUNK)]
    done = Parallel(n_jobs=jobs, prefer="threads", return_as="generator_unordered")(
        delayed(nearest_chunk)(*arrays, *limits, chunk, windows, rows, scores) for chunk in chunks
    )
    for size, _ in done:
        advance(size)


def compressed(matrix: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A CSR or CSC matrix as what is compiled reads it: where its rows or columns begin, indices, values."""
    return matrix.indptr.astype(np.int64), _unsigned(matrix.indices), matrix.data


def _unsigned(numbers: Int32Array | Int64Array) -> np.ndarray:
    """The same numbers, none below 0, as uint32; without a copy where they are int32."""
    return numbers.astype(np.int32, copy=False).view(np.uint32)


# Compiled. Indices are unsigned where they are many: a signed one is asked each time whether it counts
# from the end. Sums are compared as integers in scans: for numbers not below 0 that is the same order,
# and it is done for many at once.


@njit(nogil=True, cache=True)
def nearest_chunk(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    asked, vectors, postings, budget, pool, queries, windows, out_rows, out_scores
):
    """Fill the results of a chunk of queries; how many they are, and what was fetched ahead."""
    indptr, terms, weights = asked
    post_indptr, post_rows, post_weights, heights = postings
    n, count = len(windows), out_rows.shape[1]
    sums = np.zeros(n, dtype=np.float32)
    dense = np.zeros(len(heights), dtype=np.float32)
    copy = np.empty(n, dtype=np.float32)
    found_rows = np.empty(n, dtype=np.int32)
    found = np.empty(n, dtype=np.float32)
    touched = np.float32(0)  # handed out, or the compiler would leave out what is read for it
    for row in queries:
        start, size = indptr[row], indptr[row + 1] - indptr[row]
        first, last = windows[row, 0], windows[row, 1]
        firsts, lasts = _bounds(terms, start, size, post_indptr, post_rows, first, last, n)
        total = np.sum(lasts - firsts)
        complete = total <= WHOLE * budget
        reached = np.full(size, LEVELS, dtype=np.int64)
        if not complete:
            _reach(terms, weights, start, heights, firsts, lasts, budget, reached)
        sums[first:last] = 0
        for place in range(size):
            last_read = min(firsts[place, 0] + LINE * LINES, lasts[place, LEVELS - 1])
            touched += _touch(post_rows, post_weights, firsts[place, 0], last_read)
        for place in range(size):
            weight = weights[start + place]
            if last - first == n and reached[place] > 0:  # one level begins where the one before it ends
                _add(sums, weight, post_rows, post_weights, firsts[place, 0], lasts[place, reached[place] - 1])
            else:
                for level in range(reached[place]):
                    _add(sums, weight, post_rows, post_weights, firsts[place, level], lasts[place, level])
        if first <= row < last:
            sums[row] = 0
        kept = _highest(sums, first, last, count if complete else pool, copy, found_rows, found)
        if complete:
            _keep(found_rows, found, kept, out_rows[row], out_scores[row])
        else:
            for place in range(start, start + size):
                dense[terms[place]] = weights[place]
            touched += _score(vectors, dense, found_rows, found, kept, out_rows[row], out_scores[row])
            for place in range(start, start + size):
                dense[terms[place]] = 0
    return len(queries), touched


@njit(nogil=True, cache=True)
def _bounds(terms, start, size, indptr, rows, first, last, n):  # type: ignore[no-untyped-def]
    """Where the postings of each term and level that lie in a window begin and end."""
    firsts = np.empty((size, LEVELS), dtype=np.int64)
    lasts = np.empty((size, LEVELS), dtype=np.int64)
    for place in range(size):
        base = np.int64(terms[start + place]) * LEVELS
        for level in range(LEVELS):
            low, high = indptr[base + level], indptr[base + level + 1]
            if last - first < n:
                low += np.searchsorted(rows[low:high], np.uint32(first))
                high = low + np.searchsorted(rows[low:high], np.uint32(last))
            firsts[place, level] = low
            lasts[place, level] = high
    return firsts, lasts


@njit(nogil=True, cache=True)
def _reach(terms, weights, start, heights, firsts, lasts, budget, reached):  # type: ignore[no-untyped-def]
    """How many levels of each term are within the budget, those of the highest products first."""
    size = len(reached)
    tops = np.empty(size, dtype=np.int64)
    highest = np.int64(np.iinfo(np.int32).min)
    for place in range(size):
        tops[place] = heights[terms[start + place]] + np.int64(np.floor(STEPS * np.log2(weights[start + place])))
        if lasts[place, LEVELS - 1] > firsts[place, 0]:
            highest = max(highest, tops[place])
    products = np.zeros(_DEPTHS + LEVELS, dtype=np.int64)
    for place in range(size):
        below = min(max(highest - tops[place], 0), _DEPTHS)
        tops[place] = below
        for level in range(LEVELS):
            products[below + level] += lasts[place, level] - firsts[place, level]
    depth, done = 0, 0
    while done == 0 or done + products[depth] <= budget:  # something is looked at in any case
        done += products[depth]
        depth += 1
    for place in range(size):
        reached[place] = min(max(depth - tops[place], 0), LEVELS)


@njit(nogil=True, cache=True)
def _add(sums, weight, rows, weights, first, last):  # type: ignore[no-untyped-def]
    for post in range(np.uint64(first), np.uint64(last)):
        sums[rows[post]] += weight * weights[post]


@njit(nogil=True, cache=True)
def _highest(sums, first, last, count, copy, found_rows, found):  # type: ignore[no-untyped-def]
    """Put the rows of the ``count`` highest sums above 0 into ``found``, ascending; tell how many.

    The highest of strips are as many numbers of the whole: none of the ``count`` highest is below the
    lowest of so many strips' highest, and few others are above it.
    """
    strip = max(1, (last - first) // (8 * count))
    strips = -(-(last - first) // strip)
    as_integers, ends = sums.view(np.int32), copy.view(np.int32)
    for number in range(strips):
        end = min(first + (number + 1) * strip, last)
        highest = np.int32(0)
        for other in range(np.uint64(first + number * strip), np.uint64(end)):
            highest = max(highest, as_integers[other])
        ends[number] = highest
    peaks = copy[:strips].copy()
    floor = _nth(copy, strips, count) if strips >= count else np.float32(0)
    kept = 0
    for number in range(strips):
        if peaks[number] < floor or peaks[number] == 0:
            continue
        for other in range(first + number * strip, min(first + (number + 1) * strip, last)):
            if sums[other] >= floor and sums[other] > 0:
                found_rows[kept] = other
                found[kept] = sums[other]
                kept += 1
    if kept <= count:
        return kept
    copy[:kept] = found[:kept]
    worst = _nth(copy, kept, count)
    equal = count
    for place in range(kept):
        if found[place] > worst:
            equal -= 1
    size = 0
    for place in range(kept):
        if found[place] == worst:
            equal -= 1
        if found[place] > worst or (found[place] == worst and equal >= 0):
            found_rows[size] = found_rows[place]
            found[size] = found[place]
            size += 1
    return size


@njit(nogil=True, cache=True)
def _nth(numbers, size, count):  # type: ignore[no-untyped-def]
    """The ``count``-th highest of the first ``size`` numbers, which change their places (Hoare's quickselect)."""
    low, high, wanted = 0, size - 1, count - 1
    while low < high:
        pivot = numbers[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while numbers[left] > pivot:
                left += 1
            while numbers[right] < pivot:
                right -= 1
            if left <= right:
                numbers[left], numbers[right] = numbers[right], numbers[left]
                left += 1
                right -= 1
        if wanted <= right:
            high = right
        elif wanted >= left:
            low = left
        else:
            break
    return numbers[wanted]


@njit(nogil=True, cache=True)
def _keep(rows, scores, size, best_rows, best):  # type: ignore[no-untyped-def]
    """Fill the result with no more than fit in it, best first, equal ones in row order."""
    order = np.argsort(-scores[:size], kind="mergesort")
    for place in range(size):
        best_rows[place] = rows[order[place]]
        best[place] = scores[order[place]]


@njit(nogil=True, cache=True)
def _touch(terms, weights, first, last):  # type: ignore[no-untyped-def]
    """Read a number of each cache line of a row: many lines are fetched at once, before they are needed."""
    touched = np.float32(0)
    for place in range(np.uint64(first), np.uint64(last), np.uint64(LINE)):
        touched += weights[place] + terms[place]
    return touched


@njit(nogil=True, cache=True)
def _score(vectors, dense, rows, sums, size, best_rows, best):  # type: ignore[no-untyped-def]
    """Fill the result with the best of a pool by full scores, given their first sums."""
    indptr, terms, weights = vectors
    count, kept = len(best), 0
    most, touched = np.float32(0), np.float32(0)
    order = np.argsort(-sums[:size], kind="mergesort")
    for number in range(size):
        if number % AHEAD == 0:
            for other in range(number, min(number + AHEAD, size)):
                touched += _touch(terms, weights, indptr[rows[order[other]]], indptr[rows[order[other]] + 1])
        row, first_sum = rows[order[number]], sums[order[number]]
        if number >= count + FIRST and kept == count and first_sum + most < best[count - 1]:
            break
        score = np.float32(0)
        for place in range(np.uint64(indptr[row]), np.uint64(indptr[row + 1])):
            score += dense[terms[place]] * weights[place]
        most = max(most, score - first_sum)
        place = min(kept, count - 1)
        if kept == count and (score < best[place] or (score == best[place] and row > best_rows[place])):
            continue
        while place > 0 and (best[place - 1] < score or (best[place - 1] == score and best_rows[place - 1] > row)):
            best[place] = best[place - 1]
            best_rows[place] = best_rows[place - 1]
            place -= 1
        best[place] = score
        best_rows[place] = row
        kept = min(kept + 1, count)
    return touched
