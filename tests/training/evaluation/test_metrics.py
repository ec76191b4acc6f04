"""Metrics: their formulas by hand, and nan for nothing to find."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.metrics import (
    jaccard,
    ndcg,
    precision,
    rank_biased_overlap,
    recall,
    reciprocal_rank,
    repeats,
)

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


def test_ndcg_by_hand() -> None:
    gains = {1: 1.0, 2: 0.5}
    best = 1 / math.log2(2) + 0.5 / math.log2(3)
    assert ndcg([1, 2], gains, 10) == pytest.approx(1)
    assert ndcg([2, 7, 1], gains, 10) == pytest.approx((0.5 / math.log2(2) + 1 / math.log2(4)) / best)
    assert ndcg([7, 1], gains, 1) == 0
    assert math.isnan(ndcg([7], {}, 10))


@pytest.mark.parametrize(("found", "expected"), [([1, 2], 1), ([1, 3], 1 / 2), ([3], 0)])
def test_precision(found: list[int], expected: float) -> None:
    assert precision(found, {1: 1.0, 2: 1.0}) == expected


def test_precision_of_an_empty_list_is_no_number() -> None:
    assert math.isnan(precision([], {1: 1.0}))


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("ab", "ba", 1), ("ab", "bc", 1 / 3), ("ab", "cd", 0), ("", "", 1), ("", "a", 0)]
)
def test_jaccard(one: str, other: str, expected: float) -> None:
    assert jaccard(one, other) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("ab", "ab", 1), ("ab", "ba", 0.9 / 1.9), ("ab", "ac", (1 + 0.9 / 2) / 1.9), ("ab", "cd", 0), ("", "", 1)],
)
def test_rank_biased_overlap(one: str, other: str, expected: float) -> None:
    assert rank_biased_overlap(one, other) == pytest.approx(expected)


@given(LISTS, LISTS)
def test_overlaps_know_no_order_and_are_shares(one: list[int], other: list[int]) -> None:
    for measure in (jaccard, rank_biased_overlap):
        assert measure(one, other) == measure(other, one)
        assert 0 <= measure(one, other) <= 1
        assert measure(one, one) == pytest.approx(1)


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
