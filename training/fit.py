"""Fitting: blocks of counts become vocabulary, idf and unit vectors.

Blocks are read from their files one at a time, twice over: what is held is the matrix that comes of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

from models.stories import Shingles
from models.tfidf import CountMatrix, Int32Array, Int64Array, TfidfModel, Weighting
from training import blocks
from training.blocks import Block, Recipe
from training.places import Place
from training.room import Room, in_memory

ROWS = 20_000  # articles weighed together: what is reckoned of them takes some twenty times their memory

Wanted = tuple[tuple[int, int], Int64Array | None]


def block_spans(spans: Int64Array) -> list[tuple[int, int]]:
    """Where each block stands in the staged file, from where each article stands, int64 (n, 2)."""
    firsts = range(0, len(spans), blocks.SIZE)
    return [(int(spans[first, 0]), int(spans[first : first + blocks.SIZE][-1, 1])) for first in firsts]


def make_blocks(
    recipe: Recipe, folder: Place, path: Place, wanted: Sequence[Wanted], jobs: int
) -> Iterator[tuple[Place, int, bool]]:
    """The results of :func:`training.blocks.made` for each block in their order, by ``jobs`` processes.

    With another joblib backend in force, by its workers.
    """
    # numbers in tuples, not arrays: those joblib would leave with one of Dask's workers, to be lost with it
    tasks = [(span, None if places is None else tuple(places.tolist())) for span, places in wanted]
    if len(tasks) == 1:
        yield blocks.made(recipe, folder, path, *tasks[0])  # not worth a process
        return
    with Parallel(n_jobs=jobs, return_as="generator") as parallel:
        yield from parallel(delayed(blocks.made)(recipe, folder, path, *one) for one in tasks)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some articles of a block: which, and their positions among all."""

    load: Callable[[], Block]
    places: Int64Array
    positions: Int64Array
    numbers: Int32Array  # of the block's terms, among all terms


