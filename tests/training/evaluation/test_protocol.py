"""Protocol: the figures are those of the lists as anyone would ask for them, each article in its time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, parse_time
from models.candidates import Query
from models.index import NEVER, ArticleIndex, cosine
from models.recommenders import Recommender, related_news, you_may_also_like
from models.registry import Registry
from tests.support.indexes import index_of, indexes
from tests.support.newsroom import COPY, topic_records, train_into
from training.evaluation.protocol import (
    DEPTH,
    JUDGED,
    LATE,
    SAMPLE,
    Lists,
    Subject,
    ask_both,
    evaluate,
    flat,
    list_figures,
    moment_of,
    sample,
)


def trained_with_links(folder: Path, links: Mapping[str, list[str]]) -> Recommender:
    records = [{**record, "links": links.get(record["id"], [])} for record in topic_records()]
    train_into(folder, records)
    return Registry(folder).load_current().recommender


def figures(recommender: Recommender) -> dict[str, float | None]:
    return flat(evaluate(Subject(recommender, None), lambda steps: None))


def found(recommender: Recommender, article_id: str) -> list[str]:
    """The ten related articles by id, as of the article's publication."""
    index = recommender.index
    row = index.row_of(article_id)
    shown = related_news(recommender, row, Query(as_of=int(index.published[row]), limit=DEPTH))
    return [index.article(item.row).id for item in shown]


@pytest.fixture(scope="module")
def world(trained: Path) -> Recommender:
    return Registry(trained).load_current().recommender


def test_figures_are_of_the_lists_of_the_moment(world: Recommender) -> None:
    index = world.index
    asked = [(row, Query(as_of=int(index.published[row]), limit=DEPTH)) for row in range(len(index))]
    lists = [related_news(world, row, query) for row, query in asked]
    told = figures(world)
    assert told["coverage_5"] == pytest.approx(np.mean([len(shown) >= 5 for shown in lists]))
    similarities = [shown[0].similarity if shown else 0 for shown in lists]
    assert told["similarity_1"] == pytest.approx(np.mean(similarities), rel=1e-6)
    late = [related_news(world, row, Query(as_of=NEVER - 1, limit=DEPTH)) for row, _ in asked]
    assert told["coverage_5_end"] == pytest.approx(np.mean([len(shown) >= 5 for shown in late]))
    also = [you_may_also_like(world, row, replace(query, limit=JUDGED)) for row, query in asked]
    assert told["coverage_also_2"] == pytest.approx(np.mean([len(shown) >= 2 for shown in also]))


def test_nothing_of_the_future_is_shown_in_time_order(world: Recommender) -> None:
    index = world.index
    in_time, late = ask_both(world, range(len(index)), lambda steps: None)
    assert all(index.published[row] <= index.published[one.source] for one in in_time for row in one.related)
    assert any(index.published[row] > index.published[one.source] for one in late for row in one.related)


def test_article_without_a_date_is_asked_at_the_end_of_time() -> None:
    index = index_of([Article("a", "أ"), Article("b", "ب", published_at=parse_time("2025-01-01"))], [[1.0], [1.0]])
    assert moment_of(index, index.row_of("a")) == NEVER - 1
    assert moment_of(index, index.row_of("b")) == index.published[index.row_of("b")]


def articles(*sections: str | None) -> list[Article]:
    """Articles a, b, …, a day apart, the first the newest."""
    return [
        Article("abcdef"[place], "خبر", section=section, published_at=parse_time(f"2025-01-{20 - place}"))
        for place, section in enumerate(sections)
    ]


