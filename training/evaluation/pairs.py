"""Pairs: how well the model's similarity of two articles agrees with what people said of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from models.article import Article
from models.artifact import Model
from models.errors import SourceError
from models.index import cosine
from models.tfidf import SparseVector, TextTerms
from training.evaluation.figures import RESAMPLES, SEED, Values


@dataclass(frozen=True, slots=True)
class Judgement:
    """What people said of two articles: the higher the score, the more alike."""

    id1: str
    id2: str
    score: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two rows of numbers go together.

    Attributes:
        count: pairs compared; ``missing``: pairs of which an article is not there.
        pearson, spearman: correlation, -1 to 1; None where it is not defined.
        pearson_interval, spearman_interval: 95 % by bootstrap over the pairs.
    """

    count: int
    missing: int
    pearson: float | None
    spearman: float | None
    pearson_interval: tuple[float, float] | None = None
    spearman_interval: tuple[float, float] | None = None


def read_judgements(path: Path) -> list[Judgement]:
    """Judgements of a file of JSON lines ``{"id1", "id2", "score"}``.

    Raises:
        SourceError: when it cannot be read, or a line is no judgement; names the line.
    """
    judgements = []
    line = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for text in lines:
                line += 1
                if text.strip():
                    value = json.loads(text)
                    judgements.append(Judgement(str(value["id1"]), str(value["id2"]), float(value["score"])))
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{path}, line {line}: not a judgement with id1, id2 and score") from error
    return judgements


def vectors_of(model: Model, articles: Iterable[Article]) -> dict[str, SparseVector]:
    """Vectors of articles by the model's vocabulary and idf, by id; the last article of an id wins."""
    return {one.id: model.tfidf.vector(TextTerms.of(model.analyzer, one.title, one.body, one.tags)) for one in articles}


def agreement(judgements: Sequence[Judgement], vector: Callable[[str], SparseVector | None]) -> Agreement:
    """Correlation of the judgements with the cosine of the two articles' vectors."""
    scores, similarities = [], []
    for judgement in judgements:
        one, other = vector(judgement.id1), vector(judgement.id2)
        if one is not None and other is not None:
            scores.append(judgement.score)
            similarities.append(cosine(one, other))
    missing = len(judgements) - len(scores)
    if len(scores) < 2 or np.ptp(scores) == 0 or np.ptp(similarities) == 0:
        return Agreement(len(scores), missing, None, None)
    pairs = np.array([scores, similarities])
    return Agreement(
        len(scores), missing, _pearson(pairs), _spearman(pairs), _interval(pairs, _pearson), _interval(pairs, _spearman)
    )


def _pearson(pairs: Values) -> float:
    return float(stats.pearsonr(*pairs).statistic)


def _spearman(pairs: Values) -> float:
    return float(stats.spearmanr(*pairs).statistic)


def _interval(pairs: Values, correlation: Callable[[Values], float]) -> tuple[float, float]:
    """Percentile bootstrap over the pairs; resamples in which nothing differs are passed over."""
    rng = np.random.default_rng(SEED)
    resamples = (pairs[:, rng.integers(0, pairs.shape[1], pairs.shape[1])] for _ in range(RESAMPLES))
    found = [correlation(one) for one in resamples if np.ptp(one, axis=1).all()]
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)
