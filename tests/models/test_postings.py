"""Postings: one query finds what a scan of all articles finds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.candidates import Candidates
from models.postings import LEVELS, WHOLE, Postings, budget_for, pool_size
from models.tfidf import SparseVector
from tests.support.vectors import topical_rows


def vector_of(rows: sparse.csr_array[Any], row: int) -> SparseVector:
    part = slice(rows.indptr[row], rows.indptr[row + 1])
    return SparseVector(rows.indices[part], rows.data[part])


def scan(rows: sparse.csr_array[Any], asked: SparseVector, count: int, left_out: set[int]) -> list[tuple[int, float]]:
    """Every article's score, added one product after the other; best first, equal ones in row order."""
    weights = dict(zip(asked.terms.tolist(), asked.weights, strict=True))
    scored = []
    for row in range(rows.shape[0]):
        score, vector = np.float32(0), vector_of(rows, row)
        for term, weight in zip(vector.terms.tolist(), vector.weights, strict=True):
            score += weights.get(term, np.float32(0)) * weight
        if score > 0 and row not in left_out:
            scored.append((-score, row))
    return [(row, float(-negative)) for negative, row in sorted(scored)[:count]]


def pairs(found: Candidates) -> list[tuple[int, float]]:
    return list(zip(found.rows.tolist(), found.scores.tolist(), strict=True))


@given(st.integers(0, 2**32 - 1), st.integers(1, 120), st.integers(1, 15), st.sets(st.integers(0, 119)))
@settings(max_examples=80, deadline=None)
def test_one_query_finds_what_a_scan_finds(seed: int, articles: int, count: int, left_out: set[int]) -> None:
    rows = topical_rows(articles, seed)
    gone = {row for row in left_out if row < articles}
    postings, asked = Postings.of(rows), vector_of(rows, seed % articles)
    found = postings.nearest(asked, count, np.array(sorted(gone), dtype=np.int32))
    assert pairs(found) == scan(rows, asked, count, gone)
    assert (found.rows.dtype, found.scores.dtype) == (np.int32, np.float32)


def test_equal_articles_come_in_row_order() -> None:
    rows = sparse.csr_array(np.full((500, 2), 0.5, dtype=np.float32))
    for budget in (10, 10_000):
        assert Postings.of(rows, budget).nearest(vector_of(rows, 3), 4).rows.tolist() == [0, 1, 2, 3]


def test_text_without_known_terms_is_near_nothing() -> None:
    rows = topical_rows(60, 1)
    nothing = SparseVector(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))
    assert pairs(Postings.of(rows).nearest(nothing, 5)) == []
    assert pairs(Postings.of(rows[:0]).nearest(vector_of(rows, 3), 5)) == []


def test_columns_that_no_article_holds_are_passed_over() -> None:
    rows = sparse.csr_array(np.array([[1, 0, 0], [0.5, 0, 0.5], [0.5, 0, 0.25]], dtype=np.float32))
    asked = SparseVector(np.array([0, 1, 2], dtype=np.int32), np.array([0.5, 9, 0.5], dtype=np.float32))
    assert pairs(Postings.of(rows).nearest(asked, 5)) == scan(rows, asked, 5, set())
    assert pairs(Postings.of(rows, budget=1).nearest(asked, 1)) == [(0, 0.5)]


def test_beyond_the_budget_the_best_are_found_and_scored_in_full() -> None:
    rows = topical_rows(3_000, seed=11)
    postings = Postings.of(rows, budget=4_000)
    every, hits = replace(postings, budget=10**9), []
    for row in range(0, 3_000, 30):
        asked, out = vector_of(rows, row), np.array([row], dtype=np.int32)
        assert np.bincount(rows.indices)[asked.terms].sum() > WHOLE * postings.budget or not len(asked.terms)
        found, best = postings.nearest(asked, 10, out), every.nearest(asked, 10, out)
        assert set(pairs(found)) <= set(pairs(every.nearest(asked, 3_000, out)))
        assert len(found) == len(best)
        hits.extend(found.scores >= best.scores[-1:])
    assert np.mean(hits) >= 0.99


def test_levels_hold_every_weight_once_highest_first() -> None:
    rows = topical_rows(200, seed=4)
    postings = Postings.of(rows)
    assert postings.indptr[-1] == rows.nnz
    for column in range(rows.shape[1]):
        bounds = postings.indptr[column * LEVELS : (column + 1) * LEVELS + 1]
        levels = [postings.weights[first:last] for first, last in pairwise(bounds)]
        held = [level for level in levels if len(level)]
        assert all(above.min() > below.max() for above, below in pairwise(held))
        for first, last in pairwise(bounds):
            assert (np.diff(postings.rows[first:last]) > 0).all()
        in_rows = np.sort(postings.rows[bounds[0] : bounds[-1]])
        assert in_rows.tolist() == np.flatnonzero(rows[:, [column]].toarray()).tolist()


@pytest.mark.parametrize(("articles", "products"), [(0, 49_152), (31_000, 49_152), (496_000, 518_851)])
def test_budget_grows_slower_than_the_archive(articles: int, products: int) -> None:
    assert budget_for(articles) == products
    assert [pool_size(1), pool_size(100)] == [150, 500]
