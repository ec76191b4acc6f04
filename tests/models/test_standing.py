"""models.standing: the lists of the whole site, in random worlds with random readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, from_microseconds
from models.candidates import Query, Reason, Recommendation
from models.editorial import EditorialRules, Rule, RuleType
from models.index import ArticleIndex
from models.interaction import Act, Interaction
from models.popularity import MINUTE, Popularity
from models.recommenders import Recommender, shown_beside
from models.standing import LOOKED_UP, latest_news, most_read, trending
from tests.models.test_retrieval import may_show
from tests.support.editorial import bars, rulebooks, silences
from tests.support.indexes import index_of, questions
from tests.support.readers import FEW, START, interactions

Recommend = Callable[..., list[Recommendation]]
Asked = tuple[ArticleIndex, int, Query]

IDS = (*(f"a{number}" for number in range(10)), "لا أحد")
LISTS = {"latest": latest_news, "most-read": most_read, "trending": trending}
every_list = pytest.mark.parametrize("recommend", [pytest.param(each, id=name) for name, each in LISTS.items()])
read_lists = pytest.mark.parametrize("recommend", [most_read, trending])

END = START + 9 * 60 * MINUTE


def world(index: ArticleIndex, done: list[Interaction]) -> Recommender:
    return Recommender(index, popularity=Popularity(FEW).with_interactions(done))


@every_list
@given(questions(), interactions(IDS))
def test_nothing_stands_in_a_list_that_may_not(recommend: Recommend, asked: Asked, done: list[Interaction]):
    index, _, query = asked
    query = replace(query, as_of=query.as_of if query.as_of < START else END)
    items = recommend(world(index, done), query)
    shown = [index.article(item.row) for item in items]
    assert len(items) <= query.limit
    assert all(may_show(article, query) for article in shown)
    assert len({article.id for article in shown}) == len(items)
    assert len({int(index.story[item.row]) for item in items}) == len(items)
    rows = [item.row for item in items]
    assert not any(other in index.alike(row) for row in rows for other in rows)
    assert [item.rank for item in items] == list(range(1, len(items) + 1))
    assert items == recommend(world(index, done[::-1]), query)


@read_lists
@given(questions(), interactions(IDS))
def test_the_read_ones_stand_best_first_and_none_is_left_out(
    recommend: Recommend, asked: Asked, done: list[Interaction]
):
    index, _, query = asked
    query = replace(query, as_of=END, limit=50)
    recommender = world(index, done)
    items = recommend(recommender, query)
    popularity = recommender.popularity
    assert popularity is not None
    ranking = popularity.most_read(END) if recommend is most_read else popularity.trending(END)
    share = dict(zip(ranking.ids, ranking.shares.tolist(), strict=True))
    for item in items:
        assert query.min_score <= item.score == pytest.approx(share[index.article(item.row).id])
        assert (item.reason, item.similarity) == (Reason.POPULAR, 0)
    for one, other in pairwise(items):
        assert (-one.score, -int(index.published[one.row]), index.article(one.row).id) < (
            -other.score,
            -int(index.published[other.row]),
            index.article(other.row).id,
        )
    told = {int(index.story[item.row]) for item in items}
    alike = {other for item in items for other in index.alike(item.row)}
    for article_id, its in share.items():
        row = index.find(article_id)
        if row is not None and its >= query.min_score and may_show(index.article(row), query):
            assert int(index.story[row]) in told or row in alike


@every_list
@given(questions(), interactions(IDS), st.integers(1, 5))
def test_a_shorter_list_is_the_beginning_of_a_longer_one(
    recommend: Recommend, asked: Asked, done: list[Interaction], limit: int
):
    index, _, query = asked
    recommender = world(index, done)
    longer = recommend(recommender, replace(query, as_of=END, limit=limit + 1))
    assert recommend(recommender, replace(query, as_of=END, limit=limit)) == longer[:limit]


@given(questions())
def test_where_nobody_is_known_to_read_only_the_latest_are_listed(asked: Asked):
    index, _, query = asked
    assert most_read(Recommender(index), query) == trending(Recommender(index), query) == []
    assert most_read(world(index, []), query) == trending(world(index, []), query) == []
    assert all(item.reason is Reason.LATEST for item in latest_news(Recommender(index), query))


def test_what_is_asked_for_is_found_behind_many_that_are_not():
    """More articles than are looked up at a time are read more, all of another section."""
    many = [Article(id=f"{number:03}", title="خبر", section="رياضة") for number in range(2 * LOOKED_UP)]
    wanted = Article(id="wanted", title="خبر", section="صحة", published_at=from_microseconds(START))
    index = index_of([*many, wanted], [[0.0]] * (2 * LOOKED_UP + 1))
    done = [
        Interaction(Act.READ, article.id, START, reader)
        for place, article in enumerate([wanted, *many])
        for reader in range(1000 * place, 1000 * place + place + 1)
    ]
    recommender = world(index, done)
    for recommend in (most_read, trending):
        items = recommend(recommender, Query(as_of=START, section="صحة"))
        assert [index.article(item.row).id for item in items] == ["wanted"]


@pytest.mark.parametrize("name", list(LISTS))
@given(questions(), interactions(IDS), rulebooks(), st.booleans())
def test_editors_are_obeyed_on_a_page_and_on_none(
    name: str, asked: Asked, done: list[Interaction], rules: list[Rule], on_page: bool
):
    index, row, query = asked
    query = replace(query, as_of=query.as_of if query.as_of < START else END)
    source, recommender = row if on_page else None, world(index, done)
    recommender = replace(recommender, editorial=EditorialRules.of(rules))
    beside = shown_beside(recommender, row, query) if on_page else []
    items = LISTS[name](recommender, query, source, beside)
    page = None if source is None else index.article(source)
    effective = recommender.editorial.active(query.as_of)
    assert not items or not any(silences(rule, name, page) for rule in effective)
    assert len(items) <= query.limit
    assert [item.rank for item in items] == list(range(1, len(items) + 1))
    for item in items:
        assert may_show(index.article(item.row), query)
        assert not any(bars(rule, name, page, index.article(item.row)) for rule in effective)
        assert 0 <= item.score <= 1
    together = [*(item.row for item in items), *([] if source is None else [source])]
    assert len({int(index.story[one]) for one in together}) == len(together)
    assert not {int(index.story[item.row]) for item in beside} & {int(index.story[item.row]) for item in items}
    assert items == LISTS[name](replace(recommender), query, source, beside)


@read_lists
def test_boosts_and_pins_move_what_is_read(recommend: Recommend):
    index = index_of([Article(id=f"a{number}", title="خبر") for number in range(5)], [[0.0]] * 5)
    done = [Interaction(Act.READ, f"a{number}", START, reader) for number in range(1, 4) for reader in range(number)]
    rules = [
        Rule(id="1", type=RuleType.BOOST, article_id="a1", factor=2.5),
        Rule(id="2", type=RuleType.PIN, article_id="a0", position=2),
    ]
    recommender = replace(world(index, done), editorial=EditorialRules.of(rules))
    items = recommend(recommender, Query(as_of=START + MINUTE))
    assert [(index.article(item.row).id, item.reason) for item in items] == [
        ("a3", Reason.POPULAR),
        ("a0", Reason.PINNED),
        ("a1", Reason.BOOSTED),
        ("a2", Reason.POPULAR),
    ]
    assert [round(item.score, 3) for item in items] == [1, 0, 0.833, 0.667]


@read_lists
def test_what_a_boost_lifts_over_the_first_shows_at_most_one(recommend: Recommend):
    index = index_of([Article(id=f"a{number}", title="خبر") for number in range(2)], [[0.0]] * 2)
    done = [Interaction(Act.READ, "a0", START, 0)]
    boost = [Rule(id="1", type=RuleType.BOOST, article_id="a0", factor=10.0)]
    recommender = replace(world(index, done), editorial=EditorialRules.of(boost))
    assert [item.score for item in recommend(recommender, Query(as_of=START + MINUTE))] == [1.0]
