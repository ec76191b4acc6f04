"""Ranking: a task asked of a system; and the version's own system beside its index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recommenders import ListRules
from models.registry import Registry
from models.reranking import freshness
from training.evaluation import systems
from training.evaluation.ranking import Fresh, ask, best
from training.evaluation.tasks import Task, mrr_10
from training.evaluation.texts import Text

TEXTS = [Text("", name) for name in ("a", "b", "c")]


def task(gain: int, barred: list[int], days: list[float] | None = None) -> Task:
    when = None if days is None else (np.array(days), np.array(days))
    return Task(TEXTS, TEXTS, np.array([0]), [{gain: 1.0}], [np.array(barred, dtype=np.int64)], mrr_10, when)


def scoring(*scores: float) -> systems.System:
    return lambda queries, documents: lambda rows: np.array([scores] * len(rows), dtype=np.float32)


def test_value_is_the_metric_of_the_order() -> None:
    assert ask(scoring(0.9, 0.5, 0.7), task(1, [])).tolist() == [pytest.approx(1 / 3)]
    assert ask(scoring(0.9, 0.5, 0.7), task(1, [0])).tolist() == [1 / 2]
    assert ask(scoring(0.9, 0.0, 0.7), task(1, [0])).tolist() == [0]


def test_freshness_takes_part_where_it_is_asked_for() -> None:
    dated = task(2, [0], [0.0, 10.0, 0.0])
    assert ask(scoring(1, 0.6, 0.5), dated).tolist() == [1 / 2]
    assert ask(scoring(1, 0.6, 0.5), dated, Fresh(1.0, 0.5)).tolist() == [1]
    assert ask(scoring(1, 0.6, 0.5), task(2, [0]), Fresh(1.0, 0.5)).tolist() == [1 / 2]


def test_freshness_is_that_of_related_news(trained: Path) -> None:
    model = Registry(trained).load_current()
    index, rules = model.index, ListRules()
    rows = np.arange(len(index), dtype=np.int32)
    days = index.published / 86_400_000_000
    expected = freshness(index, rows, 3, rules.related_half_life_days, rules.related_freshness_floor)
    assert Fresh.of(rules).factors(days[[3]], days)[0] == pytest.approx(expected, rel=1e-5)


def test_unknown_times_judge_nobody_and_count_as_old() -> None:
    factors = Fresh(1.0, 0.5).factors(np.array([np.nan, 1.0]), np.array([np.nan, 1.0, 2.0]))
    assert factors.tolist() == [[1, 1, 1], [0.5, 1, 0.75]]
    assert Fresh(0.0, 0.5).factors(np.array([1.0]), np.array([5.0])).tolist() == [[1]]


@given(st.lists(st.sampled_from([0.0, 0.1, 0.5, 0.5, 0.9]), max_size=30), st.integers(1, 12))
def test_best_are_those_of_a_full_sort(scores: list[float], count: int) -> None:
    expected = [place for _, place in sorted((-score, place) for place, score in enumerate(scores) if score > 0)]
    assert best(np.array(scores), count) == expected[:count]


def test_version_ranks_as_its_index_does(trained: Path) -> None:
    model = Registry(trained).load_current()
    index = model.index
    articles = [index.article(row) for row in range(len(index))]
    texts = [Text(one.title, model.analyzer.clean(one.body).text) for one in articles]
    scores = systems.version(model.analyzer, model.tfidf)(texts, texts)(np.arange(len(texts)))
    for row in range(len(index)):
        near = index.neighbours(row)
        assert scores[row][near.rows] == pytest.approx(near.scores, rel=1e-5)
