"""Splice: the rows of a version, without those that are gone, and new rows become the rows of the next version."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.index import ArticleIndex
from models.tfidf import Int64Array


@dataclass(frozen=True, slots=True)
class Splice:
    """Where rows go.

    Attributes:
        old: int64, the row that each row of the version becomes, -1 of those that are gone.
        new: int64, the row of each new one, ascending.
        runs: the rows in order, as first and one past the last of the old ones followed by the new ones.
    """

    old: Int64Array
    new: Int64Array
    runs: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, gone: NDArray[np.bool_], places: Int64Array) -> Splice:
        """Put each new row in front of the old one at its place; places ascend."""
        count = len(gone)
        order = np.insert(np.arange(count), places, count + np.arange(len(places)))
        order = order[~np.append(gone, np.zeros(len(places), dtype=np.bool_))[order]]
        row_of = np.full(count + len(places), -1, dtype=np.int64)
        row_of[order] = np.arange(len(order))
        begins = np.flatnonzero(np.append(True, (np.diff(order) != 1) | (order[1:] == count))[: len(order)])
        lasts = order[np.append(begins[1:], len(order))[: len(begins)] - 1] + 1
        return cls(row_of[:count], row_of[count:], list(zip(order[begins].tolist(), lasts.tolist(), strict=True)))

    def __len__(self) -> int:
        return sum(last - first for first, last in self.runs)

    def array(self, old: np.ndarray, new: np.ndarray) -> np.ndarray:
        """One number, or one row of numbers, for each row."""
        count = len(self.old)
        parts = [old[a:b] if a < count else new[a - count : b - count] for a, b in self.runs]
        return np.concatenate([old[:0], *parts])

    def ragged(
        self, old_indptr: np.ndarray, old: np.ndarray, new_indptr: np.ndarray, new: np.ndarray
    ) -> tuple[Int64Array, np.ndarray]:
        """Several numbers for each row, one row after the other: where each row's begin, and the numbers."""
        count = len(self.old)
        lengths = self.array(np.diff(old_indptr), np.diff(new_indptr))
        bounds = np.concatenate([old_indptr[:-1], old_indptr[-1] + new_indptr]).astype(np.int64)
        ends = np.concatenate([old_indptr[1:], old_indptr[-1] + new_indptr[1:]]).astype(np.int64)
        size = int(old_indptr[-1])
        parts = []
        for first, last in self.runs:
            begin, end = int(bounds[first]), int(ends[last - 1])
            parts.append(old[begin:end] if first < count else new[begin - size : end - size])
        indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
        return indptr, np.concatenate([old[:0], *parts])


def places_among(index: ArticleIndex, published: Int64Array, ids: Sequence[str]) -> Int64Array:
    """In front of which row of an index articles belong: newest first, unknown times last, equal times by id."""
    ages = ~np.asarray(index.published)  # ~ turns the order round without overflow
    lows = np.searchsorted(ages, ~published, side="left").tolist()
    highs = np.searchsorted(ages, ~published, side="right").tolist()
    places = []
    for low, high, article_id in zip(lows, highs, ids, strict=True):
        equal = range(low, high)
        places.append(low + bisect_left(equal, article_id, key=lambda row: index.cards.card(row).id))
    return np.array(places, dtype=np.int64)