class Counts:
    """Blocks put together: one vocabulary, one matrix."""

    def __init__(self) -> None:
        self._number_of: dict[str, int] = {}
        self._parts: list[_Part] = []
        self._articles: Counter[str] = Counter()
        self._lines: Counter[str] = Counter()
        self._size = 0

    def add(self, load: Callable[[], Block], places: Int64Array, positions: Int64Array) -> None:
        """Take the articles at some places of a block for those at some positions of all."""
        block, known = load(), self._number_of
        numbers = np.array([known.setdefault(term, len(known)) for term in block.words], dtype=np.int32)
        self._parts.append(_Part(load, places, positions, numbers))
        self._size = max(self._size, int(positions.max(initial=-1)) + 1)
        articles, lines = block.taken_off(places)
        self._articles.update(articles)
        self._lines.update(lines)

    @property
    def removed(self) -> dict[str, tuple[int, int]]:
        """By kind, in how many articles lines were taken off and how many lines."""
        return {kind: (self._articles[kind], lines) for kind, lines in self._lines.items()}

    def matrix(self, rows: Int64Array, min_df: int, room: Room = in_memory) -> tuple[list[str], CountMatrix]:
        """Sorted vocabulary of the terms that stand in ``min_df`` of the given rows, and their counts."""
        vocabulary, column_of = self._vocabulary(rows, min_df)
        return vocabulary, self._counted(rows, column_of, len(vocabulary), room)

    def over(self, vocabulary: Sequence[str], rows: Int64Array, room: Room = in_memory) -> CountMatrix:
        """Counts of the given rows over a vocabulary, which is sorted; terms that are not in it are left out."""
        known = list(vocabulary)  # the first asking of a version's may read it from its file
        column_of = np.full(len(self._number_of), -1, dtype=np.int32)
        for term, number in self._number_of.items():
            place = bisect_left(known, term)
            if place < len(known) and known[place] == term:
                column_of[number] = place
        return self._counted(rows, column_of, len(known), room)

    def terms(self, rows: Int64Array) -> int:
        """Distinct terms of each of the given rows, added up."""
        row_of = self._row_of(rows)
        return sum(
            int(block.lengths[_rows_of(part, row_of, len(block.lengths)) >= 0].sum())
            for part, block in ((part, part.load()) for part in self._parts)
        )

    def _vocabulary(self, rows: Int64Array, min_df: int) -> tuple[list[str], Int32Array]:
        """The terms that stand in ``min_df`` of the given rows, sorted, and the column of each of all terms."""
        row_of = self._row_of(rows)
        df = np.zeros(len(self._number_of), dtype=np.int64)
        for part in self._parts:
            block = part.load()
            entries = np.repeat(_rows_of(part, row_of, len(block.lengths)) >= 0, block.lengths)
            df[part.numbers] += np.bincount(block.numbers[entries], minlength=len(part.numbers))
        terms = list(self._number_of)
        kept = sorted(np.flatnonzero(df >= min_df).tolist(), key=terms.__getitem__)
        column_of = np.full(len(terms), -1, dtype=np.int32)
        column_of[kept] = np.arange(len(kept), dtype=np.int32)
        return [terms[number] for number in kept], column_of

    def _counted(self, rows: Int64Array, column_of: Int32Array, columns: int, room: Room) -> CountMatrix:
        row_of = self._row_of(rows)
        lengths = np.zeros((2, len(rows)), dtype=np.int64)
        for row, _, _, lead in self._entries(row_of, column_of):
            for part_lengths, of_part in zip(lengths, (row, row[lead > 0]), strict=True):
                there, times = np.unique(of_part, return_counts=True)
                part_lengths[there] = times  # a row is of one block
        shape = (len(rows), columns)
        names = (("whole", "whole_terms"), ("lead", "lead_terms"))
        whole, leads = (_empty(part, shape, both, room) for part, both in zip(lengths, names, strict=True))
        for row, column, count, lead in self._entries(row_of, column_of):
            _fill(whole, row, column, count)
            there = lead > 0
            _fill(leads, row[there], column[there], lead[there])
        return CountMatrix(whole, leads)

    def shingles(self, rows: Int64Array, path: Path) -> tuple[Int64Array, Shingles]:
        """Shingles of the given rows, one row after the other, in a mapped file: where each row's begin, and all."""
        row_of = self._row_of(rows)
        lengths = np.zeros(len(rows), dtype=np.int64)
        for part in self._parts:
            counts = part.load().shingle_counts
            row = _rows_of(part, row_of, len(counts))
            lengths[row[row >= 0]] = counts[row >= 0]
        indptr = np.concatenate(([0], np.cumsum(lengths)))
        marks: Shingles = np.memmap(path, dtype=np.uint32, mode="w+", shape=(max(int(indptr[-1]), 1),))[: indptr[-1]]
        for part in self._parts:
            block = part.load()
            row = np.repeat(_rows_of(part, row_of, len(block.lengths)), block.shingle_counts)
            marks[_places(indptr, row[row >= 0])] = block.shingles[row >= 0]
        return indptr, marks

    def _row_of(self, rows: Int64Array) -> Int64Array:
        row_of = np.full(self._size, -1, dtype=np.int64)
        row_of[rows] = np.arange(len(rows))
        return row_of

    def _entries(self, row_of: Int64Array, column_of: Int32Array) -> Iterator[tuple[np.ndarray, ...]]:
        """Rows, columns, counts and counts in the lead, block by block, in order of row and column."""
        columns = int(column_of.max(initial=0)) + 1
        for part in self._parts:
            block = part.load()
            row = np.repeat(_rows_of(part, row_of, len(block.lengths)), block.lengths)
            column = column_of[part.numbers][block.numbers]
            there = np.flatnonzero((row >= 0) & (column >= 0))
            order = there[np.argsort(row[there] * columns + column[there])]
            yield row[order], column[order], block.counts[order], block.lead[order]


