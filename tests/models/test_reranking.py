"""models.reranking: each step alone, in worlds of a few articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, from_microseconds
from models.candidates import Candidates
from models.index import DAY, ArticleIndex, cosine
from models.reranking import Shown, diversify, freshness, joined, one_per_story, pairwise, spread, weigh, within
from tests.support.indexes import index_of, questions

NO_ROWS = np.empty(0, dtype=np.int32)


def candidates(rows: list[int], scores: list[float] | None = None) -> Candidates:
    given = [1.0 - 0.01 * place for place in range(len(rows))] if scores is None else scores
    return Candidates(np.array(rows, dtype=np.int32), np.array(given, dtype=np.float32))


def world(
    *articles: tuple[str | None, int | None, list[float]],
    stories: list[str] | None = None,
    alike: Collection[tuple[int, int]] = (),
    sources: Sequence[str | None] | None = None,
) -> ArticleIndex:
    """Articles of (section, day, vector); rows stand in the order given, so days must fall. «ص» is the site."""
    return index_of(
        [
            Article(
                id=f"{place:02}",
                title="خبر",
                section=section,
                source=None if sources is None else sources[place],
                published_at=None if day is None else from_microseconds(day * DAY),
            )
            for place, (section, day, _) in enumerate(articles)
        ],
        [vector for *_, vector in articles],
        stories,
        alike=alike,
        own_source="ص",
    )


class TestFreshness:
    DAYS = world(*((None, day, [1.0]) for day in (20, 14, 13, 6, 0, None)))

    def factors(self, source: int, half_life: float = 7.0, floor: float = 0.5) -> list[float]:
        return freshness(self.DAYS, np.arange(6, dtype=np.int32), source, half_life, floor).tolist()

    def test_halves_with_each_half_life_on_the_way_to_the_floor(self):
        assert self.factors(0) == pytest.approx([1, 0.776, 0.75, 0.625, 0.569, 0.5], abs=1e-3)

    def test_is_the_same_before_and_after_the_source(self):
        later, same, _, earlier = self.factors(2)[:1], *self.factors(2)[1:4]
        assert later[0] == earlier
        assert same > earlier

    def test_of_an_undated_source_judges_nobody(self):
        assert self.factors(5) == [1] * 6

    def test_without_a_half_life_judges_nobody(self):
        assert self.factors(0, half_life=0) == [1] * 6

    def test_of_an_undated_candidate_is_the_floor(self):
        assert self.factors(0, floor=0.3)[5] == pytest.approx(0.3)

    @given(questions(), st.floats(0.001, 1000), st.floats(0, 1))
    def test_stays_between_floor_and_one(self, asked: tuple, half_life: float, floor: float):
        index, source, _ = asked
        factors = freshness(index, np.arange(len(index), dtype=np.int32), source, half_life, floor)
        assert factors.dtype == np.float32
        assert (factors >= np.float32(floor)).all()
        assert (factors <= 1).all()


class TestOnePerStory:
    INDEX = world(*((None, 9 - day, [1.0]) for day in range(6)), stories=list("aabbcd"))

    def test_keeps_the_first_of_each(self):
        assert one_per_story(self.INDEX, candidates([1, 4, 0, 3, 2]), NO_ROWS).rows.tolist() == [1, 4, 3]

    def test_leaves_out_the_stories_that_were_told(self):
        told = np.array([2, 5], dtype=np.int32)
        assert one_per_story(self.INDEX, candidates([3, 1, 5, 4]), told).rows.tolist() == [1, 4]

    def test_of_nothing_is_nothing(self):
        assert len(one_per_story(self.INDEX, candidates([]), NO_ROWS)) == 0

    def test_what_is_alike_to_one_that_is_kept_or_told_is_left_out(self):
        index = world(*((None, 9 - day, [1.0]) for day in range(5)), alike=[(0, 2), (3, 4)])
        assert one_per_story(index, candidates([0, 1, 2]), NO_ROWS).rows.tolist() == [0, 1]
        assert one_per_story(index, candidates([2, 1, 0]), NO_ROWS).rows.tolist() == [2, 1]
        assert one_per_story(index, candidates([3, 1]), np.array([4], dtype=np.int32)).rows.tolist() == [1]

    def test_a_copy_alike_to_one_that_is_kept_makes_room_for_another_of_its_story(self):
        index = world(*((None, 9 - day, [1.0]) for day in range(3)), stories=list("abb"), alike=[(0, 1)])
        assert one_per_story(index, candidates([0, 1, 2]), NO_ROWS).rows.tolist() == [0, 2]

    @given(questions())
    def test_loses_no_story_but_for_likeness(self, asked: tuple):
        index, source, _ = asked
        near = index.neighbours(source)
        kept = one_per_story(index, near, NO_ROWS)
        stories = index.story[kept.rows].tolist()
        alike = {other for row in kept.rows.tolist() for other in index.alike(row)}
        assert len(stories) == len(set(stories))
        assert alike.isdisjoint(kept.rows.tolist())
        assert all(row in alike or int(index.story[row]) in stories for row in near.rows.tolist())

    def test_a_story_whose_best_copy_is_barred_does_not_make_enough_before_better_ones(self):
        index = world(*((None, 9 - day, [1.0]) for day in range(5)), stories=list("abcdb"), alike=[(0, 1)])
        kept = one_per_story(index, candidates([0, 1, 2, 3, 4]), NO_ROWS, enough=3).ranked()
        assert kept.rows.tolist()[:3] == [0, 2, 3]

    @given(questions(), st.integers(1, 8), st.sampled_from(Shown))
    def test_with_enough_of_them_the_first_are_those_of_all(self, asked: tuple, enough: int, shown: Shown):
        index, source, _ = asked
        near = index.neighbours(source)
        near = Candidates(near.rows, np.round(near.scores, 1))  # ties abound
        everything = one_per_story(index, near, NO_ROWS, shown).ranked()
        some = one_per_story(index, near, NO_ROWS, shown, enough).ranked()
        assert some.rows[:enough].tolist() == everything.rows[:enough].tolist()
        assert some.scores[:enough].tolist() == everything.scores[:enough].tolist()


class TestShown:
    # one story of four copies, newest first: agency, own, agency, own by having no source; then another story
    INDEX = world(
        *((None, 9 - day, [1.0]) for day in range(5)), stories=list("aaaab"), sources=["و", "ص", "و", None, "و"]
    )
    BEST_FIRST = candidates([2, 4, 3, 1, 0])

    @pytest.mark.parametrize(
        ("shown", "row"), [(Shown.BEST, 2), (Shown.NEWEST, 0), (Shown.OWN, 1)], ids=["best", "newest", "own"]
    )
    def test_one_copy_stands_at_the_place_of_the_best(self, shown: Shown, row: int):
        kept = one_per_story(self.INDEX, self.BEST_FIRST, NO_ROWS, shown)
        assert kept.rows.tolist() == [row, 4]
        assert kept.scores.tolist() == self.BEST_FIRST.scores[:2].tolist()

    def test_where_no_copy_is_the_site_s_own_the_newest_stands(self):
        assert one_per_story(self.INDEX, candidates([2, 0]), NO_ROWS, Shown.OWN).rows.tolist() == [0]

    def test_a_copy_that_is_no_candidate_is_not_shown(self):
        assert one_per_story(self.INDEX, candidates([2, 3]), NO_ROWS, Shown.OWN).rows.tolist() == [3]


class TestWithin:
    INDEX = world(*((None, day, [1.0]) for day in (20, 14, 13, 6, None)))

    def kept(self, source: int, days: float | None) -> list[int]:
        return within(self.INDEX, candidates([4, 3, 2, 1, 0]), source, days).rows.tolist()

    def test_leaves_out_what_lies_further_on_either_side_and_what_has_no_date(self):
        assert self.kept(1, 6) == [2, 1, 0]
        assert self.kept(1, 5.9) == [2, 1]

    def test_without_a_window_or_a_date_of_the_source_leaves_nothing_out(self):
        assert self.kept(1, None) == self.kept(4, 1) == [4, 3, 2, 1, 0]


class TestDiversify:
    # two of one kind, one of another
    INDEX = world((None, 3, [1.0, 0.0]), (None, 2, [1.0, 0.1]), (None, 1, [0.0, 1.0]))
    BEST_FIRST = candidates([0, 1, 2], [1.0, 0.9, 0.8])

    def test_puts_the_other_kind_before_more_of_the_same(self):
        assert diversify(self.INDEX, self.BEST_FIRST, 0.5, 3).rows.tolist() == [0, 2, 1]

    def test_off_changes_nothing(self):
        assert diversify(self.INDEX, self.BEST_FIRST, 0.0, 3).rows.tolist() == [0, 1, 2]

    def test_a_little_of_it_does_not_overturn_the_scores(self):
        assert diversify(self.INDEX, self.BEST_FIRST, 0.05, 3).rows.tolist() == [0, 1, 2]

    def test_beyond_the_count_the_order_stays(self):
        assert diversify(self.INDEX, self.BEST_FIRST, 0.5, 1).rows.tolist() == [0, 1, 2]

    @given(questions(), st.floats(0, 1), st.integers(1, 10))
    def test_keeps_every_candidate_with_its_score_and_the_best_in_front(
        self, asked: tuple, diversity: float, count: int
    ):
        index, source, _ = asked
        near = index.neighbours(source).ranked()
        varied = diversify(index, near, diversity, count)
        assert Counter(zip(varied.rows.tolist(), varied.scores.tolist(), strict=True)) == Counter(
            zip(near.rows.tolist(), near.scores.tolist(), strict=True)
        )
        if len(near) and diversity < 1:
            assert varied.scores[0] == near.scores[0]


class TestSpread:
    INDEX = world(*((section, 9 - day, [1.0]) for day, section in enumerate("أأأبب")), (None, 0, [1.0]))

    def test_lets_other_sections_pass_those_beyond_the_most(self):
        assert spread(self.INDEX, candidates([0, 1, 2, 3, 4, 5]), 1).rows.tolist() == [0, 3, 5, 1, 2, 4]
        assert spread(self.INDEX, candidates([0, 1, 2, 3, 4, 5]), 2).rows.tolist() == [0, 1, 3, 4, 5, 2]

    def test_changes_nothing_where_there_is_room(self):
        assert spread(self.INDEX, candidates([2, 1, 0]), 3).rows.tolist() == [2, 1, 0]

    def test_of_nothing_is_nothing(self):
        assert len(spread(self.INDEX, candidates([]), 1)) == 0


def test_weighing_ranks_anew_and_equal_scores_by_row():
    index = index_of([Article(id=str(number), title="عنوان") for number in range(6)], [[1.0]] * 6)
    weighed = weigh(index, candidates([5, 1, 3], [1.0, 0.5, 0.5]), np.array([0.25, 1.0, 1.0], dtype=np.float32))
    assert weighed.rows.tolist() == [1, 3, 5]
    assert weighed.scores.tolist() == [0.5, 0.5, 0.25]


@given(questions())
def test_pairwise_cosines_are_the_cosines_of_the_pairs(asked: tuple):
    index, source, _ = asked
    rows = index.neighbours(source).rows
    if len(rows):
        expected = [[cosine(index.vector(int(one)), index.vector(int(other))) for other in rows] for one in rows]
        assert pairwise(index, rows) == pytest.approx(np.array(expected), abs=1e-6)


def test_candidates_of_two_kinds_add_up_and_never_pass_one():
    one = Candidates(np.array([7, 3], dtype=np.int32), np.array([0.5, 0.25], dtype=np.float32))
    other = Candidates(np.array([9, 3], dtype=np.int32), np.array([1.0, 0.5], dtype=np.float32))
    index = index_of([Article(id=f"{number}", title="خبر") for number in range(10)], [[0.0]] * 10)
    both = joined(index, one, other, 0.5)
    assert list(zip(both.rows.tolist(), both.scores.tolist(), strict=True)) == [(7, 0.5), (9, 0.5), (3, 0.4375)]
    assert joined(index, one, other, 1.0).scores.max() == 1
    assert joined(index, one, other.take(slice(0)), 0.5) is one
