"""Splicing: rows that stay and rows that come stand in one order, with their numbers beside them."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, from_microseconds
from models.index import UNKNOWN_TIME
from tests.support.indexes import index_of
from training.splice import Splice, places_among


@given(st.lists(st.booleans(), max_size=12), st.lists(st.integers(0, 12), max_size=8), st.randoms())
def test_rows_keep_their_numbers_in_the_new_order(gone: list[bool], wanted: list[int], random: Random) -> None:
    places = sorted(min(place, len(gone)) for place in wanted)
    splice = Splice.of(np.array(gone, dtype=np.bool_), np.array(places, dtype=np.int64))
    expected: list[tuple[str, int]] = []
    for place in range(len(gone) + 1):
        expected += [("new", number) for number, other in enumerate(places) if other == place]
        expected += [("old", place)] if place < len(gone) and not gone[place] else []
    assert len(splice) == len(expected)
    labels = splice.array(np.arange(len(gone)), 100 + np.arange(len(places)))
    assert labels.tolist() == [number if side == "old" else 100 + number for side, number in expected]
    row_of = {who: row for row, who in enumerate(expected)}
    assert splice.old.tolist() == [row_of.get(("old", number), -1) for number in range(len(gone))]
    assert splice.new.tolist() == [row_of["new", number] for number in range(len(places))]
    parts = {who: [random.randint(0, 9) for _ in range(random.randint(0, 3))] for who in expected}
    sides = []
    for side, count in (("old", len(gone)), ("new", len(places))):
        values = [parts.get((side, number), [7]) for number in range(count)]
        indptr = np.cumsum([0, *map(len, values)])
        sides += [indptr, np.array([one for value in values for one in value], dtype=np.int64)]
    indptr, values = splice.ragged(*sides)
    assert [values[a:b].tolist() for a, b in pairwise(indptr)] == [*parts.values()]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([None, 1, 2])), unique_by=lambda one: one[0]))
def test_a_place_is_by_time_and_then_by_id(found: list[tuple[str, int | None]]) -> None:
    articles = [
        Article(name, "خبر", published_at=None if time is None else from_microseconds(time)) for name, time in found
    ]
    old, new = articles[::2], articles[1::2]
    index = index_of(old, [[1.0]] * len(old))
    for one in new:
        time = UNKNOWN_TIME if one.published_at is None else dict(found)[one.id]
        (place,) = places_among(index, np.array([time], dtype=np.int64), [one.id]).tolist()
        whole = index_of([*old, one], [[1.0]] * (len(old) + 1))
        assert place == whole.row_of(one.id)
