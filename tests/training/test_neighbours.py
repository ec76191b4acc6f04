"""Neighbours: those of a dense product, ties in row order, by any number of threads; near to it on a budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from models.index import DAY, UNKNOWN_TIME
from models.tfidf import CountMatrix, TfidfModel, Weighting
from tests.support.vectors import topical_rows
from training.neighbours import CHUNK, COVERAGE_POWER, Headlines, nearest, time_windows


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
        st.tuples(st.integers(1, 200), st.integers(1, 5)),
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


def exact(vectors: sparse.csr_array[Any], count: int) -> tuple[np.ndarray, np.ndarray]:
    """All products, one term after the other in float32, every pair in the same order."""
    rows, scores = np.full((vectors.shape[0], count), -1), np.zeros((vectors.shape[0], count), dtype=np.float32)
    postings = vectors.tocsc()
    for row in range(vectors.shape[0]):
        sums = np.zeros(vectors.shape[0], dtype=np.float32)
        for place in range(vectors.indptr[row], vectors.indptr[row + 1]):
            part = slice(*postings.indptr[vectors.indices[place] : vectors.indices[place] + 2])
            sums[postings.indices[part]] += vectors.data[place] * postings.data[part]
        sums[row] = 0
        best = np.lexsort((np.arange(len(sums)), -sums))[:count]
        best = best[sums[best] > 0]
        rows[row, : len(best)], scores[row, : len(best)] = best, sums[best]
    return rows, scores


@given(st.integers(0, 2**32 - 1), st.integers(1, 150), st.integers(1, 30), st.integers(1, 12))
@settings(max_examples=60)
def test_within_the_budget_lists_are_exact_to_the_bit(seed: int, articles: int, terms: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    dense = (chance.random((articles, terms)) < 0.3) * chance.random((articles, terms))
    dense[chance.integers(articles, size=articles // 3)] = dense[0]  # copies
    dense[chance.integers(articles, size=articles // 5)] = 0  # articles without a known term
    vectors = sparse.csr_array(dense.astype(np.float32))
    rows, scores = nearest(vectors, count, 1, ignored)
    expected_rows, expected_scores = exact(vectors, count)
    assert rows.tolist() == expected_rows.tolist()
    assert scores.tobytes() == expected_scores.tobytes()


@pytest.mark.parametrize("count", [10, 40])
def test_beyond_the_budget_the_best_are_found_and_scored_in_full(count: int) -> None:
    vectors = topical_rows(4_000, seed=7)
    products = int((np.bincount(vectors.indices)[vectors.indices]).sum()) // 4_000
    rows, scores = nearest(vectors, count, 2, ignored, budget=products // 4)
    expected_rows, expected_scores = exact(vectors, count)
    assert (scores[:, :10] >= expected_scores[:, 9:10]).mean() >= 0.99
    assert (scores >= expected_scores[:, -1:]).mean() >= 0.98
    every = (vectors @ vectors.T).toarray()
    np.fill_diagonal(every, 0)
    for row, (near, similar) in enumerate(zip(rows, scores, strict=True)):
        np.testing.assert_allclose(every[row, near[near >= 0]], similar[near >= 0], atol=1e-6)
        order = np.lexsort((near, -similar))
        assert order.tolist() == list(range(count))
    same = rows == expected_rows
    assert (scores[same] == expected_scores[same]).all()  # to the bit, however they were found


@pytest.mark.parametrize("budget", [None, 400])
@pytest.mark.parametrize("jobs", [2, 3, -1])
def test_any_number_of_jobs_and_any_chunks_give_equal_bytes(
    jobs: int, budget: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = topical_rows(4 * CHUNK + 3, seed=5)
    one = nearest(vectors, 10, 1, ignored, budget=budget)
    monkeypatch.setattr("training.neighbours.CHUNK", 37)
    many = nearest(vectors, 10, jobs, ignored, budget=budget)
    assert [array.tobytes() for array in many] == [array.tobytes() for array in one]


@pytest.mark.parametrize("budget", [0, 1, 3])
def test_however_small_the_budget_what_stands_out_most_is_looked_at(budget: int) -> None:
    dense = np.full((5, 2), 0.5, dtype=np.float32)
    dense[:, 1] = [0.25, 0, 0, 0.25, 0]
    rows, _ = nearest(sparse.csr_array(dense), 3, 1, ignored, budget=budget)
    assert rows.tolist() == [[3, 1, 2], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]]


def test_equal_articles_stay_in_row_order_beyond_the_budget() -> None:
    dense = np.zeros((900, 3), dtype=np.float32)
    dense[:, 2] = 0.5
    dense[100:800, 1] = 0.5  # more copies than a pool holds
    rows, _ = nearest(sparse.csr_array(dense), 4, 1, ignored, budget=300)
    assert rows[100].tolist() == [101, 102, 103, 104]
    assert rows[700].tolist() == [100, 101, 102, 103]


def test_mapped_and_unwritable_arrays_are_as_good(tmp_path: Path) -> None:
    vectors = topical_rows(300, seed=2)
    parts = []
    for name, array in (("data", vectors.data), ("indices", vectors.indices), ("indptr", vectors.indptr)):
        np.save(tmp_path / name, array)
        parts.append(np.lib.format.open_memmap(tmp_path / f"{name}.npy", mode="r"))
    mapped = sparse.csr_array(tuple(parts), shape=vectors.shape)
    for one, other in zip(nearest(mapped, 5, 1, ignored), nearest(vectors, 5, 1, ignored), strict=True):
        assert one.tobytes() == other.tobytes()


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.sampled_from([None, 150]))
@settings(max_examples=40)
def test_within_a_window_nothing_else_is_found(seed: int, reach: int, budget: int | None) -> None:
    chance = np.random.default_rng(seed)
    times = -np.sort(-chance.integers(0, 60, size=80))
    known = np.arange(80) < chance.integers(81)
    windows = time_windows(np.where(known, times * DAY, UNKNOWN_TIME), reach)
    vectors = topical_rows(80, seed=seed)
    rows, scores = nearest(vectors, 6, 1, ignored, windows=windows, budget=budget)
    every = nearest(vectors, 79, 1, ignored)
    for row in range(80):
        allowed = {
            other for other in range(80) if not known[row] or (known[other] and abs(times[row] - times[other]) <= reach)
        }
        found = [other for other in rows[row].tolist() if other >= 0]
        best = [other for other in every[0][row].tolist() if other in allowed]
        assert set(found) <= allowed
        if budget is None:
            assert found == best[:6]
            assert (
                scores[row, : len(found)].tolist()
                == [every[1][row, place] for place, other in enumerate(every[0][row]) if other in allowed][:6]
            )


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
