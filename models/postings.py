"""Postings: which articles hold a term, and by them the articles nearest to a vector.

The score of two articles is the sum of the products of their weights, in float32, columns ascending.
Over all articles that costs the square of the archive, most of it for words that half of them hold and
that tell nothing. So a query looks at no more products than its budget: first those that stand out
most, ``q · w / √df`` (a product counts the more, the fewer would share it by chance). The articles that
are best by these form a pool, and the pool is scored in full. A query that has few more products than
its budget adds up all of them, and its answers are exact; docs/scale.md says how near to exact the others are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from models.candidates import Candidates
from models.tfidf import Float32Array, Int32Array, Int64Array, SparseVector

LEVELS = 12  # a term's postings stand in so many levels, highest first
STEPS = 2  # levels an octave of w / √df; what is below the last level stands in it
NONE = np.iinfo(np.int32).min  # the height of a column without postings
BLOCK = 1 << 22  # postings whose levels are computed together

LEAST_BUDGET = 49_152  # products; what a query over LEAST_ARTICLES needs
LEAST_ARTICLES = 31_000
BUDGET_GROWTH = 0.85
WHOLE = 2.5  # so many budgets of products are added up in full sooner than a pool is scored

LEAST_POOL = 150
POOL = 5  # candidates for each one wanted
ROUNDING = np.float32(1e-5)  # above the error of a sum of a few hundred products in float32


@dataclass(frozen=True, slots=True)
class Postings:
    """The weights of an archive's vectors by column; immutable plain arrays, which may be memory-mapped.

    Attributes:
        vectors: articles × columns, float32, columns ascending in each row, no weight below 0.
        indptr: int32 or int64 (columns · LEVELS + 1,): where each level of each column begins.
        rows, weights: int32 and float32, the articles of a level, ascending, and their weights.
        heights: int32 (columns,), ``⌊STEPS · log2(w / √df)⌋`` of a column's heaviest weight, ``NONE`` of an empty one.
        budget: how many products a query looks at.
    """

    vectors: sparse.csr_array[Any]
    indptr: Int32Array | Int64Array
    rows: Int32Array
    weights: Float32Array
    heights: Int32Array
    budget: int

    @classmethod
    def of(cls, vectors: sparse.csr_array[Any], budget: int | None = None) -> Postings:
        """The postings of vectors; without a budget, of that for so many articles."""
        articles, columns = vectors.shape
        blocks = [slice(start, start + BLOCK) for start in range(0, vectors.nnz, BLOCK)]
        df = np.zeros(columns, dtype=np.int64)
        for block in blocks:
            df += np.bincount(vectors.indices[block], minlength=columns)
        rarity = -0.5 * np.log2(np.maximum(df, 1)).astype(np.float32)
        heights = np.full(columns, NONE, dtype=np.int32)
        levels = np.empty(vectors.nnz, dtype=np.int32)
        for block in blocks:
            terms = vectors.indices[block]
            levels[block] = steps(vectors.data[block], rarity[terms])
            np.maximum.at(heights, terms, levels[block])
        for block in blocks:
            terms = vectors.indices[block]
            levels[block] = np.minimum(heights[terms] - levels[block], LEVELS - 1) + LEVELS * terms
        parted = sparse.csr_array((vectors.data, levels, vectors.indptr), shape=(articles, columns * LEVELS)).tocsc()
        return cls(
            vectors,
            parted.indptr,
            parted.indices.astype(np.int32, copy=False),
            parted.data,
            heights,
            budget_for(articles) if budget is None else budget,
        )

    def __len__(self) -> int:
        """Articles."""
        return int(self.vectors.shape[0])

    def nearest(self, vector: SparseVector, count: int, left_out: Int32Array | None = None) -> Candidates:
        """The ``count`` rows of highest score above 0, best first, equal scores in row order.

        ``left_out`` are rows that are not to be found: deleted ones, or the row that is asked.
        """
        held = self.heights[vector.terms] > NONE
        terms, weights = vector.terms[held].astype(np.int64), vector.weights[held]
        if not len(terms):
            return Candidates(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))
        bounds = self.indptr[terms[:, None] * LEVELS + np.arange(LEVELS + 1)].astype(np.int64)
        sizes = np.diff(bounds)
        complete = int(sizes.sum()) <= WHOLE * self.budget
        reached = np.full(len(terms), LEVELS)
        if not complete:
            below = self._below(terms, weights)
            depths = below[:, None] + np.arange(LEVELS)
            products = np.cumsum(np.bincount(depths.ravel(), sizes.ravel()))
            depth = max(np.searchsorted(products, self.budget, "right"), np.argmax(products > 0) + 1)
            reached = np.clip(depth - below, 0, LEVELS)
        firsts, lasts = bounds[:, 0], np.take_along_axis(bounds, reached[:, None], axis=1)[:, 0]
        parts = [slice(*ends) for ends in zip(firsts.tolist(), lasts.tolist(), strict=True)]
        all_rows, all_weights = np.asarray(self.rows), np.asarray(self.weights)  # slices of memmap are slow
        rows = np.concatenate([all_rows[part] for part in parts])
        products = np.concatenate([all_weights[part] for part in parts]) * np.repeat(weights, lasts - firsts)
        sums = np.bincount(rows, products, minlength=len(self))
        if left_out is not None:
            sums[left_out] = 0
        pool = _highest(sums, count if complete else pool_size(count), ROUNDING if complete else 0)
        asked = np.zeros(self.vectors.shape[1], dtype=np.float32)
        asked[terms] = weights
        scores = self.vectors[pool] @ asked
        return Candidates(pool.astype(np.int32), scores).ranked().take(slice(count))

    def _below(self, terms: Int64Array, weights: Float32Array) -> Int64Array:
        """How many steps the highest product of each term is below the highest of all."""
        heights = self.heights[terms].astype(np.int64) + steps(weights, np.zeros(len(terms), dtype=np.float32))
        below: Int64Array = heights.max() - heights
        return below


def steps(weights: Float32Array, rarity: Float32Array) -> Int32Array:
    """``⌊STEPS · (log2 w + rarity)⌋`` of each weight."""
    least = np.finfo(np.float32).tiny
    return np.floor(STEPS * (np.log2(np.maximum(weights, least)) + rarity)).astype(np.int32)


def budget_for(articles: int) -> int:
    """Products that a query over so many articles looks at: measured, see docs/scale.md."""
    return int(LEAST_BUDGET * max(1.0, articles / LEAST_ARTICLES) ** BUDGET_GROWTH)


def pool_size(count: int) -> int:
    """The candidates that are scored at most to find so many."""
    return max(LEAST_POOL, POOL * count)


def _highest(sums: np.ndarray, count: int, margin: np.float32 | int) -> np.ndarray:
    """The rows of the ``count`` highest sums above 0 and of those no more than a margin below, ascending.

    The highest of strips are as many numbers of the whole: none of the ``count`` highest is below the
    lowest of so many strips' highest, and few others are above it.
    """
    strip = max(1, len(sums) // (8 * count))
    ends = sums[: len(sums) // strip * strip].reshape(-1, strip).max(axis=1)
    floor = np.partition(ends, -count)[-count] - margin if len(ends) >= count else 0
    rows = np.flatnonzero(sums >= floor) if floor > 0 else np.flatnonzero(sums)
    if len(rows) > count:
        found = sums[rows]
        worst = np.partition(found, -count)[-count]
        kept = found >= worst - margin
        if not margin:  # of equal ones at the end, those of the lowest rows
            kept &= (found > worst) | (np.cumsum(found == worst) <= count - np.count_nonzero(found > worst))
        rows = rows[kept]
    return rows
