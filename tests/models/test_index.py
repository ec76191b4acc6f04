"""models.index: looking up, neighbours and visibility in an index made by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, from_microseconds
from models.errors import ArticleNotFound
from models.index import NEVER, UNKNOWN_TIME, ArticleIndex, cosine, id_hash
from tests.support.indexes import HOUR, expires_of, index_of, indexes, published_of

#              x    y
VECTORS = {
    "old": [1.0, 0.0],
    "new": [3.0, 4.0],
    "undated": [1.0, 1.0],
    "alone": [0.0, 0.0],
}


def article(article_id: str, hour: int | None = None, until: int | None = None, section: str | None = None) -> Article:
    return Article(
        id=article_id,
        title="خبر",
        section=section,
        published_at=None if hour is None else from_microseconds(hour * HOUR),
        expires_at=None if until is None else from_microseconds(until * HOUR),
    )


@pytest.fixture
def index() -> ArticleIndex:
    articles = [
        article("old", 1, 9, "سياسة"),
        article("new", 5, section="رياضة"),
        article("undated"),
        article("alone", 3),
    ]
    return index_of(articles, [VECTORS[each.id] for each in articles])


def ids(index: ArticleIndex, rows: np.ndarray) -> list[str]:
    return [index.article(int(row)).id for row in rows]


def test_rows_stand_newest_first_and_undated_last(index: ArticleIndex):
    assert ids(index, np.arange(len(index))) == ["new", "alone", "old", "undated"]


def test_an_article_is_found_by_its_id(index: ArticleIndex):
    assert [index.row_of(name) for name in ("new", "alone", "old", "undated")] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["", "none", "NEW", "new ", "../new", "\x00", "\ud800", "🗞️"])
def test_an_unknown_id_is_not_found(index: ArticleIndex, name: str):
    assert index.find(name) is None
    with pytest.raises(ArticleNotFound):
        index.row_of(name)


def test_ids_of_one_hash_are_told_apart(index: ArticleIndex):
    rows = np.array([2, 3, 1, 0], dtype=np.int32)
    clash = dataclasses.replace(index, id_hashes=np.full(4, id_hash("new"), dtype=np.uint64), id_rows=rows)
    assert clash.find("new") == 0
    assert clash.find("old") is None


def test_an_empty_index_finds_nothing():
    empty = index_of([], [])
    assert len(empty) == 0
    assert empty.find("x") is None


def test_neighbours_come_best_first_without_the_places_left_empty(index: ArticleIndex):
    near = index.neighbours(index.row_of("undated"))
    assert ids(index, near.rows) == ["new", "old"]
    assert near.scores == pytest.approx([7 / 50**0.5, 0.5**0.5])
    assert len(index.neighbours(index.row_of("alone"))) == 0


def test_a_vector_holds_the_weights_of_its_terms(index: ArticleIndex):
    vector = index.vector(index.row_of("new"))
    assert vector.terms.tolist() == [0, 1]
    assert vector.weights == pytest.approx([0.6, 0.8])
    assert index.vector(index.row_of("alone")).terms.tolist() == []


def test_the_section_of_a_row_is_the_name_that_the_site_writes(index: ArticleIndex):
    assert [index.section_name(row) for row in range(4)] == ["رياضة", None, "سياسة", None]
    assert index.section_number == {"رياضة": 0, "سياسة": 1}


def test_an_article_is_visible_from_its_publication_until_it_expires(index: ArticleIndex):
    def seen(hour: float) -> list[str]:
        rows = np.arange(4, dtype=np.int32)
        return ids(index, rows[index.visible(rows, int(hour * HOUR))])

    assert seen(0) == ["undated"]
    assert seen(1) == ["old", "undated"]
    assert seen(5) == ["new", "alone", "old", "undated"]
    assert seen(8.999) == ["new", "alone", "old", "undated"]
    assert seen(9) == ["new", "alone", "undated"]


@given(indexes())
def test_between_two_turns_nothing_appears_or_expires(index: ArticleIndex):
    rows = np.arange(len(index), dtype=np.int32)
    turns = index.turns.tolist()
    assert turns == sorted(set(turns))
    for first, last in zip([-HOUR, *turns], [*turns, NEVER], strict=True):
        before, after = index.visible(rows, first), index.visible(rows, max(first, last - 1))
        assert before.tolist() == after.tolist()


@given(indexes())
def test_every_row_tells_of_its_own_article(index: ArticleIndex):
    for row in range(len(index)):
        own = index.article(row)
        assert index.row_of(own.id) == row
        assert index.section_name(row) == own.section
        assert (index.published[row], index.expires[row]) == (published_of(own), expires_of(own))


@given(indexes())
def test_a_neighbour_is_as_near_as_the_cosine_says(index: ArticleIndex):
    for row in range(len(index)):
        near = index.neighbours(row)
        for other, score in zip(near.rows.tolist(), near.scores.tolist(), strict=True):
            assert cosine(index.vector(row), index.vector(other)) == pytest.approx(score, abs=1e-6)
            assert cosine(index.vector(other), index.vector(row)) == pytest.approx(score, abs=1e-6)


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_equal_ids_have_equal_hashes_of_64_bits(one: str, other: str):
    assert 0 <= id_hash(one) < 2**64
    assert (id_hash(one) == id_hash(other)) == (one == other)


def test_unknown_time_is_before_all_times_and_never_after_all():
    assert UNKNOWN_TIME < published_of(Article(id="1", title="x", published_at=from_microseconds(-(10**15)))) < NEVER
