"""Pairs: the model's similarity beside human judgements."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from models.article import Article
from models.errors import SourceError
from models.index import cosine
from models.registry import Registry
from tests.support.newsroom import topic_records
from training.evaluation.pairs import Judgement, agreement, read_judgements, vectors_of


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_judgements_are_read_line_by_line(tmp_path: Path) -> None:
    lines = ('{"id1": "a", "id2": 7, "score": 1}', "", '{"id1": "b", "id2": "c", "score": 0.5}')
    path = written(tmp_path / "pairs.jsonl", *lines)
    assert read_judgements(path) == [Judgement("a", "7", 1.0), Judgement("b", "c", 0.5)]


@pytest.mark.parametrize("line", ["{", "[]", '{"id1": "a", "id2": "b"}', '{"id1": "a", "id2": "b", "score": "high"}'])
def test_line_that_is_no_judgement_is_named(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "pairs.jsonl", '{"id1": "a", "id2": "b", "score": 1}', line)
    with pytest.raises(SourceError, match="line 2"):
        read_judgements(path)


def test_missing_file_is_a_source_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot read"):
        read_judgements(tmp_path / "nothing.jsonl")


def test_agreement_is_the_correlation_with_the_cosine(trained: Path) -> None:
    index = Registry(trained).load_current().index
    football, health, water = ("football-1", "football-2"), ("health-1", "health-4"), ("water-1", "elections-2")
    pairs = [football, ("football-1", "water-3"), health, water]
    scores = [3.0, 0.0, 2.0, 1.0]
    judgements = [Judgement(one, other, score) for (one, other), score in zip(pairs, scores, strict=True)]
    found = agreement([*judgements, Judgement("football-1", "nobody", 9.0)], index.vector_of)
    cosines = [cosine(index.vector(index.row_of(one)), index.vector(index.row_of(other))) for one, other in pairs]
    assert (found.count, found.missing) == (4, 1)
    assert found.pearson == pytest.approx(stats.pearsonr(scores, cosines).statistic)
    assert found.spearman == pytest.approx(stats.spearmanr(scores, cosines).statistic)


@pytest.mark.parametrize("scores", [[], [1.0], [1.0, 1.0]])
def test_agreement_of_too_little_is_not_defined(trained: Path, scores: list[float]) -> None:
    index = Registry(trained).load_current().index
    judgements = [Judgement("football-1", f"football-{number}", score) for number, score in enumerate(scores, 2)]
    found = agreement(judgements, index.vector_of)
    assert (found.count, found.pearson, found.spearman) == (len(scores), None, None)


def test_articles_of_the_model_have_the_same_vector_when_given_again(trained: Path) -> None:
    model = Registry(trained).load_current()
    vectors = vectors_of(model, map(Article.from_record, topic_records()))
    for article_id, vector in vectors.items():
        trained_one = model.index.vector_of(article_id)
        assert trained_one is not None
        assert vector.terms.tolist() == trained_one.terms.tolist()
        assert vector.weights.tobytes() == trained_one.weights.tobytes()
