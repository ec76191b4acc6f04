"""models.coreading: what readers of an article have read as well, and how it comes into «you may also like»."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from math import sqrt
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given

from models import coreading
from models.article import Article, from_microseconds
from models.candidates import Query, Reason
from models.coreading import LEAST_COMMON, SHRINKAGE, co_read
from models.index import ArticleIndex
from models.interaction import READER_BITS, Act, Interaction
from models.popularity import BUCKET, MINUTE, Popularity
from models.recommenders import ListRules, Recommender, shown_beside, you_may_also_like
from tests.models.test_popularity import END, moments
from tests.models.test_retrieval import may_show
from tests.support.indexes import index_of, questions, seeds
from tests.support.readers import FEW, START, interactions, latest_readings

Asked = tuple[ArticleIndex, int, Query]

IDS = tuple(f"a{number}" for number in range(8))


def read(article_id: str, reader: int, minute: int = 0) -> Interaction:
    return Interaction(Act.READ, article_id, START + minute * MINUTE, reader)


def plainly(done: list[Interaction], article_id: str, as_of: int) -> dict[str, float]:
    """The formula, reader by reader."""
    readers: dict[str, set[object]] = defaultdict(set)
    for (one, reader), (_, known) in latest_readings(done, FEW, as_of).items():
        if known:
            readers[one].add(reader)
    own = readers.pop(article_id, set())
    common = {one: len(own & theirs) for one, theirs in readers.items()}
    return {
        one: count / sqrt(len(own) * len(readers[one])) * count / (count + SHRINKAGE)
        for one, count in common.items()
        if count >= LEAST_COMMON
    }


@given(interactions(IDS, most=150), moments)
def test_the_score_is_the_shrunk_cosine_over_readers(done: list[Interaction], as_of: int):
    popularity = Popularity(FEW).with_interactions(done)
    for article_id in (*IDS, "لا أحد"):
        found = co_read(popularity, article_id, as_of)
        assert dict(found) == pytest.approx(plainly(done, article_id, as_of))
        assert found == sorted(found, key=lambda one: (-one[1], one[0]))


@given(interactions(IDS, most=150), seeds, moments)
def test_neither_order_nor_batches_nor_later_readings_matter(done: list[Interaction], pick: Random, as_of: int):
    at_once = Popularity(FEW).with_interactions(done)
    others = Popularity(FEW)
    later = [one._replace(at=one.at - START + (as_of // BUCKET + 1) * BUCKET) for one in done[:20]]
    for one in pick.sample([*done, *later], len(done) + len(later)):
        others = others.with_interactions([one])
    for article_id in IDS:
        assert co_read(others, article_id, as_of) == co_read(at_once, article_id, as_of)


def test_of_many_readers_a_share_is_looked_at(monkeypatch: pytest.MonkeyPatch):
    """As many as are looked at by default, and a quarter of them: nearly the same scores."""
    readers = [reader * 0x9E3779B97F4A7C15 % (1 << READER_BITS) for reader in range(800)]
    done = [read("أ", reader) for reader in readers]
    done += [read("ب", reader) for place, reader in enumerate(readers) if place % 2]
    popularity = Popularity().with_interactions(done)
    exact = dict(co_read(popularity, "أ", START))
    monkeypatch.setattr(coreading, "SAMPLE", 200)
    assert exact == {"ب": pytest.approx(400 / sqrt(800 * 400) * 400 / 410)}
    assert dict(co_read(popularity, "أ", START))["ب"] == pytest.approx(exact["ب"], rel=0.1)
    later = [read("أ", reader + 1, 60) for reader in readers]
    assert co_read(popularity.with_interactions(later), "أ", START) == co_read(popularity, "أ", START)


def test_no_more_than_can_be_looked_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(coreading, "LOOKED_UP", 3)
    done = [read(article_id, reader) for reader in range(4) for article_id in "هدجبأ"]
    assert [one for one, _ in co_read(Popularity().with_interactions(done), "ج", START)] == ["أ", "ب", "د"]


def world(index: ArticleIndex, done: list[Interaction], **rules: float) -> Recommender:
    return Recommender(index, ListRules(**rules), Popularity(FEW).with_interactions(done))  # type: ignore[arg-type]  # names from a call


@patch.object(coreading, "LEAST_COMMON", 1)  # in worlds of few readers, the more to look at
@given(questions(), interactions(IDS, most=150))
def test_readers_bring_nothing_into_a_list_that_may_not_stand_there(asked: Asked, done: list[Interaction]):
    index, source, query = asked
    query = replace(query, as_of=END if query.as_of > START else query.as_of, min_score=query.min_score / 5)
    recommender = world(index, done, related_min_similarity=0.9, same_story_similarity=0.95)  # room for the others
    items = you_may_also_like(recommender, source, query)
    shown = [item.row for item in shown_beside(recommender, source, query)]
    assert len(items) <= query.limit
    assert all(may_show(index.article(item.row), query) for item in items)
    rows = [source, *shown, *(item.row for item in items)]
    assert len({int(index.story[row]) for row in rows}) == len(rows)
    assert not any(other in index.alike(row) for row in rows for other in rows)
    assert [item.rank for item in items] == list(range(1, len(items) + 1))
    assert all(query.min_score <= item.score <= 1 + 1e-6 for item in items)
    assert {item.reason for item in items} <= {Reason.CONTENT, Reason.CO_READ}
    neighbours = index.neighbours(source)
    near = dict(zip(neighbours.rows.tolist(), neighbours.scores.tolist(), strict=True))
    assert all(item.similarity == near.get(item.row, 0) for item in items)
    dense = neighbours.scores[ListRules().same_story_neighbours :][:1]
    own_story = max(recommender.rules.same_story_similarity, float(dense.max(initial=0)))
    assert all(near.get(item.row, 0) < own_story for item in items if item.reason is Reason.CO_READ)


@given(questions(), interactions(IDS, most=150))
def test_without_readers_the_list_is_what_it_was(asked: Asked, done: list[Interaction]):
    index, source, query = asked
    plain = you_may_also_like(Recommender(index), source, query)
    assert you_may_also_like(world(index, []), source, query) == plain
    assert you_may_also_like(world(index, done, also_like_co_read_weight=0), source, query) == plain


@patch.object(coreading, "LEAST_COMMON", 1)
@given(questions(), interactions(IDS, most=150))
def test_a_window_holds_for_what_readers_bring(asked: Asked, done: list[Interaction]):
    index, source, query = asked
    plain = world(index, done, also_like_window_days=1 / 24)
    for item in you_may_also_like(plain, source, replace(query, as_of=min(query.as_of, END))):
        published = [int(index.published[row]) for row in (source, item.row)]
        assert published[0] < 0 or abs(published[0] - published[1]) <= 6 * BUCKET


@pytest.fixture
def far_apart() -> ArticleIndex:
    """Articles that have next to no word in common; «copy» tells the story of «read», a day later."""
    names = ("source", "like", "read", "copy", "own")
    vectors = [[1, 0.02, 0, 0], [0.02, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [1, 0.4, 0, 0]]
    published = [START - place * 6 * BUCKET for place in (0, 1, 200, 50, 2)]
    articles = [
        Article(id=name, title="خبر", section="صحة", published_at=from_microseconds(at))
        for name, at in zip(names, published, strict=True)
    ]
    return index_of(articles, vectors, ["source", "like", "read", "read", "own"])


def test_what_readers_read_comes_in_by_the_formula(far_apart: ArticleIndex):
    """Eight readers of the source, four of whom have read «read» and «own», and three its copy; nobody else has."""
    done = [read("source", reader) for reader in range(8)]
    done += [read(one, reader) for one in ("read", "own") for reader in range(4)]
    done += [read("copy", reader) for reader in range(3)]
    recommender = Recommender(far_apart, popularity=Popularity().with_interactions(done))
    query = Query(as_of=START, limit=5, diversity=0)
    items = you_may_also_like(recommender, far_apart.row_of("source"), query)
    found = {far_apart.article(item.row).id: item for item in items}
    assert list(found) == ["copy", "like"]  # the newest copy of what was read; «own» is the source's own story
    assert found["copy"].score == pytest.approx(0.5 * 4 / sqrt(8 * 4) * 4 / 14)
    assert found["copy"].similarity == 0
    assert [item.reason for item in items] == [Reason.CO_READ, Reason.CONTENT]


def test_content_and_readers_add_up(far_apart: ArticleIndex):
    source, query = far_apart.row_of("source"), Query(as_of=START, limit=5, diversity=0)
    (plain,) = you_may_also_like(Recommender(far_apart), source, query)
    done = [read(one, reader) for one in ("source", "like") for reader in range(4)]
    popularity = Popularity().with_interactions(done)
    (both,) = you_may_also_like(Recommender(far_apart, popularity=popularity), source, query)
    assert both.score == pytest.approx(plain.score + 0.5 * 4 / 14 * (1 - plain.score))
    assert (both.row, both.similarity, both.reason) == (plain.row, plain.similarity, Reason.CO_READ)
    light = Recommender(far_apart, ListRules(also_like_co_read_weight=0.1), popularity)
    assert you_may_also_like(light, source, query)[0].reason is Reason.CONTENT


def test_scores_are_of_the_kind_of_the_others(far_apart: ArticleIndex):
    done = [read(one, reader) for one in ("source", "like") for reader in range(4)]
    found = coreading.read_along(
        far_apart, Popularity().with_interactions(done), far_apart.row_of("source"), Query(as_of=START)
    )
    assert (found.rows.dtype, found.scores.dtype) == (np.int32, np.float32)
