"""Ranking: a task asked of a system, one value a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.recommenders import ListRules
from models.tfidf import Float32Array
from training.evaluation.figures import Values
from training.evaluation.systems import System
from training.evaluation.tasks import BLOCK, DEPTH, Task


@dataclass(frozen=True, slots=True)
class Fresh:
    """The freshness of related news, see :func:`models.reranking.freshness`: part of how a version ranks."""

    half_life_days: float
    floor: float

    @classmethod
    def of(cls, rules: ListRules) -> Fresh:
        """That of a version's lists."""
        return cls(rules.related_half_life_days, rules.related_freshness_floor)

    def factors(self, asked: Values, found: Values) -> Float32Array:
        """Factors in [floor, 1], queries × documents, of days; nan is an unknown time."""
        if self.half_life_days == 0:
            return np.ones((len(asked), len(found)), dtype=np.float32)
        decay = np.nan_to_num(0.5 ** (np.abs(asked[:, None] - found[None]) / self.half_life_days), nan=0.0)
        factors = self.floor + (1 - self.floor) * decay
        factors[np.isnan(asked)] = 1.0
        return factors.astype(np.float32)


def ask(
    system: System, task: Task, fresh: Fresh | None = None, advance: Callable[[int], None] = lambda _: None
) -> Values:
    """The task's metric of each query; documents that share nothing with a query are not found."""
    scores = system(task.queries, task.documents)
    values = []
    for first in range(0, len(task.rows), BLOCK):
        rows = task.rows[first : first + BLOCK]
        block = scores(rows)
        if fresh is not None and task.days is not None:
            block = block * fresh.factors(task.days[0][rows], task.days[1])
        for place, row in enumerate(block):
            number = first + place
            row[task.barred[number]] = 0
            values.append(task.metric(best(row), task.gains[number]))
        advance(len(rows))
    return np.array(values, dtype=np.float64)


def best(scores: np.ndarray, count: int = DEPTH) -> list[int]:
    """Places of the highest scores above 0, best first, equal ones in their order."""
    picked = np.flatnonzero(scores > 0)
    if len(picked) > count:
        edge = np.partition(scores[picked], -count)[-count]
        picked = picked[scores[picked] >= edge]
    return [int(place) for place in picked[np.lexsort((picked, -scores[picked]))][:count]]
