"""Figures: a number measured on many lists, with what chance leaves open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 20261123
RESAMPLES = 1000
CELLS = 2_000_000  # numbers resampled at once

Values = NDArray[np.float64]
Statistic = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Attributes:
        value: None when there was nothing to measure.
        low, high: 95 % interval; None where resampling says nothing, as of counts that must be 0.
        n: lists, queries or pairs that it is made of.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int


def estimate(values: Sequence[float] | Values, statistic: Statistic = np.mean) -> Figure:
    """A statistic of the values that are numbers, with its interval.

    Percentile bootstrap (Efron & Tibshirani 1993, chapter 13), 1,000 seeded resamples.
    ``statistic`` takes an array and ``axis``: :func:`numpy.mean`, :func:`numpy.median`.
    """
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return Figure(None, None, None, 0)
    low, high = np.percentile(_resampled(numbers, statistic), [2.5, 97.5])
    return Figure(float(statistic(numbers, axis=0)), float(low), float(high), len(numbers))


def total(values: Sequence[float] | Values) -> Figure:
    """The sum of counts: what is promised never to happen has no interval."""
    return Figure(float(np.sum(values)), None, None, len(values))


def _resampled(numbers: Values, statistic: Statistic) -> Values:
    rng = np.random.default_rng(SEED)
    step = max(1, min(RESAMPLES, CELLS // len(numbers)))
    parts = [
        statistic(numbers[rng.integers(0, len(numbers), (min(step, RESAMPLES - first), len(numbers)))], axis=1)
        for first in range(0, RESAMPLES, step)
    ]
    return np.concatenate(parts)
