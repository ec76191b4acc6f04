"""TfidfModel: counts become unit vectors and, for headlines, shares and saturations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from models.tfidf import TfidfModel, Weighting, term_counts

tables = hnp.arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(1, 10)), elements=st.integers(0, 5))


def model_of(table: np.ndarray, weighting: Weighting | None = None) -> tuple[TfidfModel, sparse.csr_array]:
    table = table[:, table.any(axis=0)]  # a term of no article is in no vocabulary
    counts = sparse.csr_array(table)
    return TfidfModel.fit(
        [f"t{number:02}" for number in range(table.shape[1])], counts, weighting or Weighting()
    ), counts


def test_title_tags_and_body_count_as_weighted() -> None:
    counts = term_counts(["سد"], ["سد", "ماء", "ماء"], ["وادي"], Weighting(title_weight=3, tag_weight=2))
    assert counts == {"سد": 4, "ماء": 2, "وادي": 2}


def test_parts_that_weigh_nothing_leave_no_terms() -> None:
    assert term_counts(["سد"], ["ماء"], ["وادي"], Weighting(title_weight=0, tag_weight=0)) == {"ماء": 1}


@given(tables)
def test_rows_have_length_one_or_none(table: np.ndarray) -> None:
    model, counts = model_of(table)
    lengths = np.sqrt((model.vectors(counts).toarray().astype(np.float64) ** 2).sum(axis=1))
    np.testing.assert_allclose(lengths, (np.diff(counts.indptr) > 0).astype(float), atol=1e-6)


@given(tables)
def test_one_text_has_the_vector_of_its_row(table: np.ndarray) -> None:
    model, counts = model_of(table)
    rows = model.vectors(counts)
    for row, dense in enumerate(counts.toarray()):
        known = {term: float(count) for term, count in zip(model.vocabulary, dense, strict=True) if count}
        vector = model.vector({**known, "unknown": 7.0})
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        assert vector.terms.tolist() == rows.indices[part].tolist()
        assert vector.weights.tobytes() == rows.data[part].tobytes()


@given(tables, st.integers(1, 4))
def test_no_row_has_more_than_the_terms_kept(table: np.ndarray, most: int) -> None:
    model, counts = model_of(table, Weighting(max_terms=most))
    assert np.diff(model.vectors(counts).indptr).max() <= most


@given(tables)
def test_shares_of_a_headline_add_up_to_one(table: np.ndarray) -> None:
    model, counts = model_of(table)
    sums = np.asarray(model.shares(counts).sum(axis=1)).ravel()
    np.testing.assert_allclose(sums, (np.diff(counts.indptr) > 0).astype(float), atol=1e-5)


@given(tables)
def test_coverage_lies_between_nothing_and_the_whole_headline(table: np.ndarray) -> None:
    model, counts = model_of(table)
    coverage = (model.shares(counts) @ model.saturations(counts).T).toarray()
    assert coverage.min() >= 0
    assert coverage.max() <= 1 + 1e-6


def test_coverage_prefers_the_article_that_holds_more_of_the_headline() -> None:
    # headline: t00 t01 t02; the first article repeats one of its words, the second holds all among others
    table = np.array([[1, 1, 1, 0, 0], [5, 0, 0, 0, 0], [1, 1, 1, 2, 2]], dtype=np.float32)
    model, counts = model_of(table)
    coverage = (model.shares(counts) @ model.saturations(counts).T).toarray()[0]
    assert coverage[2] > coverage[1]


@pytest.mark.parametrize("vocabulary", [[]])
def test_model_of_no_term_has_empty_vectors(vocabulary: list[str]) -> None:
    model = TfidfModel.fit(vocabulary, sparse.csr_array((3, 0), dtype=np.float32), Weighting())
    assert model.vector({"سد": 1.0}).terms.tolist() == []
