"""models.readings: a set of readings, the same however it came together."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.readings import ARTICLES, READERS, Readings, articles_in, keys_of, part_of, readers_in

FEW = st.tuples(
    st.sampled_from([0, 1, 5, READERS - 1]), st.sampled_from([0, 1, 2, ARTICLES - 1]), st.integers(0, 3)
)  # reader, article, bucket: the largest numbers are among them

batches = st.lists(st.lists(FEW, max_size=9), max_size=9)


def together(batches: list[list[tuple[int, int, int]]]) -> Readings:
    readings = Readings()
    for batch in batches:
        readers, articles, buckets = (list(column) for column in zip(*batch, strict=True)) if batch else ([], [], [])
        keys = keys_of(np.array(readers, dtype=np.uint64), np.array(articles, dtype=np.uint64))
        readings = readings.with_part(part_of(keys, np.array(buckets, dtype=np.int32)))
    return readings


def triples(part: object) -> list[tuple[int, int, int]]:
    keys, buckets = part.keys, part.buckets  # type: ignore[attr-defined]  # a part of either kind
    return list(zip(readers_in(keys).tolist(), articles_in(keys).tolist(), buckets.tolist(), strict=True))


@given(batches)
def test_all_readings_are_there_once_in_their_order(given_batches: list[list[tuple[int, int, int]]]):
    readings = together(given_batches)
    assert triples(readings.together()) == sorted({one for batch in given_batches for one in batch})


@given(batches, st.sets(st.sampled_from([0, 1, 2, 5, READERS - 1])))
def test_those_of_some_readers(given_batches: list[list[tuple[int, int, int]]], readers: set[int]):
    found = together(given_batches).of_readers(np.array(sorted(readers), dtype=np.uint64))
    assert triples(found) == sorted({one for batch in given_batches for one in batch if one[0] in readers})


@given(batches, st.sampled_from([0, 1, 2, 3, ARTICLES - 1]), st.sampled_from([1, 2, 6, READERS]))
def test_the_readers_of_an_article(given_batches: list[list[tuple[int, int, int]]], article: int, below: int):
    found = together(given_batches).readers_of(article, below)
    expected = {reader for batch in given_batches for reader, its, _ in batch if its == article and reader < below}
    assert found.tolist() == sorted(expected)


def test_parts_stay_few():
    readings = together([[(reader, 1, 1)] for reader in range(1000)])
    assert len(readings) == 1000
    assert len(readings.parts) <= 10
