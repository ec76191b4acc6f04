"""models.pinning: where pins stand, and the others around them, in a world of six articles."""

from __future__ import annotations

import numpy as np
import pytest

from models.article import Article
from models.candidates import Query, Reason, Recommendation
from models.edits import Edits
from models.index import NEVER, ArticleIndex
from models.pinning import pinned, woven
from tests.support.indexes import index_of

LETTERS = "abcdef"
NOTHING = np.zeros(0, dtype=np.int32)


@pytest.fixture
def index() -> ArticleIndex:
    """a to f in this order of rows; d is a copy of c, f is alike to e."""
    articles = [Article(id=letter, title="خبر") for letter in LETTERS]
    vectors = [[1.0, place / 4] for place in range(6)]
    return index_of(articles, vectors, ["a", "b", "c", "c", "e", "f"], alike=[(4, 5)])


def places(
    index: ArticleIndex, *pins: tuple[int, str], limit: int = 5, told: str = "", **query: object
) -> dict[int, str]:
    edits = Edits(pins=tuple((position, LETTERS.index(letter)) for position, letter in pins))
    rows = np.array([LETTERS.index(letter) for letter in told], dtype=np.int32)
    asked = Query(as_of=NEVER - 1, limit=limit, **query)  # type: ignore[arg-type]  # names from a call
    return {place: LETTERS[row] for place, row in pinned(index, edits, asked, rows).items()}


def test_pins_stand_where_they_are_told(index: ArticleIndex):
    assert places(index, (1, "a"), (3, "b")) == {1: "a", 3: "b"}
    assert places(index) == {}


def test_pins_of_one_position_follow_each_other(index: ArticleIndex):
    assert places(index, (2, "a"), (2, "b"), (3, "c")) == {2: "a", 3: "b", 4: "c"}


def test_what_would_stand_beyond_the_limit_is_left_out(index: ArticleIndex):
    assert places(index, (2, "a"), (2, "b"), (3, "c"), limit=2) == {2: "a"}
    assert places(index, (3, "a"), limit=2) == {}


def test_a_pin_that_is_left_out_keeps_its_copy_in_no_way_from_standing(index: ArticleIndex):
    assert places(index, (1, "c"), (2, "d"), exclude=frozenset("c")) == {2: "d"}


def test_no_story_is_pinned_twice_nor_one_that_is_told(index: ArticleIndex):
    assert places(index, (1, "c"), (2, "d"), (3, "a"), (4, "a")) == {1: "c", 3: "a"}
    assert places(index, (1, "c"), (2, "e"), (3, "f"), (4, "a"), told="d") == {2: "e", 4: "a"}


def test_what_is_excluded_or_barred_is_not_pinned(index: ArticleIndex):
    assert places(index, (1, "a"), (2, "b"), exclude=frozenset("a")) == {2: "b"}
    barred = Edits(pins=((1, 0), (2, 1)), barred_rows=np.array([1], dtype=np.int32))
    assert pinned(index, barred, Query(as_of=NEVER - 1), NOTHING) == {1: 0}


def found(letters: str) -> list[Recommendation]:
    return [
        Recommendation(LETTERS.index(letter), rank, 0.5, 0.4, Reason.CONTENT) for rank, letter in enumerate(letters, 1)
    ]


@pytest.mark.parametrize(
    ("others", "placed", "expected"),
    [
        ("abc", {}, "abc"),
        ("abc", {1: "f"}, "fabc"),
        ("abc", {2: "f", 4: "e"}, "afbec"),
        ("a", {3: "f"}, "af"),
        ("", {2: "e", 5: "f"}, "ef"),
    ],
)
def test_the_others_stand_in_their_order_around_pins(
    index: ArticleIndex, others: str, placed: dict[int, str], expected: str
):
    rows = {place: LETTERS.index(letter) for place, letter in placed.items()}
    items = woven(index, 0, found(others), rows)
    assert "".join(LETTERS[item.row] for item in items) == expected
    assert [item.rank for item in items] == list(range(1, len(items) + 1))
    assert [LETTERS[item.row] for item in items if item.reason is Reason.PINNED] == [*placed.values()]


def test_a_pin_has_the_cosine_with_the_article_as_its_score(index: ArticleIndex):
    (item,) = woven(index, 0, [], {1: 4})
    assert (item.score, item.similarity) == pytest.approx((0.5**0.5, 0.5**0.5))
    (alone,) = woven(index, None, [], {1: 4})
    assert (alone.score, alone.similarity) == (0.0, 0.0)
