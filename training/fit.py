"""Fitting: staged articles become counts by blocks, counts become vocabulary, idf and unit vectors.

Worker processes are told where a block of articles stands in the staged file, and read it themselves.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse

from models.analysis import Analyzer
from models.article import Article
from models.stories import Shingles, shingles
from models.tfidf import CountMatrix, TextTerms, TfidfModel, Weighting

BLOCK = 500  # articles a task: long enough to be worth sending, short enough for progress to move

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """The counts of a block of articles over the block's own terms.

    Attributes:
        terms: the block's terms, in order of appearance.
        lengths: int32 (articles,), distinct terms of each.
        numbers, counts: int32 and float32, the terms of each article one after the other.
        lead: float32, how often each of them stands in the article's lead.
        shingles: of each article's body, for finding copies.
        removed: by kind, in how many articles lines were taken off and how many lines.
    """

    terms: list[str]
    lengths: np.ndarray
    numbers: np.ndarray
    counts: np.ndarray
    lead: np.ndarray
    shingles: list[Shingles]
    removed: dict[str, tuple[int, int]]


def staged_articles(path: Path, first: int, last: int) -> list[Article]:
    """The articles of a part of the staged file, from byte ``first`` to one past ``last``."""
    with path.open("rb") as file:
        file.seek(first)
        return [Article.from_record(json.loads(line)) for line in file.read(last - first).splitlines()]


def map_blocks(work: Callable[[Sequence[Article]], T], path: Path, spans: np.ndarray, jobs: int) -> Iterator[T]:
    """What ``work`` makes of each block of staged articles, in their order, by ``jobs`` processes.

    ``spans`` are int64 (n, 2): where each article stands in the file, one after the other.
    """
    blocks = [
        (int(part[0, 0]), int(part[-1, 1])) for part in np.split(spans, range(BLOCK, len(spans), BLOCK)) if len(part)
    ]
    if len(blocks) == 1:
        yield work(staged_articles(path, *blocks[0]))  # not worth a process
        return
    with Parallel(n_jobs=jobs, return_as="generator") as parallel:
        yield from parallel(delayed(_on_block)(work, path, *block) for block in blocks)


def _on_block(work: Callable[[Sequence[Article]], T], path: Path, first: int, last: int) -> T:
    return work(staged_articles(path, first, last))


def count_block(analyzer: Analyzer, weighting: Weighting, articles: Sequence[Article]) -> BlockCounts:
    """Count the terms of articles."""
    number_of: dict[str, int] = {}
    lengths: list[int] = []
    numbers: list[int] = []
    counts: list[float] = []
    leads: list[float] = []
    marks: list[Shingles] = []
    lines: Counter[str] = Counter()
    with_lines: Counter[str] = Counter()
    for article in articles:
        cleaned = analyzer.clean(article.body)
        kinds = [kind for kind, _ in cleaned.removed if kind != "blank"]
        lines.update(kinds)
        with_lines.update(set(kinds))
        terms = TextTerms.of_clean(analyzer, article.title, cleaned.text, article.tags)
        of_article, of_lead = terms.counts(weighting), terms.lead(weighting)
        lengths.append(len(of_article))
        numbers.extend(number_of.setdefault(term, len(number_of)) for term in of_article)
        counts.extend(of_article.values())
        leads.extend(of_lead[term] for term in of_article)
        marks.append(shingles(terms.body or terms.title))
    return BlockCounts(
        list(number_of),
        np.array(lengths, dtype=np.int32),
        np.array(numbers, dtype=np.int32),
        np.array(counts, dtype=np.float32),
        np.array(leads, dtype=np.float32),
        marks,
        {kind: (with_lines[kind], count) for kind, count in lines.items()},
    )


def count_articles(
    path: Path, spans: np.ndarray, analyzer: Analyzer, weighting: Weighting, jobs: int
) -> Iterator[BlockCounts]:
    """Counts of the staged articles, block by block in their order."""
    return map_blocks(partial(count_block, analyzer, weighting), path, spans, jobs)


@dataclass(slots=True)
class Counts:
    """Blocks put together: one vocabulary, one matrix."""

    _number_of: dict[str, int] = field(default_factory=dict)
    _lengths: list[np.ndarray] = field(default_factory=list)
    _numbers: list[np.ndarray] = field(default_factory=list)
    _counts: list[np.ndarray] = field(default_factory=list)
    _lead: list[np.ndarray] = field(default_factory=list)
    shingles: list[Shingles] = field(default_factory=list)
    removed: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, block: BlockCounts) -> None:
        """Append a block."""
        known = self._number_of
        merged = np.array([known.setdefault(term, len(known)) for term in block.terms], dtype=np.int32)
        self._lengths.append(block.lengths)
        self._numbers.append(merged[block.numbers])
        self._counts.append(block.counts)
        self._lead.append(block.lead)
        self.shingles.extend(block.shingles)
        for kind, (articles, lines) in block.removed.items():
            before = self.removed.get(kind, (0, 0))
            self.removed[kind] = (before[0] + articles, before[1] + lines)

    def matrix(self, rows: np.ndarray, min_df: int) -> tuple[list[str], CountMatrix]:
        """Sorted vocabulary of the terms that stand in ``min_df`` of the given rows, and their counts."""
        whole, lead = (self._selected(data, rows) for data in (self._counts, self._lead))
        df = np.bincount(whole.indices, minlength=len(self._number_of))
        kept = sorted((term, number) for term, number in self._number_of.items() if df[number] >= min_df)
        columns = np.array([number for _, number in kept], dtype=np.int64)
        counts = CountMatrix(whole[:, columns], lead[:, columns])
        counts.lead.eliminate_zeros()
        counts.whole.sort_indices()
        counts.lead.sort_indices()
        return [term for term, _ in kept], counts

    def _selected(self, data: list[np.ndarray], rows: np.ndarray) -> sparse.csr_array[Any]:
        indptr = np.concatenate(([0], np.cumsum(np.concatenate(self._lengths)))).astype(np.int64)
        shape = (len(indptr) - 1, len(self._number_of))
        return sparse.csr_array((np.concatenate(data), np.concatenate(self._numbers), indptr), shape=shape)[rows]


def fit(
    counts: Counts, rows: np.ndarray, weighting: Weighting
) -> tuple[TfidfModel, sparse.csr_array[Any], CountMatrix]:
    """The model of the given rows, their unit vectors, and their counts."""
    vocabulary, matrix = counts.matrix(rows, weighting.min_df)
    model = TfidfModel.fit(vocabulary, matrix.whole, weighting)
    return model, model.vectors(matrix), matrix
