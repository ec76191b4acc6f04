"""Protocol: the figures are those of the lists as anyone would ask for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.candidates import Query
from models.index import NEVER
from models.recommenders import Recommender, related_news
from models.registry import Registry
from tests.support.newsroom import COPY, topic_records, train_into
from training.evaluation.protocol import DEPTH, SAMPLE, evaluate, sample


def trained_with_links(folder: Path, links: Mapping[str, list[str]]) -> Recommender:
    records = [{**record, "links": links.get(record["id"], [])} for record in topic_records()]
    train_into(folder, records)
    return Registry(folder).load_current().recommender


def figures(recommender: Recommender) -> dict[str, float | None]:
    return evaluate(recommender, lambda steps: None)


def found(recommender: Recommender, article_id: str) -> list[str]:
    """The ten related articles by id."""
    index = recommender.index
    shown = related_news(recommender, index.row_of(article_id), Query(as_of=NEVER - 1, limit=DEPTH))
    return [index.article(item.row).id for item in shown]


@pytest.fixture(scope="module")
def world(trained: Path) -> Recommender:
    return Registry(trained).load_current().recommender


def test_coverage_and_similarity_are_means_over_all_lists(world: Recommender) -> None:
    lists = [related_news(world, row, Query(as_of=NEVER - 1, limit=DEPTH)) for row in range(len(world.index))]
    told = figures(world)
    assert told["coverage_5"] == pytest.approx(sum(len(shown) >= 5 for shown in lists) / len(lists))
    assert told["similarity_1"] == pytest.approx(
        sum(shown[0].similarity for shown in lists if shown) / len(lists), rel=1e-6
    )


def test_no_story_twice_in_a_list_nor_in_both(world: Recommender) -> None:
    told = figures(world)
    assert (told["story_repeats"], told["lists_overlap"]) == (0, 0)


def test_without_links_there_is_nothing_to_find(world: Recommender) -> None:
    told = figures(world)
    assert told["links_recall_10"] is None
    assert told["links_mrr_10"] is None


def test_links_are_looked_for_in_the_related_list(tmp_path: Path, world: Recommender) -> None:
    near = found(world, "water-1")
    assert len(near) >= 3
    far = next(record["id"] for record in topic_records() if record["id"] not in (*near, "water-1"))
    links = {"water-1": [near[2], far], "health-1": [found(world, "health-1")[0]]}
    told = figures(trained_with_links(tmp_path / "linked", links))
    assert told["links_recall_10"] == pytest.approx((1 / 2 + 1) / 2)
    assert told["links_mrr_10"] == pytest.approx((1 / 3 + 1) / 2)


def test_links_change_no_list(tmp_path: Path, world: Recommender) -> None:
    linked = trained_with_links(tmp_path / "linked", {"water-1": ["football-2", "elections-3"]})
    assert found(linked, "water-1") == found(world, "water-1")


def test_links_to_copies_and_to_nowhere_are_not_looked_for(tmp_path: Path) -> None:
    recommender = trained_with_links(tmp_path / "linked", {"football-1": [COPY, "gone"], COPY: ["football-1"]})
    assert figures(recommender)["links_recall_10"] is None


def test_each_article_asked_is_a_step(world: Recommender) -> None:
    steps: list[int] = []
    evaluate(world, steps.append)
    assert steps == [1] * len(world.index)


def test_figures_are_those_of_the_manifest_after_training(trained: Path) -> None:
    model = Registry(trained).load_current()
    told = figures(model.recommender)
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
