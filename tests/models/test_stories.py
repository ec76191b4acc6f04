"""models.stories: which articles are copies of each other, and what a story is called."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.tokenization import tokenize
from models.stories import StoryRule, are_copies, containment, shingles, story_numbers

RULE = StoryRule()
WIRE = tokenize("بلغ فريق النوارس نهائي كأس المدينة بعد فوزه على غريمه الصقور بهدفين في ملعب الميناء أمام جمهور كبير")
FOLLOW_UP = tokenize(
    "عاد لاعبو النوارس إلى تدريباتهم في ملعب الميناء استعدادا للنهائي المنتظر الذي يقام يوم الجمعة المقبل"
)

words = st.lists(st.sampled_from("أبتثجحخ"), max_size=30)
graphs = st.integers(1, 12).flatmap(
    lambda count: st.tuples(
        st.just(count), st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=15)
    )
)


def test_a_copy_is_a_copy():
    assert are_copies(shingles(WIRE), shingles(WIRE), RULE)


def test_a_shortened_copy_is_a_copy():
    assert are_copies(shingles(WIRE), shingles(WIRE[:15]), RULE)


def test_a_copy_with_a_sentence_put_before_and_after_is_a_copy():
    assert are_copies(shingles(WIRE), shingles([*FOLLOW_UP[:6], *WIRE, *FOLLOW_UP[6:]]), RULE)


def test_a_follow_up_in_new_words_is_a_story_of_its_own():
    assert not are_copies(shingles(WIRE), shingles(FOLLOW_UP), RULE)


def test_a_short_text_is_a_copy_of_the_very_same_only():
    short = WIRE[:6]
    assert are_copies(shingles(short), shingles(short), RULE)
    assert not are_copies(shingles(short), shingles(WIRE), RULE)


def test_a_text_without_words_is_no_copy_of_anything():
    nothing = shingles([])
    assert not are_copies(nothing, nothing, RULE)
    assert not are_copies(nothing, shingles(WIRE), RULE)


@given(words, words)
def test_copies_are_copies_of_each_other(one: list[str], other: list[str]):
    assert are_copies(shingles(one), shingles(other), RULE) == are_copies(shingles(other), shingles(one), RULE)


@given(words, words)
def test_containment_is_a_share(one: list[str], other: list[str]):
    share = containment(shingles(one), shingles(other))
    assert 0 <= share <= 1
    assert share == containment(shingles(other), shingles(one))


def test_a_text_is_contained_in_a_longer_one_that_holds_it():
    assert containment(shingles(WIRE[:8]), shingles([*FOLLOW_UP, *WIRE])) == 1


@given(words)
def test_a_text_contains_itself(one: list[str]):
    assert containment(shingles(one), shingles(one)) == (1 if one else 0)


@given(words)
def test_shingles_are_sorted_and_distinct(one: list[str]):
    runs = {tuple(one[start : start + 3]) for start in range(max(len(one) - 2, 1))} if one else set()
    assert shingles(one).tolist() == sorted(set(shingles(one).tolist()))
    assert len(shingles(one)) == len(runs)


def test_alone_an_article_is_its_own_story():
    assert story_numbers(3, []).tolist() == [0, 1, 2]


def test_copies_are_named_after_the_oldest_which_is_the_highest_row():
    assert story_numbers(5, [(0, 3)]).tolist() == [3, 1, 2, 3, 4]


def test_copies_of_a_copy_are_one_story():
    assert story_numbers(5, iter([(0, 1), (1, 4)])).tolist() == [4, 4, 2, 3, 4]


def test_no_article_has_no_story():
    assert story_numbers(0, []).tolist() == []


@given(graphs)
def test_two_articles_are_one_story_when_copies_lead_from_one_to_the_other(graph: tuple[int, list[tuple[int, int]]]):
    count, copies = graph
    together = {row: {row} for row in range(count)}  # plain union of sets, pair by pair
    for one, other in copies:
        union = together[one] | together[other]
        together.update(dict.fromkeys(union, union))
    assert story_numbers(count, copies).tolist() == [max(together[row]) for row in range(count)]


@pytest.mark.parametrize("order", list(itertools.permutations([(0, 2), (2, 3), (1, 4)])))
def test_the_order_of_the_pairs_does_not_matter(order: tuple[tuple[int, int], ...]):
    assert np.array_equal(story_numbers(5, order), story_numbers(5, [(0, 2), (2, 3), (1, 4)]))
