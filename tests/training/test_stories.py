"""training.stories: which articles are copies of one report, which are only alike, and what is a set phrase."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.analysis.tokenization import tokenize
from models.index import DAY, UNKNOWN_TIME
from models.stories import StoryRule, shingles
from training.stories import Stories, find_stories, set_phrases

WIRE = tokenize("بلغ فريق النوارس نهائي كأس المدينة بعد فوزه على غريمه الصقور بهدفين في ملعب الميناء أمام جمهور كبير")
FOLLOW_UP = tokenize(
    "عاد لاعبو النوارس إلى تدريباتهم في ملعب الميناء استعدادا للنهائي المنتظر الذي يقام يوم الجمعة المقبل"
)
WEATHER = (
    "تتوقع هيئة الأرصاد سماء غائمة جزئيا على المرتفعات ورياحا نشطة على الساحل مع فرصة لأمطار خفيفة ليلا "
    "وتبلغ الحرارة {} درجة في {} و{} درجة في {} والله أعلم بما يكون غدا في سائر البلاد"
)
TOWNS = tokenize("الميناء النخيل السهل القلعة الوادي الجزيرة المرسى الغابة البرج المنارة الجسر الواحة")

words = st.lists(st.sampled_from("أبتثجحخ"), max_size=30)


def found(
    *articles: tuple[list[str], float | None], cosine: float = 0.5, advance: Callable[[int], None] = lambda _: None
) -> Stories:
    """Articles of (terms, day), newest first, undated last; all are neighbours of each other."""
    n = len(articles)
    rows = np.array([[other for other in range(n) if other != row] for row in range(n)], dtype=np.int32)
    rows = rows.reshape(n, max(n - 1, 0))
    times = [UNKNOWN_TIME if day is None else int(day * DAY) for _, day in articles]
    scores = np.full(rows.shape, cosine, dtype=np.float32)
    marks = [shingles(terms) for terms, _ in articles]
    indptr = np.cumsum([0, *map(len, marks)])
    hashes = np.concatenate([*marks, np.empty(0, dtype=np.uint32)])
    return find_stories(rows, scores, (indptr, hashes), np.array(times, dtype=np.int64), StoryRule(), advance)


def alike(of: Stories, row: int) -> list[int]:
    return of.alike_rows[of.alike_indptr[row] : of.alike_indptr[row + 1]].tolist()


def weather(day: int) -> list[str]:
    return tokenize(WEATHER.format(20 + day, TOWNS[day], 31 + day, TOWNS[-day - 1]))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        pytest.param(WIRE, True, id="the very same"),
        pytest.param(WIRE[:15], True, id="shortened"),
        pytest.param([*FOLLOW_UP[:6], *WIRE, *FOLLOW_UP[6:]], True, id="a sentence put before and after"),
        pytest.param(FOLLOW_UP, False, id="a follow-up in new words"),
    ],
)
def test_what_is_a_copy(other: list[str], same: bool):
    stories = found((other, 1), (WIRE, 0.5))
    assert stories.story.tolist() == ([1, 1] if same else [0, 1])
    assert alike(stories, 0) == ([1] if same else [])
    assert alike(stories, 1) == ([0] if same else [])


def test_a_short_text_is_a_copy_of_the_very_same_only():
    assert found((WIRE[:6], 1), (WIRE[:6], 1)).story.tolist() == [1, 1]
    held = found((WIRE[:6], 1), (WIRE, 1))
    assert held.story.tolist() == [0, 1]
    assert alike(held, 0) == [1]


def test_a_text_without_words_is_no_copy_of_anything():
    assert found(([], 1), ([], 1)).story.tolist() == [0, 1]


def test_a_pair_that_is_not_similar_is_not_compared():
    assert found((WIRE, 1), (WIRE, 1), cosine=0.1).story.tolist() == [0, 1]


def test_what_is_printed_again_much_later_is_alike_but_another_story():
    stories = found((WIRE, 30), (WIRE, 26.9))
    assert stories.story.tolist() == [0, 1]
    assert alike(stories, 0) == [1]
    assert found((WIRE, 30), (WIRE, 27)).story.tolist() == [1, 1]


def test_an_unknown_time_is_near_to_all():
    assert found((WIRE, 1), (WIRE, None)).story.tolist() == [1, 1]


def test_a_form_filled_in_every_day_is_alike_but_another_story_each_day():
    days = sorted([*range(10), 4], reverse=True)  # two papers print that of day 4
    stories = found(*((weather(day), day) for day in days))
    assert stories.story.tolist() == [0, 1, 2, 3, 4, 6, 6, 7, 8, 9, 10]
    assert alike(stories, 0) == list(range(1, 11))


def test_articles_that_one_longer_article_holds_are_not_one_story_by_it():
    stories = found(([*WIRE, *FOLLOW_UP], 1), (WIRE, 0.9), (FOLLOW_UP, 0.8))
    assert stories.story.tolist() == [1, 1, 2]  # with the one that it holds more of
    assert [alike(stories, row) for row in range(3)] == [[1, 2], [0], [0]]


def test_the_twin_of_a_shortened_copy_is_of_its_story():
    first = [*FOLLOW_UP, *FOLLOW_UP[::-1], *WIRE, *WIRE[::-1]]
    assert found((WIRE[:16], 1), (WIRE, 0.9), (first, 0.8)).story.tolist() == [2, 2, 2]


def test_stories_are_the_same_in_however_many_parts_they_are_found(monkeypatch: pytest.MonkeyPatch):
    days = sorted([*range(10), 4, 4], reverse=True)
    articles = [(weather(day), day) for day in days] + [(WIRE, -1), (WIRE[:15], -2)]
    whole, done = found(*articles), []
    monkeypatch.setattr("training.stories.ROWS", 3)
    monkeypatch.setattr("training.stories.PART", 20)
    parts = found(*articles, advance=done.append)
    assert done == [3, 3, 3, 3, 2]
    assert parts.story.tolist() == whole.story.tolist()
    assert [alike(parts, row) for row in range(14)] == [alike(whole, row) for row in range(14)]


def test_no_article_has_no_story():
    nothing = found()
    assert nothing.story.tolist() == nothing.alike_rows.tolist() == []
    assert nothing.alike_indptr.tolist() == [0]


@given(st.lists(st.tuples(words, st.integers(0, 9)), min_size=1, max_size=6))
def test_likeness_goes_both_ways_and_is_the_share_of_the_shorter_text(articles: list[tuple[list[str], int]]):
    articles = sorted(articles, key=lambda article: -article[1])
    stories, rule = found(*articles), StoryRule()
    marks = [set(shingles(terms).tolist()) for terms, _ in articles]
    for one, mine in enumerate(marks):
        expected = [
            other
            for other, theirs in enumerate(marks)
            if other != one
            and min(len(mine), len(theirs)) > 0
            and len(mine & theirs) / min(len(mine), len(theirs))
            >= (rule.min_containment if min(len(mine), len(theirs)) >= 12 else rule.min_short_containment)
        ]
        assert alike(stories, one) == expected


@given(
    st.lists(
        st.tuples(st.sampled_from((0, 7, 2**31, 2**32 - 1)), st.one_of(st.none(), st.integers(-9, 9))), max_size=30
    ),
    st.integers(0, 4),
)
def test_a_set_phrase_stands_on_more_days_than_a_story_touches(seen: list[tuple[int, int | None]], max_days: int):
    hashes = np.array([number for number, _ in seen], dtype=np.uint32)
    times = [UNKNOWN_TIME if day is None else day * DAY + 5 for _, day in seen]
    indptr = np.arange(len(seen) + 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.stories.PART", 5)  # several parts
        phrases = set_phrases(hashes, indptr, np.array(times, dtype=np.int64), max_days)
    days = {number: {day for other, day in seen if other == number and day is not None} for number, _ in seen}
    assert phrases.tolist() == sorted(number for number in days if len(days[number]) > max_days + 1)
