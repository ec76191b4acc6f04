"""models.retrieval: the candidates of an article and the latest articles, nothing that the question forbids."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from models.article import Article, from_microseconds
from models.candidates import Query
from models.index import UNKNOWN_TIME, ArticleIndex
from models.retrieval import LATEST_BLOCK, allowed, content, latest, rows_of
from tests.support.indexes import HOUR, expires_of, index_of, published_of, questions

NOON = 12 * HOUR


def may_show(article: Article, query: Query) -> bool:
    """The rules of a question, one after the other, for one article."""
    published = published_of(article)
    dated = published != UNKNOWN_TIME
    return (
        published <= query.as_of < expires_of(article)
        and (query.section is None or article.section == query.section)
        and (query.exclude_section is None or article.section != query.exclude_section)
        and (query.since is None or (dated and published >= query.since))
        and (query.until is None or (dated and published <= query.until))
        and article.id not in query.exclude
    )


def everything(index: ArticleIndex) -> np.ndarray:
    return np.arange(len(index), dtype=np.int32)


def newest(index: ArticleIndex, query: Query) -> list[str]:
    return [index.article(row).id for rows in latest(index, query) for row in rows.tolist()]


@pytest.fixture
def index() -> ArticleIndex:
    """Articles named after their hours, one undated, all pointing the same way."""
    hours = {"nine": 9, "ten": 10, "eleven": 11, "noon": 12, "one": 13, "undated": None}
    articles = [
        Article(
            id=name,
            title="خبر",
            section="رياضة" if name in {"ten", "undated"} else "سياسة",
            published_at=None if hour is None else from_microseconds(hour * HOUR),
            expires_at=from_microseconds(NOON) if name == "eleven" else None,
        )
        for name, hour in hours.items()
    ]
    return index_of(articles, [[1.0, float(place)] for place in range(len(articles))])


@given(questions())
def test_what_is_allowed_is_what_the_rules_say_one_by_one(asked: tuple[ArticleIndex, int, Query]):
    index, _, query = asked
    expected = [may_show(index.article(row), query) for row in range(len(index))]
    assert allowed(index, everything(index), query).tolist() == expected


@given(questions())
def test_candidates_are_the_allowed_neighbours_in_their_order(asked: tuple[ArticleIndex, int, Query]):
    index, source, query = asked
    near = index.neighbours(source)
    pairs = list(zip(near.rows.tolist(), near.scores.tolist(), strict=True))
    found = content(index, source, query)
    assert list(zip(found.rows.tolist(), found.scores.tolist(), strict=True)) == [
        (row, score) for row, score in pairs if may_show(index.article(row), query)
    ]


@given(questions())
def test_the_latest_are_all_that_is_allowed_newest_first(asked: tuple[ArticleIndex, int, Query]):
    index, _, query = asked
    found = [row for rows in latest(index, query) for row in rows.tolist()]
    assert found == [row for row in range(len(index)) if may_show(index.article(row), query)]


def test_the_moment_decides_what_is_out(index: ArticleIndex):
    assert newest(index, Query(as_of=NOON - 1)) == ["eleven", "ten", "nine", "undated"]
    assert newest(index, Query(as_of=NOON)) == ["noon", "ten", "nine", "undated"]
    assert newest(index, Query(as_of=0)) == ["undated"]


def test_both_ends_of_a_span_belong_to_it_and_unknown_times_do_not(index: ArticleIndex):
    query = Query(as_of=NOON, since=9 * HOUR, until=10 * HOUR)
    assert newest(index, query) == ["ten", "nine"]
    assert newest(index, replace(query, since=None)) == ["ten", "nine"]
    assert newest(index, replace(query, since=9 * HOUR + 1, until=10 * HOUR - 1)) == []


def test_an_unknown_section_holds_nothing_and_excludes_nothing(index: ArticleIndex):
    assert newest(index, Query(as_of=NOON, section="فن")) == []
    assert newest(index, Query(as_of=NOON, exclude_section="فن")) == newest(index, Query(as_of=NOON))


def test_the_latest_of_a_long_archive_come_in_blocks_without_a_gap():
    count = 2 * LATEST_BLOCK + 10
    hours = [from_microseconds(hour * HOUR) for hour in range(count)]
    articles = [Article(id=f"{hour:05}", title="خبر", published_at=moment) for hour, moment in enumerate(hours)]
    index = index_of(articles, [[0.0]] * count)
    blocks = list(latest(index, Query(as_of=(count - 3) * HOUR)))
    assert len(blocks) == 3
    assert np.concatenate(blocks).tolist() == list(range(2, count))


def test_ids_that_nobody_has_are_passed_over(index: ArticleIndex):
    rows = rows_of(index, frozenset({"ten", "none", "\ud800"}))
    assert [index.article(int(row)).id for row in rows] == ["ten"]
