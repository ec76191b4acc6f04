"""Report: a version in full, beside what others make of the same articles."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.artifact import Model, ModelConfig
from models.recommenders import ListRules
from models.registry import Registry
from tests.support.newsroom import COPY, topic_records, train_into
from training.evaluation import report as module
from training.evaluation.report import Report, change, report
from training.evaluation.texts import Document
from training.progress import Silent


@pytest.fixture(scope="module")
def model(trained: Path) -> Model:
    return Registry(trained).load_current()


@pytest.fixture(scope="module")
def found(model: Model) -> Report:
    return report(model, None, None, Silent().stage)


def test_metrics_are_those_of_the_manifest(model: Model, found: Report) -> None:
    assert found.version == model.manifest.version
    assert found.metrics == model.manifest.metrics
    assert {name: found.figures[name].value for name in found.metrics} == found.metrics
    json.dumps(found.document(), allow_nan=False)


def test_every_system_stands_beside_the_version(found: Report) -> None:
    assert list(found.peers) == ["latest", "scikit_learn", "bm25"]
    assert set(found.tasks) == {"title", "half", "section"}  # one copy is no event: its headline is another
    for task in found.tasks.values():
        assert list(task.systems) == ["silah", "scikit_learn", "bm25"]
        assert task.documents == 25
    section = found.tasks["section"].systems["silah"]
    assert section.value is not None
    assert section.value > 0.4
    assert found.against is None


def test_lists_of_peers_are_of_the_moment_too(found: Report) -> None:
    latest = found.peers["latest"]
    assert latest["section_match_5"].value == 1
    assert latest["links_recall_10"].value is None
    assert latest["coverage_5"].n == 25
    # of the six or seven of a section the last alone have five before them
    assert latest["coverage_5"].value == pytest.approx((2 + 3) / 25)


def test_duplicates_are_found_whatever_the_stories_say(model: Model, found: Report) -> None:
    assert found.figures["duplicates_5"].value == 0
    for name in ("latest", "scikit_learn", "bm25"):
        value = found.peers[name]["duplicates_5"].value
        assert value is not None
        assert value > 0, name  # football-1 and its copy in one list


def test_archive_too_large_for_peers_has_the_latest_alone(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPARED", 10)
    monkeypatch.setattr(module, "POOL", 12)
    limited = report(model, None, None, Silent().stage)
    assert list(limited.peers) == ["latest"]
    assert limited.tasks["section"].documents == 12
    assert limited.metrics == model.manifest.metrics


def test_tasks_are_made_of_the_documents_given(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POOL", 10)
    own = [model.index.article(row) for row in range(len(model.index))]
    given = [Document.of(article, model.analyzer) for article in reversed(own)]
    assert report(model, given, None, Silent().stage).tasks == report(model, None, None, Silent().stage).tasks
    assert report(model, [], None, Silent().stage).tasks == {}


def test_same_lists_have_not_changed(model: Model) -> None:
    same = change(model, model)
    assert (same.common, same.jaccard_5.value, same.rbo_10.value) == (25, 1, 1)


def test_other_rules_change_the_lists_of_common_articles(model: Model, tmp_path: Path) -> None:
    records = [record for record in topic_records() if record["id"] not in ("water-1", COPY)]
    train_into(tmp_path / "a", records, config=ModelConfig(lists=ListRules(related_min_similarity=0.2)))
    changed = change(Registry(tmp_path / "a").load_current(), model)
    assert changed.version == model.manifest.version
    assert changed.common == 23
    for figure in (changed.jaccard_5, changed.rbo_10):
        assert figure.value is not None
        assert 0 < figure.value < 1
