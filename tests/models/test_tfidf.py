"""TfidfModel: counts become unit vectors and, for headlines, shares and saturations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from models.tfidf import CountMatrix, TextTerms, TfidfModel, Weighting, term_counts

tables = hnp.arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(1, 10)), elements=st.integers(0, 5))


def texts_of(table: np.ndarray) -> list[TextTerms]:
    """Texts without title whose term t00 stands as often in them as the first column says, and so on."""
    return [
        TextTerms((), [f"t{term:02}" for term, count in enumerate(row) for _ in range(int(count))], ()) for row in table
    ]


def model_of(table: np.ndarray, weighting: Weighting | None = None) -> tuple[TfidfModel, CountMatrix]:
    table = table[:, table.any(axis=0)]  # a term of no article is in no vocabulary
    terms = [f"t{number:02}" for number in range(table.shape[1])]
    model = TfidfModel.fit(terms, sparse.csr_array(table), weighting or Weighting())
    return model, model.count(texts_of(table))


def cosines(model: TfidfModel, *texts: TextTerms) -> np.ndarray:
    rows = model.vectors(model.count(texts))
    return (rows @ rows.T).toarray()


def test_title_tags_and_body_count_as_weighted() -> None:
    counts = term_counts(["سد"], ["سد", "ماء", "ماء"], ["وادي"], Weighting(title_weight=3, tag_weight=2))
    assert counts == {"سد": 4, "ماء": 2, "وادي": 2}


def test_parts_that_weigh_nothing_leave_no_terms() -> None:
    assert term_counts(["سد"], ["ماء"], ["وادي"], Weighting(title_weight=0, tag_weight=0)) == {"ماء": 1}


@given(tables)
def test_rows_have_length_one_or_none(table: np.ndarray) -> None:
    model, counts = model_of(table)
    lengths = np.sqrt((model.vectors(counts).toarray().astype(np.float64) ** 2).sum(axis=1))
    np.testing.assert_allclose(lengths, (np.diff(counts.whole.indptr) > 0).astype(float), atol=1e-6)


@given(tables)
def test_one_text_has_the_vector_of_its_row(table: np.ndarray) -> None:
    model, counts = model_of(table, Weighting(lead_terms=3))
    rows = model.vectors(counts)
    for row, text in enumerate(texts_of(counts.whole.toarray())):
        vector = model.vector(TextTerms(text.title, [*text.body, "unknown"], text.tags))
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        assert vector.terms.tolist() == rows.indices[part].tolist()
        assert vector.weights.tobytes() == rows.data[part].tobytes()


def test_articles_that_begin_alike_are_nearer_than_those_that_end_alike() -> None:
    one = TextTerms(("سد",), ("نهر", "وادي", "خبز", "قمح"), ())
    begins = TextTerms(("جسر",), ("نهر", "وادي", "طحين", "فرن"), ())
    ends = TextTerms(("جسر",), ("طحين", "فرن", "نهر", "وادي"), ())
    words = sorted({*one.title, *one.body, *begins.title, *begins.body})
    flat = TfidfModel(words, np.ones(len(words), np.float32), np.ones(len(words), np.float32), Weighting(lead_terms=2))
    near = cosines(flat, one, begins, ends)
    assert near[0, 1] > near[0, 2]
    without = Weighting(lead_terms=2, lead_weight=0)
    near = cosines(TfidfModel(words, flat.idf, flat.burst, without), one, begins, ends)
    assert near[0, 1] == pytest.approx(near[0, 2])


@given(tables, st.floats(0.01, 4))
def test_cosine_is_that_of_wholes_with_that_of_leads(table: np.ndarray, weight: float) -> None:
    kept = table[table.any(axis=1)]
    if not len(kept):
        return
    counted = {value: model_of(kept, Weighting(lead_terms=3, lead_weight=value)) for value in (0.0, weight)}
    whole, mixed = (rows @ rows.T for rows in (model.vectors(counts) for model, counts in counted.values()))
    model, counts = counted[0.0]
    leads = model.vectors(CountMatrix(counts.lead, counts.lead))
    expected = (whole + weight * (leads @ leads.T)) / (1 + weight)
    np.testing.assert_allclose(mixed.toarray(), expected.toarray(), atol=1e-5)


def test_lead_is_the_title_and_the_first_terms() -> None:
    text = TextTerms(("سد", "نهر"), ("نهر", "وادي", "قمح"), ("وسم",))
    assert text.lead(Weighting(lead_terms=2)) == {"سد": 1, "نهر": 2, "وادي": 1}
    assert text.lead(Weighting(lead_terms=0, title_weight=0)) == {}


@given(tables, st.integers(1, 4))
def test_no_row_has_more_than_the_terms_kept(table: np.ndarray, most: int) -> None:
    model, counts = model_of(table, Weighting(max_terms=most))
    assert np.diff(model.vectors(counts).indptr).max() <= 2 * most  # of the whole, and of its lead


@given(tables)
def test_shares_of_a_headline_add_up_to_one(table: np.ndarray) -> None:
    model, counts = model_of(table)
    sums = np.asarray(model.shares(counts.whole).sum(axis=1)).ravel()
    np.testing.assert_allclose(sums, (np.diff(counts.whole.indptr) > 0).astype(float), atol=1e-5)


@given(tables)
def test_coverage_lies_between_nothing_and_the_whole_headline(table: np.ndarray) -> None:
    model, counts = model_of(table)
    coverage = (model.shares(counts.whole) @ model.saturations(counts).T).toarray()
    assert coverage.min() >= 0
    assert coverage.max() <= 1 + 1e-6


def test_coverage_prefers_the_article_that_holds_more_of_the_headline() -> None:
    # headline: t00 t01 t02; the first article repeats one of its words, the second holds all among others
    table = np.array([[1, 1, 1, 0, 0], [5, 0, 0, 0, 0], [1, 1, 1, 2, 2]], dtype=np.float32)
    model, counts = model_of(table)
    coverage = (model.shares(counts.whole) @ model.saturations(counts).T).toarray()[0]
    assert coverage[2] > coverage[1]


@given(tables, st.integers(0, 5))
def test_saturations_of_some_rows_are_theirs_among_all(table: np.ndarray, first: int) -> None:
    model, counts = model_of(table)
    part = slice(min(first, counts.whole.shape[0] - 1), None)
    some = CountMatrix(counts.whole[part], counts.lead[part])
    found = model.saturations(some, model.mean_length(counts))
    assert (found.toarray() == model.saturations(counts).toarray()[part]).all()


@given(tables, st.sampled_from((0.0, 0.5)), st.integers(1, 4))
def test_lengths_are_known_before_the_vectors(table: np.ndarray, lead_weight: float, max_terms: int) -> None:
    model, counts = model_of(table, Weighting(lead_weight=lead_weight, max_terms=max_terms))
    assert model.lengths(counts).tolist() == np.diff(model.vectors(counts).indptr).tolist()


@given(tables)
def test_idf_is_the_smooth_one_of_scikit_learn(table: np.ndarray) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.tfidf.ENTRIES", 4)  # several parts
        model, counts = model_of(table)
    if counts.whole.shape[1]:
        theirs = TfidfTransformer(smooth_idf=True).fit(counts.whole).idf_
        assert model.idf.tobytes() == theirs.astype(np.float32).tobytes()


@pytest.mark.parametrize("vocabulary", [[]])
def test_model_of_no_term_has_empty_vectors(vocabulary: list[str]) -> None:
    model = TfidfModel.fit(vocabulary, sparse.csr_array((3, 0), dtype=np.float32), Weighting())
    assert model.vector(TextTerms((), ("سد",), ())).terms.tolist() == []
