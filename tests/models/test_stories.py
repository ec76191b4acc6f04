"""models.stories: what a shingle is, and what a story is called."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.stories import shingles, story_numbers

words = st.lists(st.sampled_from("أبتثجحخ"), max_size=30)
graphs = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(
            st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.sampled_from([0.5, 0.7, 1.0])).filter(
                lambda pair: pair[0] != pair[1]
            ),
            max_size=15,
        ),
    )
)


@given(words)
def test_shingles_are_sorted_and_distinct(one: list[str]):
    runs = {tuple(one[start : start + 3]) for start in range(max(len(one) - 2, 1))} if one else set()
    assert shingles(one).tolist() == sorted(set(shingles(one).tolist()))
    assert len(shingles(one)) == len(runs)


def test_alone_an_article_is_its_own_story():
    assert story_numbers(3, []).tolist() == [0, 1, 2]


def test_copies_are_named_after_the_oldest_which_is_the_highest_row():
    assert story_numbers(5, [(0, 3, 0.9)]).tolist() == [3, 1, 2, 3, 4]


def test_two_copies_of_one_report_are_its_story():
    assert story_numbers(5, iter([(0, 4, 0.5), (1, 4, 0.9)])).tolist() == [4, 4, 2, 3, 4]


def test_a_copy_of_a_copy_only_is_another_story():
    assert story_numbers(5, [(0, 1, 0.9), (1, 4, 0.9)]).tolist() == [0, 4, 2, 3, 4]


def test_of_two_first_reports_the_one_more_alike_is_joined_then_the_older():
    assert story_numbers(3, [(0, 1, 0.9), (0, 2, 0.5)]).tolist() == [1, 1, 2]
    assert story_numbers(3, [(0, 1, 0.5), (0, 2, 0.5)]).tolist() == [2, 1, 2]


def test_no_article_has_no_story():
    assert story_numbers(0, []).tolist() == []


@given(graphs)
def test_every_article_is_a_first_report_or_copies_one(graph: tuple[int, list[tuple[int, int, float]]]):
    count, copies = graph
    story = story_numbers(count, copies).tolist()
    pairs = {frozenset(pair[:2]) for pair in copies}
    for row, report in enumerate(story):
        assert report == row or (report > row and story[report] == report and {row, report} in pairs)
        if report == row:  # then no older first report is one that it copies
            assert not any(story[other] == other and {row, other} in pairs for other in range(row + 1, count))


@pytest.mark.parametrize("order", list(itertools.permutations([(0, 2, 0.5), (2, 3, 0.6), (1, 4, 0.7)])))
def test_the_order_of_the_pairs_does_not_matter(order: tuple[tuple[int, int, float], ...]):
    assert np.array_equal(story_numbers(5, order), story_numbers(5, [(0, 2, 0.5), (2, 3, 0.6), (1, 4, 0.7)]))
