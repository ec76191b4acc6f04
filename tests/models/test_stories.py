"""models.stories: what a shingle is, and what a story is called."""

from __future__ import annotations

import itertools
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.index import UNKNOWN_TIME
from models.stories import StoryRule, likeness, shingles, story_numbers
from tests.support.indexes import seeds
from training.stories import Wording, compared

words = st.lists(st.sampled_from("أبتثجحخ"), max_size=30)
graphs = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count),
        st.lists(
            st.tuples(
                st.integers(0, count - 1), st.integers(0, count - 1), st.sampled_from([0.5, 0.7, 1.0]), st.booleans()
            ).filter(lambda pair: pair[0] != pair[1]),
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
    assert story_numbers(5, [(0, 3, 0.9, False)]).tolist() == [3, 1, 2, 3, 4]


def test_two_copies_of_one_report_are_its_story():
    assert story_numbers(5, iter([(0, 4, 0.5, False), (1, 4, 0.9, False)])).tolist() == [4, 4, 2, 3, 4]


def test_a_copy_of_a_copy_only_is_another_story():
    assert story_numbers(5, [(0, 1, 0.9, False), (1, 4, 0.9, True)]).tolist() == [0, 4, 2, 3, 4]


def test_the_twin_of_a_copy_is_of_its_story():
    assert story_numbers(5, [(0, 1, 0.9, True), (1, 4, 0.9, False)]).tolist() == [4, 4, 2, 3, 4]


def test_of_two_first_reports_the_one_more_alike_is_joined_then_the_older():
    assert story_numbers(3, [(0, 1, 0.9, False), (0, 2, 0.5, False)]).tolist() == [1, 1, 2]
    assert story_numbers(3, [(0, 1, 0.5, False), (0, 2, 0.5, False)]).tolist() == [2, 1, 2]


def test_no_article_has_no_story():
    assert story_numbers(0, []).tolist() == []


@given(graphs)
def test_every_article_joins_the_story_of_a_first_report_or_of_a_twin(
    graph: tuple[int, list[tuple[int, int, float, bool]]],
):
    count, copies = graph
    story = story_numbers(count, copies).tolist()
    for row, report in enumerate(story):
        older = {(max(pair[:2]), pair[3]) for pair in copies if min(pair[:2]) == row}
        stories = {story[other] for other, twins in older if twins or story[other] == other}
        assert report in stories if stories else report == row


PAIRS = [(0, 2, 0.5, True), (2, 3, 0.6, False), (1, 4, 0.7, False)]


@pytest.mark.parametrize("order", list(itertools.permutations(PAIRS)))
def test_the_order_of_the_pairs_does_not_matter(order: tuple[tuple[int, int, float, bool], ...]):
    assert np.array_equal(story_numbers(5, order), story_numbers(5, PAIRS))


@given(
    seeds, st.sampled_from([StoryRule(), StoryRule(min_shingles=3), StoryRule(min_containment=0.2, min_overlap=0.9)])
)
def test_two_articles_are_alike_as_the_training_that_compares_many_has_them(random: Random, rule: StoryRule) -> None:
    numbers = range(40)
    known = [
        np.array(sorted(random.sample(numbers, random.choice((0, 1, 5, 14, 30)))), dtype=np.uint32) for _ in range(6)
    ]
    known.append(known[random.randrange(6)])
    phrases = np.array(sorted(random.sample(numbers, random.choice((0, 4, 20)))), dtype=np.uint32)
    indptr = np.concatenate(([0], np.cumsum([len(one) for one in known])))
    wording = Wording.of((indptr, np.concatenate(known)), phrases)
    pairs = np.array([(one, other) for one in range(7) for other in range(one)], dtype=np.int64)
    alike, copies, shares = compared(wording, np.full(7, UNKNOWN_TIME), pairs, rule)
    for (one, other), is_alike, told, share in zip(pairs.tolist(), alike, copies, shares.tolist(), strict=True):
        for pair in ((one, other), (other, one)):
            found = likeness(*(known[row] for row in pair), phrases, rule)
            assert (found.alike, found.told) == (bool(is_alike), bool(told))
            assert not told or found.share == pytest.approx(share)