def _rows_of(part: _Part, row_of: Int64Array, articles: int) -> Int64Array:
    """The row of each article of a part's block, -1 where it is not wanted."""
    rows = np.full(articles, -1, dtype=np.int64)
    rows[part.places] = row_of[part.positions]
    return rows


def _empty(lengths: Int64Array, shape: tuple[int, int], names: tuple[str, str], room: Room) -> sparse.csr_array[Any]:
    """A matrix of so many entries a row; ``names`` are those of the arrays of their values and columns."""
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    indptr = indptr.astype(np.int32) if indptr[-1] < 2**31 else indptr
    size = (int(indptr[-1]),)
    data, columns = room(names[0], size, np.float32), room(names[1], size, np.int32)
    return sparse.csr_array((data, columns, indptr), shape=shape)


def _fill(matrix: sparse.csr_array[Any], row: Int64Array, column: Int32Array, values: np.ndarray) -> None:
    """Write the entries of some rows, which come in order of row and column and are all of these rows."""
    places = _places(matrix.indptr, row)
    matrix.indices[places], matrix.data[places] = column, values


def _places(indptr: np.ndarray, row: Int64Array) -> Int64Array:
    """Where the entries of rows go that stand together: the first of a row where it begins, and on from there."""
    begins = np.flatnonzero(np.r_[True, row[1:] != row[:-1]][: len(row)])
    lengths = np.diff(np.r_[begins, len(row)])
    return np.repeat(indptr[row[begins]] - begins, lengths) + np.arange(len(row))


def fit(
    counts: Counts,
    rows: Int64Array,
    weighting: Weighting,
    advance: Callable[[int], None] = lambda _: None,
    room: Room = in_memory,
) -> tuple[TfidfModel, sparse.csr_array[Any], CountMatrix]:
    """The model of the given rows, their unit vectors, and their counts.

    ``room`` makes ``weights`` and ``terms``, the vectors' arrays, and those of the counts.
    """
    vocabulary, matrix = counts.matrix(rows, weighting.min_df, room)
    model = TfidfModel.fit(vocabulary, matrix.whole, weighting)
    return model, weigh(model, matrix, advance, room), matrix


def weigh(
    model: TfidfModel, matrix: CountMatrix, advance: Callable[[int], None] = lambda _: None, room: Room = in_memory
) -> sparse.csr_array[Any]:
    """Counts as the unit vectors of a model, some rows at a time; ``room`` as for :func:`fit`."""
    articles, terms = matrix.whole.shape
    vectors = _empty(model.lengths(matrix), (articles, 2 * terms), ("weights", "terms"), room)
    for part in _parts(articles):
        weighed = model.vectors(CountMatrix(matrix.whole[part], matrix.lead[part]))
        _put(vectors, part.start, weighed)
        advance(weighed.shape[0])
    return vectors


def covered(
    model: TfidfModel, matrix: CountMatrix, mean_length: float, room: Room = in_memory
) -> sparse.csr_array[Any]:
    """Counts as a model's saturations, some rows at a time.

    ``room`` makes ``coverage_weights`` and ``coverage_terms``.
    """
    articles = matrix.whole.shape[0]
    names = ("coverage_weights", "coverage_terms")
    coverage = _empty(np.diff(matrix.whole.indptr), matrix.whole.shape, names, room)  # a lead has no term of its own
    for part in _parts(articles):
        _put(coverage, part.start, model.saturations(CountMatrix(matrix.whole[part], matrix.lead[part]), mean_length))
    return coverage


def _parts(articles: int) -> Iterator[slice]:
    return (slice(first, min(first + ROWS, articles)) for first in range(0, articles, ROWS))


def _put(matrix: sparse.csr_array[Any], first: int, rows: sparse.csr_array[Any]) -> None:
    """Write rows, from the first on."""
    there = slice(matrix.indptr[first], matrix.indptr[first] + rows.nnz)
    matrix.indices[there], matrix.data[there] = rows.indices, rows.data
