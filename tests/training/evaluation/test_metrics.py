"""Metrics: their formulas by hand, and nan for nothing to find."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.metrics import mean, recall, reciprocal_rank, repeats

LISTS = st.lists(st.integers(0, 9), max_size=8, unique=True)
SETS = st.sets(st.integers(0, 9), min_size=1)


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [
        ("abcd", "b", 1),
        ("abcd", "bz", 1 / 2),
        ("abcd", "xyz", 0),
        ("ab", "abc", 2 / 3),
        ("", "a", 0),
    ],
)
def test_recall(found: str, wanted: str, expected: float) -> None:
    assert recall(found, set(wanted)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("found", "wanted", "expected"),
    [("abcd", "a", 1), ("abcd", "dc", 1 / 3), ("abcd", "z", 0), ("", "a", 0)],
)
def test_reciprocal_rank(found: str, wanted: str, expected: float) -> None:
    assert reciprocal_rank(found, set(wanted)) == pytest.approx(expected)


def test_nothing_to_find_is_no_number() -> None:
    assert math.isnan(recall("abc", set()))
    assert math.isnan(reciprocal_rank("abc", set()))


@pytest.mark.parametrize(("found", "expected"), [("", 0), ("abc", 0), ("aba", 1), ("aaa", 2), ("abab", 2)])
def test_repeats(found: str, expected: int) -> None:
    assert repeats(found) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1, 0, 0.5], 0.5), ([1, math.nan, 0], 0.5), ([0.1] * 10, 0.1), ([math.nan], None), ([], None)],
)
def test_mean_is_of_the_numbers(values: list[float], expected: float | None) -> None:
    assert mean(values) == expected


@given(LISTS, SETS)
def test_recall_and_rank_agree_on_whether_anything_was_found(found: list[int], wanted: set[int]) -> None:
    assert 0 <= recall(found, wanted) <= 1
    assert 0 <= reciprocal_rank(found, wanted) <= 1
    assert (recall(found, wanted) > 0) == (reciprocal_rank(found, wanted) > 0) == bool(wanted & set(found))


@given(LISTS, SETS, st.integers(0, 9))
def test_longer_list_is_never_worse(found: list[int], wanted: set[int], more: int) -> None:
    assert recall([*found, more], wanted) >= recall(found, wanted)
    assert reciprocal_rank([*found, more], wanted) >= reciprocal_rank(found, wanted)


@given(SETS, st.permutations(range(10)))
def test_all_wanted_at_the_front_is_the_best(wanted: set[int], others: list[int]) -> None:
    found = [*wanted, *(item for item in others if item not in wanted)]
    assert (recall(found, wanted), reciprocal_rank(found, wanted), repeats(found)) == (1, 1, 0)
