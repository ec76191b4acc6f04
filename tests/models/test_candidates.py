"""models.candidates: what may be asked, and how answers are ordered."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.candidates import MAX_LIMIT, Candidates, Query, Reason
from models.errors import QueryError

pairs = st.lists(
    st.tuples(st.integers(0, 50), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=20, unique_by=lambda pair: pair[0]
)


def candidates(of: list[tuple[int, float]]) -> Candidates:
    return Candidates(
        np.array([row for row, _ in of], dtype=np.int32), np.array([score for _, score in of], dtype=np.float32)
    )


def listed(of: Candidates) -> list[tuple[int, float]]:
    return list(zip(of.rows.tolist(), of.scores.tolist(), strict=True))


@pytest.mark.parametrize("limit", [1, MAX_LIMIT])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_of_the_limits_may_be_asked(limit: int, share: float):
    query = Query(as_of=0, limit=limit, min_score=share, diversity=share)
    assert (query.limit, query.min_score, query.diversity) == (limit, share, share)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", 0),
        ("limit", -1),
        ("limit", MAX_LIMIT + 1),
        ("min_score", -0.01),
        ("min_score", 1.01),
        ("min_score", math.nan),
        ("diversity", -0.01),
        ("diversity", 1.01),
        ("diversity", math.inf),
        ("diversity", math.nan),
    ],
)
def test_outside_the_limits_is_refused_by_name(name: str, value: float):
    with pytest.raises(QueryError, match=f"^{name} is "):
        Query(as_of=0, **{name: value})


def test_a_question_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Query(as_of=0).limit = 9  # type: ignore[misc]  # frozen: that is the test


@given(pairs)
def test_best_first_and_equal_scores_in_row_order(of: list[tuple[int, float]]):
    assert listed(candidates(of).ranked()) == sorted(of, key=lambda pair: (-pair[1], pair[0]))


@given(pairs)
def test_ranking_twice_changes_nothing(of: list[tuple[int, float]]):
    once = candidates(of).ranked()
    assert listed(once.ranked()) == listed(once)


def test_taking_by_mask_by_place_and_by_slice():
    three = candidates([(4, 0.5), (2, 1.0), (7, 0.25)])
    assert listed(three.take(np.array([True, False, True]))) == [(4, 0.5), (7, 0.25)]
    assert listed(three.take(np.array([2, 0]))) == [(7, 0.25), (4, 0.5)]
    assert listed(three.take(slice(2))) == [(4, 0.5), (2, 1.0)]
    assert len(three) == 3


def test_reasons_have_the_names_of_the_interface():
    assert {"content", "fallback:latest", "fallback:section"} <= {str(reason) for reason in Reason}
