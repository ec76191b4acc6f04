"""models.page: what is true of every page, in random worlds under random rules and layouts; and of a visible one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from models.article import Article, from_microseconds
from models.candidates import Query, Reason
from models.editorial import EditorialRules, Rule, RuleType
from models.index import NEVER, ArticleIndex
from models.interaction import Act, Interaction
from models.page import DEFAULT_LAYOUT, Box, BoxList, FilledBox, Layout, page
from models.popularity import Popularity
from models.recommenders import Recommender, related_news, shown_beside, you_may_also_like
from tests.models.test_retrieval import may_show
from tests.support.editorial import SECTIONS, bars, rulebooks, silences
from tests.support.indexes import HOUR, index_of, questions, seeds

Asked = tuple[ArticleIndex, int, Query]
fallbacks = st.sampled_from([None, Reason.LATEST, Reason.SECTION])


def asked_of_all(query: Query) -> Query:
    """What a page can be asked: no limit, section or score of its own."""
    return Query(as_of=query.as_of, exclude=query.exclude)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    pick: Random = draw(seeds)
    return Layout(
        tuple(
            Box(
                name=f"box-{number}",
                list=pick.choice(list(BoxList)),
                section=pick.choice(SECTIONS) if pick.random() < 0.2 else None,
                limit=pick.choice([1, 2, 4, 5]),
                deduplicate=pick.random() < 0.8,
            )
            for number in range(pick.choice([1, 3, 6]))
        )
    )


def rows(boxes: list[FilledBox]) -> list[int]:
    return [item.row for box in boxes for item in box.items]


@given(questions(), rulebooks(), layouts(), fallbacks, st.booleans())
def test_nothing_stands_on_a_page_that_may_not(
    asked: Asked, rules: list[Rule], layout: Layout, fallback: Reason | None, known: bool
):
    index, row, query = asked
    query, source = asked_of_all(query), row if known else None
    recommender = Recommender(index, editorial=EditorialRules.of(rules))
    boxes = page(recommender, source, query, layout, fallback)
    article = None if source is None else index.article(source)
    effective = recommender.editorial.active(query.as_of)
    names = [box.name for box in layout.boxes]
    assert [box.box.name for box in boxes] == sorted((box.box.name for box in boxes), key=names.index)
    for made in boxes:
        assert 0 < len(made.items) <= made.box.limit
        assert [item.rank for item in made.items] == list(range(1, len(made.items) + 1))
        assert made.title
        list_name = "latest" if made.box.list is BoxList.SECTION else made.box.list
        assert not any(silences(rule, list_name, article) for rule in effective)
        for item in made.items:
            shown = index.article(item.row)
            assert may_show(shown, replace(query, section=made.box.section))
            assert not any(bars(rule, list_name, article, shown) for rule in effective)
            assert made.box.list is not BoxList.SECTION or shown.section == made.title
    joint = [made for made in boxes if made.box.deduplicate]
    apart = [[made] for made in boxes if not made.box.deduplicate]
    for group in (joint, *apart):
        together = [*([] if source is None else [source]), *rows(group)]
        assert len({int(index.story[one]) for one in together}) == len(together)
        assert not any(other in index.alike(one) for one in together for other in together)
    assert boxes == page(recommender, source, query, layout, fallback)


@given(questions(), rulebooks(), layouts())
def test_also_like_shows_nothing_that_related_shows_by_default(asked: Asked, rules: list[Rule], layout: Layout):
    index, source, query = asked
    recommender = Recommender(index, editorial=EditorialRules.of(rules))
    query = asked_of_all(query)
    shown = {int(index.story[item.row]) for item in shown_beside(recommender, source, query)}
    boxes = [made for made in page(recommender, source, query, layout) if made.box.list is BoxList.ALSO_LIKE]
    assert not shown & {int(index.story[row]) for row in rows(boxes)}


@given(questions(), rulebooks(), layouts())
def test_boxes_of_the_latest_are_full_while_there_is_something_left(asked: Asked, rules: list[Rule], layout: Layout):
    index, source, query = asked
    query = asked_of_all(query)
    recommender = Recommender(index, editorial=EditorialRules.of(rules))
    boxes = {made.box.name: made for made in page(recommender, source, query, layout)}
    edits = recommender.edits("latest", source, query)
    every = np.arange(len(index), dtype=np.int32)
    free = edits.allowed(index, every)
    together = [source, *rows([made for made in boxes.values() if made.box.deduplicate])]
    for box in layout.boxes:
        if box.list is not BoxList.LATEST or not box.deduplicate or edits.silent:
            continue
        told = {int(index.story[row]) for row in together}
        alike = {other for row in together for other in index.alike(row)}
        left = [
            row
            for row in (every if free is None else every[free]).tolist()
            if may_show(index.article(row), replace(query, section=box.section))
            and int(index.story[row]) not in told
            and row not in alike
        ]
        assert not left or len(boxes[box.name].items) == box.limit


@given(questions())
def test_lists_that_meet_no_other_are_what_they_are_alone(asked: Asked):
    index, source, query = asked
    query, recommender = asked_of_all(query), Recommender(index)
    boxes = {made.box.name: made.items for made in page(recommender, source, query, DEFAULT_LAYOUT)}
    assert boxes.get("related", []) == related_news(recommender, source, replace(query, limit=5))
    if not query.exclude:
        assert boxes.get("also-like", []) == you_may_also_like(recommender, source, replace(query, limit=2))


@pytest.fixture
def paper() -> ArticleIndex:
    """An article an hour; sections in falling size; nothing is related."""
    sections = {"سياسة": 10, "رياضة": 9, "اقتصاد": 8, "صحة": 7, "فن وموسيقى": 6, "سياحة": 1, None: 12}
    articles = [
        Article(id=f"{section}-{number}", title="خبر", section=section, published_at=from_microseconds(number * HOUR))
        for section, count in sections.items()
        for number in range(count)
    ]
    return index_of(articles, [[0.0]] * len(articles))


def titles(index: ArticleIndex, article_id: str | None, layout: Layout = DEFAULT_LAYOUT, *rules: Rule) -> list[str]:
    recommender = Recommender(index, editorial=EditorialRules.of(rules))
    source = None if article_id is None else index.row_of(article_id)
    return [made.title for made in page(recommender, source, Query(as_of=NEVER - 1), layout)]


def test_sections_are_the_biggest_but_that_of_the_article(paper: ArticleIndex):
    assert titles(paper, None) == ["آخر الأخبار", "سياسة", "رياضة", "اقتصاد", "صحة"]
    assert titles(paper, "رياضة-1") == ["آخر الأخبار", "سياسة", "اقتصاد", "صحة", "فن وموسيقى"]


def test_a_section_that_is_banned_is_not_chosen(paper: ArticleIndex):
    ban = Rule(id="1", type=RuleType.BAN, section="سياسة")
    assert titles(paper, "رياضة-1", DEFAULT_LAYOUT, ban) == ["آخر الأخبار", "اقتصاد", "صحة", "فن وموسيقى", "سياحة"]


def test_a_layout_names_sections_or_leaves_them_open(paper: ArticleIndex):
    layout = Layout(
        (
            Box("one", BoxList.SECTION),
            Box("two", BoxList.SECTION, section="سياسة"),
            Box("three", BoxList.SECTION, section="لا قسم"),
            Box("four", BoxList.SECTION, section="صحة", title="صحتك"),
        )
    )
    assert titles(paper, "رياضة-1", layout) == ["اقتصاد", "سياسة", "صحتك"]


def test_a_box_that_takes_no_part_repeats_and_is_repeated(paper: ArticleIndex):
    boxes = (
        Box("free", BoxList.LATEST, limit=3, deduplicate=False),
        Box("latest", BoxList.LATEST, limit=3),
        Box("next", BoxList.LATEST, limit=3),
    )
    made = page(Recommender(paper), None, Query(as_of=NEVER - 1), Layout(boxes))
    free, first, following = [[item.row for item in each.items] for each in made]
    assert free == first
    assert not set(first) & set(following)


def test_the_most_read_make_room_for_what_stands_above_them(paper: ArticleIndex):
    now = 2_000 * HOUR
    ids = [paper.article(row).id for row in range(12)]
    done = [
        Interaction(Act.READ, one, now - HOUR, reader) for place, one in enumerate(ids) for reader in range(place + 1)
    ]
    recommender = Recommender(paper, popularity=Popularity().with_interactions(done))
    layout = Layout((Box("read", BoxList.MOST_READ, limit=3), Box("rising", BoxList.TRENDING, limit=3)))
    made = page(recommender, paper.row_of(ids[11]), Query(as_of=now), layout)
    assert [made_box.title for made_box in made] == ["الأخبار الأكثر قراءة", "الرائج الآن"]
    assert [[paper.article(item.row).id for item in each.items] for each in made] == [ids[10:7:-1], ids[7:4:-1]]


def test_a_suppressed_page_has_no_empty_boxes():
    articles = [Article(id=name, title="خبر", section="سياسة") for name in "abcdefgh"]
    index = index_of(articles, [[1.0, place / 4] for place in range(8)])
    suppressed = Rule(id="1", type=RuleType.SUPPRESS, source_id="a")
    assert titles(index, "a") == ["أخبار ذات صلة", "آخر الأخبار"]
    assert titles(index, "a", DEFAULT_LAYOUT, suppressed) == ["آخر الأخبار"]


def test_the_default_layout_is_that_of_a_news_page():
    held = Counter((box.list.value, box.limit) for box in DEFAULT_LAYOUT.boxes)
    assert held == {("also-like", 2): 1, ("related", 5): 1, ("latest", 4): 1, ("section", 4): 4, ("most-read", 5): 1}


@pytest.mark.parametrize(
    "boxes",
    [
        [{"name": "a", "list": "related"}, {"name": "a", "list": "latest"}],
        [{"name": "", "list": "related"}],
        [{"name": "a", "list": "front"}],
        [{"name": "a", "list": "related", "limit": 51}],
        [{"name": "a", "list": "related", "limit": 0}],
        [{"name": "a", "list": "related", "titel": "ذات صلة"}],
        [{"name": "a", "list": "section", "section": ""}],
    ],
)
def test_a_layout_with_a_mistake_is_refused(boxes: list[dict[str, object]]):
    with pytest.raises(ValidationError):
        TypeAdapter(Layout).validate_python({"boxes": boxes})
