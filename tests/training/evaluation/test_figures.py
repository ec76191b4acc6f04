"""Figures: the number, and an interval that holds it and narrows with more values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation import figures
from training.evaluation.figures import Figure, estimate, total

VALUES = st.lists(st.floats(-10, 10), min_size=1, max_size=30)


def test_values_that_are_no_numbers_do_not_count() -> None:
    figure = estimate([1.0, math.nan, 0.0])
    assert (figure.value, figure.n) == (0.5, 2)


@pytest.mark.parametrize("values", [[], [math.nan]])
def test_nothing_measured_is_no_figure(values: list[float]) -> None:
    assert estimate(values) == Figure(None, None, None, 0)


@given(VALUES)
def test_interval_lies_among_the_values(values: list[float]) -> None:
    figure = estimate(values)
    assert figure.value == pytest.approx(np.mean(values), abs=1e-9)
    assert figure.low is not None
    assert figure.high is not None
    assert min(values) - 1e-9 <= figure.low <= figure.high <= max(values) + 1e-9


def test_interval_is_that_of_the_standard_error() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    figure = estimate(values)
    assert figure.high is not None
    assert figure.low is not None
    assert (figure.high - figure.low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.15)


def test_same_values_have_the_same_interval_however_few_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    values = list(np.linspace(0, 1, 50))
    whole = estimate(values)
    assert estimate(values) == whole
    monkeypatch.setattr(figures, "CELLS", 50 * 7)
    assert estimate(values) == whole


def test_median_of_values() -> None:
    assert estimate([1.0, 2.0, 30.0], np.median).value == 2


def test_counts_are_summed_without_an_interval() -> None:
    assert total([0, 2, 1]) == Figure(3.0, None, None, 3)
