"""Fitting: articles become counts by blocks, counts become vocabulary, idf and unit vectors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from scipy import sparse

from models.analysis import Analyzer
from models.article import Article
from models.stories import Shingles, shingles
from models.tfidf import CountMatrix, TextTerms, TfidfModel, Weighting

BLOCK = 500  # articles a task: long enough to be worth sending, short enough for progress to move
ROUND = 4  # blocks read ahead for each process


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """The counts of a block of articles over the block's own terms.

    Attributes:
        terms: the block's terms, in order of appearance.
        lengths: int32 (articles,), distinct terms of each.
        numbers, counts: int32 and float32, the terms of each article one after the other.
        lead: float32, how often each of them stands in the article's lead.
        shingles: of each article's body, for finding copies.
    """

    terms: list[str]
    lengths: np.ndarray
    numbers: np.ndarray
    counts: np.ndarray
    lead: np.ndarray
    shingles: list[Shingles]


@dataclass(frozen=True, slots=True)
class Text:
    """The parts of an article that are counted: what travels to a worker process."""

    title: str
    body: str
    tags: Sequence[str] = ()


def count_block(analyzer: Analyzer, weighting: Weighting, texts: Sequence[Text]) -> BlockCounts:
    """Count the terms of articles."""
    number_of: dict[str, int] = {}
    lengths: list[int] = []
    numbers: list[int] = []
    counts: list[float] = []
    leads: list[float] = []
    marks: list[Shingles] = []
    for text in texts:
        terms = TextTerms.of(analyzer, text.title, text.body, text.tags)
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
    )


def count_articles(
    articles: Iterable[Article], analyzer: Analyzer, weighting: Weighting, jobs: int
) -> Iterator[BlockCounts]:
    """Counts of a stream of articles, block by block in its order, by ``jobs`` processes.

    No more than a few blocks of texts a process are held at once. The stream is read by the
    caller's thread only, so that what it raises reaches the caller.
    """
    stream = iter(articles)
    workers = effective_n_jobs(jobs)
    with Parallel(n_jobs=jobs, return_as="generator") as parallel:
        while texts := [Text(one.title, one.body, one.tags) for one in islice(stream, BLOCK * workers * ROUND)]:
            blocks = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
            if len(blocks) == 1:
                yield count_block(analyzer, weighting, texts)  # not worth a process
            else:
                yield from parallel(delayed(count_block)(analyzer, weighting, block) for block in blocks)


@dataclass(slots=True)
class Counts:
    """Blocks put together: one vocabulary, one matrix."""

    _number_of: dict[str, int] = field(default_factory=dict)
    _lengths: list[np.ndarray] = field(default_factory=list)
    _numbers: list[np.ndarray] = field(default_factory=list)
    _counts: list[np.ndarray] = field(default_factory=list)
    _lead: list[np.ndarray] = field(default_factory=list)
    shingles: list[Shingles] = field(default_factory=list)

    def add(self, block: BlockCounts) -> None:
        """Append a block."""
        known = self._number_of
        merged = np.array([known.setdefault(term, len(known)) for term in block.terms], dtype=np.int32)
        self._lengths.append(block.lengths)
        self._numbers.append(merged[block.numbers])
        self._counts.append(block.counts)
        self._lead.append(block.lead)
        self.shingles.extend(block.shingles)

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
