"""A live index has the lists of a training on the same articles with the same vocabulary and idf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from models import search
from models.article import Article, deleted_id
from models.candidates import Query
from models.index import NEVER, ArticleIndex
from models.live import LiveIndex
from models.recommenders import Recommender, related_news, you_may_also_like
from models.registry import Registry
from tests.support.changing import CONFIGS, Site, archive, news
from tests.support.live import live_index


def changes(records: Sequence[Mapping[str, Any]]) -> dict[str, Article | None]:
    told: dict[str, Article | None] = {}
    for record in records:
        gone = deleted_id(record)
        told[str(record["id"])] = Article.from_record(record) if gone is None else None
    return told


def in_steps(random: Random, index: LiveIndex, records: Sequence[Mapping[str, Any]]) -> LiveIndex:
    """One after the other, or a few at a time."""
    left = list(records)
    while left:
        count = random.choice((1, 1, 3))
        index = index.with_changes(changes(left[:count]))
        del left[:count]
    return index


def living(index: ArticleIndex) -> list[int]:
    return [row for row in index.by_time.tolist() if not isinstance(index, LiveIndex) or not index.gone[row]]


def told(index: ArticleIndex) -> list[Any]:
    """Everything that lists are made from, by id, in the order of time."""
    name = {row: index.cards.card(row).id for row in range(len(index))}
    return [
        (
            index.article(row),
            [(name[other], float(score)) for other, score in zip(*_lists(index, row), strict=True)],
            index.section_name(row),
            bool(index.own[row]),
            index.vector(row).terms.tolist(),
            index.vector(row).weights.tolist(),
        )
        for row in living(index)
    ]


def _lists(index: ArticleIndex, row: int) -> tuple[list[int], list[float]]:
    near = index.neighbours(row)
    return near.rows.tolist(), near.scores.tolist()


def alike(index: ArticleIndex) -> set[tuple[str, str]]:
    rows = living(index)
    name = {row: index.cards.card(row).id for row in rows}
    return {(name[row], name[other]) for row in rows for other in index.alike(row) if other in name}


def stories(index: ArticleIndex) -> set[frozenset[str]]:
    together: dict[int, set[str]] = {}
    for row in living(index):
        together.setdefault(int(index.story[row]), set()).add(index.cards.card(row).id)
    return set(map(frozenset, together.values()))


def shown(index: ArticleIndex) -> list[Any]:
    """Both lists of every article by id, at the end of time and in the middle."""
    rows = living(index)
    moments = (NEVER - 1, int(index.published[rows[len(rows) // 2]]))
    recommender = Recommender(index)
    return [
        (
            index.cards.card(row).id,
            [(index.cards.card(item.row).id, *item[1:]) for item in recommend(recommender, row, query)],
        )
        for row in rows
        for query in (Query(as_of=moment, limit=20) for moment in moments)
        for recommend in (related_news, you_may_also_like)
    ]


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("seed", range(3))
def test_lists_are_those_of_a_training_with_the_same_vocabulary_and_idf(
    tmp_path: Path, name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PLAIN", 3)
    random = Random(f"live-{name}{seed}")
    site = Site(tmp_path, archive(random, 60), CONFIGS[name])
    index = live_index(site.registry)
    for first in (100, 200):
        records = news(random, site.living(), first)
        site.records += records
        index = in_steps(random, index, records)
        whole = site.whole().load_current().index
        assert [index.cards.card(row).id for row in living(index)] == [
            whole.cards.card(row).id for row in living(whole)
        ]
        assert told(index) == told(whole)
        if CONFIGS[name].neighbours > len(index):  # else training forgets likeness to who is no neighbour any more
            assert alike(index) == alike(whole)
            assert stories(index) == stories(whole)
            assert shown(index) == shown(whole)
        np.testing.assert_array_equal(np.unique(index.turns), np.union1d(index.turns, whole.turns))


def test_what_went_wrong_while_an_article_came_leaves_nothing_behind(
    site_index: LiveIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Article(id="first", title="نهائي كأس المدينة في ملعب الميناء")
    index = site_index.with_changes({"first": first})
    with monkeypatch.context() as broken:
        broken.setattr("models.live.Archive.nearest", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            index.with_changes({"second": Article(id="second", title="خبر لا يصل")})
    assert index.find("second") is None
    later = index.with_changes({"third": Article(id="third", title="هداف النوارس وليد حمدان")})
    assert [later.find(name) is None for name in ("first", "second", "third")] == [False, True, False]
    row = later.find("third")
    assert row is not None
    assert later.article(row).title == "هداف النوارس وليد حمدان"
    assert told(later)


def test_neighbours_of_many_rows_are_not_all_remembered(site_index: LiveIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.live.REMEMBERED", 3)
    index = site_index.with_changes({"new": Article(id="new", title="نهائي كأس المدينة في ملعب الميناء")})
    assert told(index) == told(index)


def test_nothing_that_says_the_same_makes_another_index(site_index: LiveIndex) -> None:
    row = site_index.find("football-1")
    assert row is not None
    assert site_index.with_changes({"football-1": site_index.article(row), "nobody": None}) is site_index
    assert not site_index.changed
    assert site_index.present == len(site_index)


@pytest.fixture
def site_index(trained: Path) -> LiveIndex:
    return live_index(Registry(trained))
