"""Neighbours: exactly those of a dense product, ties in row order, by any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from models.tfidf import CountMatrix, TfidfModel, Weighting
from training.neighbours import CHUNK, COVERAGE_POWER, SCAN, Headlines, nearest


def ignored(steps: int) -> None:
    """Progress is not looked at."""


def plain_nearest(dense: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """All pairs by a dense product, sorted by falling score, then by row."""
    products = dense.astype(np.float64) @ dense.astype(np.float64).T
    np.fill_diagonal(products, 0)
    rows = np.full((len(dense), count), -1, dtype=np.int32)
    scores = np.zeros((len(dense), count), dtype=np.float32)
    for row, line in enumerate(products):
        best = sorted(np.flatnonzero(line > 0).tolist(), key=lambda other: (-line[other], other))[:count]
        rows[row, : len(best)] = best
        scores[row, : len(best)] = line[best]
    return rows, scores


def unit_rows(count: int, terms: int, seed: int) -> sparse.csr_array[Any]:
    """Random sparse rows of length one, some of them empty, some equal."""
    chance = np.random.default_rng(seed)
    dense = chance.random((count, terms), dtype=np.float32) * (chance.random((count, terms)) < 6 / terms)
    dense[count // 2] = dense[0]
    norms = np.sqrt((dense**2).sum(axis=1, keepdims=True))
    return sparse.csr_array((dense / np.where(norms == 0, 1, norms)).astype(np.float32))


# weights of eighths: their products and sums are exact in any order, so equal scores are equal indeed
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 3 * SCAN), st.integers(1, 5)),
        elements=st.sampled_from([0, 0, 0, 0.125, 0.25, 0.5, 1]),
        fill=st.sampled_from([0, 0, 0.25]),
    ),
    st.integers(1, 12),
)
@settings(max_examples=200)
def test_neighbours_are_those_of_a_dense_product(dense: np.ndarray, count: int) -> None:
    rows, scores = nearest(sparse.csr_array(dense), count, 1, ignored)
    expected_rows, expected_scores = plain_nearest(dense, count)
    assert rows.tolist() == expected_rows.tolist()
    assert scores.tobytes() == expected_scores.tobytes()


@pytest.mark.parametrize("count", [1, 7, 100, 1_000], ids="k={}".format)
def test_neighbours_of_random_rows_agree_with_a_dense_product(count: int) -> None:
    vectors = unit_rows(CHUNK + 150, 90, seed=count)
    rows, scores = nearest(vectors, count, 2, ignored)
    np.testing.assert_allclose(scores, plain_nearest(vectors.toarray(), count)[1], atol=1e-5)
    products = (vectors @ vectors.T).toarray()
    for row, (near, similar) in enumerate(zip(rows, scores, strict=True)):
        known = near >= 0
        assert len({row, *near[known].tolist()}) == known.sum() + 1
        np.testing.assert_allclose(products[row, near[known]], similar[known], atol=1e-5)
        assert not similar[~known].any()


def test_equal_rows_come_in_row_order_and_never_the_row_itself() -> None:
    dense = np.full((5, 2), 0.5, dtype=np.float32)
    rows, _ = nearest(sparse.csr_array(dense), 3, 1, ignored)
    assert rows.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]]


def test_places_without_a_neighbour_are_none() -> None:
    dense = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 1], [0, 0, 0]], dtype=np.float32)
    rows, scores = nearest(sparse.csr_array(dense), 2, 1, ignored)
    assert rows.tolist() == [[1, -1], [0, -1], [-1, -1], [-1, -1]]
    assert scores.tolist() == [[0.5, 0], [0.5, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize("shape", [(0, 0), (0, 4), (1, 0), (3, 0), (1, 4)])
def test_nothing_near_anything(shape: tuple[int, int]) -> None:
    rows, scores = nearest(sparse.csr_array(shape, dtype=np.float32), 2, 1, ignored)
    assert rows.tolist() == [[-1, -1]] * shape[0]
    assert scores.tolist() == [[0, 0]] * shape[0]


@pytest.mark.parametrize("jobs", [2, 3, -1])
def test_any_number_of_jobs_gives_equal_bytes(jobs: int) -> None:
    vectors = unit_rows(4 * CHUNK + 3, 60, seed=5)
    one, many = nearest(vectors, 10, 1, ignored), nearest(vectors, 10, jobs, ignored)
    assert [array.tobytes() for array in many] == [array.tobytes() for array in one]


def test_pair_has_one_score_whichever_way_it_is_asked() -> None:
    vectors = unit_rows(200, 20, seed=3)
    rows, scores = nearest(vectors, 199, 1, ignored)
    of_pair = {
        (row, other): score
        for row, (near, similar) in enumerate(zip(rows.tolist(), scores.tolist(), strict=True))
        for other, score in zip(near, similar, strict=True)
        if other >= 0
    }
    assert len(of_pair) > 10_000
    assert all(of_pair[other, row] == score for (row, other), score in of_pair.items())


def test_progress_adds_up_to_the_articles() -> None:
    steps: list[int] = []
    nearest(unit_rows(2 * CHUNK + 9, 30, seed=1), 5, 2, steps.append)
    assert sorted(steps) == [9, CHUNK, CHUNK]


@pytest.mark.parametrize("jobs", [1, 2])
def test_headlines_are_asked_by_coverage_and_the_rest_by_cosine(jobs: int) -> None:
    chance = np.random.default_rng(5)
    table = (chance.random((40, 60)) < 0.3) * chance.integers(1, 4, (40, 60))
    table[::4, 6:] = 0  # every fourth is a headline of at most six terms
    table[:, 0] = 1
    whole = sparse.csr_array(table[:, table.any(axis=0)].astype(np.float32))
    counts = CountMatrix(whole, sparse.csr_array(whole.minimum(1)))
    model = TfidfModel.fit([str(n) for n in range(whole.shape[1])], whole, Weighting(short_terms=6))
    vectors, headlines = model.vectors(counts), Headlines.among(model, counts)
    rows, scores = nearest(vectors, 39, jobs, lambda _: None, headlines)
    assert set(headlines.rows.tolist()) >= set(range(0, 40, 4))
    by_cosine = (vectors @ vectors.T).toarray()
    by_coverage = (model.shares(counts.whole) @ model.saturations(counts).T).toarray() ** COVERAGE_POWER
    for row in range(40):
        expected = by_coverage[row] if row in headlines.rows else by_cosine[row]
        found = rows[row][rows[row] >= 0]
        np.testing.assert_allclose(scores[row][: len(found)], expected[found], rtol=1e-4)
        assert len(found) == np.count_nonzero(np.delete(expected, row))