def test_figures_of_a_list_by_hand() -> None:
    vectors = [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    index = index_of(articles("رياضة", "رياضة", "سياسة", None), vectors)
    told = flat(list_figures(index, [Lists(0, [1, 2, 3], [2]), Lists(1, [2], [])]))
    assert told["section_match_5"] == pytest.approx((1 / 3 + 0) / 2)
    assert told["section_match_random"] == pytest.approx(1 / 3)
    assert told["section_match_also_5"] == 0
    cosines = [cosine(index.vector(one), index.vector(other)) for one, other in ((1, 2), (1, 3), (2, 3))]
    assert told["diversity_5"] == pytest.approx(1 - np.mean(cosines))
    assert told["diversity_also_5"] is None  # one article is no pair
    assert told["age_days"] == pytest.approx(np.median([2.0, 1.0]))
    assert told["catalogue_5"] == pytest.approx(3 / 4)
    # of two lists 1 and 3 stand in one, 2 in both
    assert told["novelty_5"] == pytest.approx(((1 + 0 + 1) / 3 + 0) / 2)
    assert (told["coverage_5"], told["coverage_also_2"]) == (0, 0)


def test_broken_promises_are_counted_by_story() -> None:
    index = index_of(articles(None, None, None, None), [[1.0]] * 4, ["a", "b", "b", "d"])
    told = flat(list_figures(index, [Lists(0, [1, 2], [2, 3])], [Lists(3, [3], [])]))
    assert told["story_repeats"] == 2  # a story twice in time order, the article's own at the end
    assert told["lists_overlap"] == 1


def test_no_story_twice_in_a_list_nor_in_both(world: Recommender) -> None:
    told = figures(world)
    assert (told["story_repeats"], told["lists_overlap"]) == (0, 0)


@given(indexes())
def test_lists_of_any_index_have_figures_within_their_limits(index: ArticleIndex) -> None:
    told = figures(Recommender(index))
    assert (told["story_repeats"], told["lists_overlap"]) == (0, 0)
    shares = [value for name, value in told.items() if not name.startswith(("age", "novelty", "story", "lists"))]
    assert all(value is None or -1e-6 <= value <= 1 for value in shares)
    assert {f"{name}_end" for name in LATE} <= told.keys()


def test_without_links_there_is_nothing_to_find(world: Recommender) -> None:
    told = figures(world)
    assert told["links_recall_10"] is None
    assert told["links_mrr_10"] is None


def test_links_are_looked_for_in_the_related_list(tmp_path: Path, world: Recommender) -> None:
    near = found(world, "water-6")
    assert len(near) >= 3
    far = next(record["id"] for record in topic_records() if record["id"] not in (*near, "water-6"))
    titles = {record["id"]: record["title"] for record in topic_records()}
    links = {"water-6": [near[2], far], "health-6": [titles[found(world, "health-6")[0]]]}
    told = figures(trained_with_links(tmp_path / "linked", links))
    assert told["links_recall_10"] == pytest.approx((1 / 2 + 1) / 2)
    assert told["links_mrr_10"] == pytest.approx((1 / 3 + 1) / 2)


def test_link_to_a_copy_is_found_by_its_story(tmp_path: Path, world: Recommender) -> None:
    (shown,) = {"football-1", COPY}.intersection(found(world, "football-2"))
    (other,) = {"football-1", COPY} - {shown}
    told = figures(trained_with_links(tmp_path / "linked", {"football-2": [other]}))
    assert told["links_recall_10"] == 1


def test_links_change_no_list(tmp_path: Path, world: Recommender) -> None:
    linked = trained_with_links(tmp_path / "linked", {"water-6": ["football-2", "elections-3"]})
    assert found(linked, "water-6") == found(world, "water-6")


def test_links_to_copies_and_to_nowhere_are_not_looked_for(tmp_path: Path) -> None:
    recommender = trained_with_links(tmp_path / "linked", {"football-1": [COPY, "gone"], COPY: ["football-1"]})
    assert figures(recommender)["links_recall_10"] is None


def test_each_article_asked_is_a_step(world: Recommender) -> None:
    steps: list[int] = []
    evaluate(Subject(world, None), steps.append)
    assert steps == [1] * len(world.index)


def test_texts_are_ranked_only_by_a_version_whose_analyzer_is_there(trained: Path, world: Recommender) -> None:
    model = Registry(trained).load_current()
    told = flat(evaluate(Subject(world, (model.analyzer, model.tfidf)), lambda steps: None))
    assert told["title_mrr_10"] is not None
    assert figures(world)["title_mrr_10"] is None


def test_figures_are_those_of_the_manifest_after_training(trained: Path) -> None:
    model = Registry(trained).load_current()
    told = flat(evaluate(Subject(model.recommender, (model.analyzer, model.tfidf)), lambda steps: None))
    assert json.loads(json.dumps(told)) == model.manifest.metrics


@given(st.integers(0, 3_000_000))
def test_sample_is_spread_evenly_over_all_rows(count: int) -> None:
    rows = sample(count)
    assert len(rows) == min(count, SAMPLE)
    assert rows == sorted(set(rows))
    if rows:
        assert (rows[0], rows[-1]) == (0, count - 1)
        gaps = {later - earlier for earlier, later in pairwise(rows)}
        assert not gaps or max(gaps) - min(gaps) <= 1


def test_sample_of_a_small_index_is_all_of_it() -> None:
    assert sample(7) == list(range(7))
