"""models.recommenders: what is true of every list, in random worlds; and what stands in the lists of a visible one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, to_microseconds
from models.artifact import Model
from models.candidates import Query, Reason, Recommendation
from models.editorial import EditorialRules, Rule, RuleType
from models.index import NEVER, UNKNOWN_TIME, ArticleIndex
from models.interaction import Interaction
from models.popularity import Popularity
from models.recommenders import (
    DEFAULT_RELATED,
    ListRules,
    Recommender,
    filled,
    related_news,
    shown_beside,
    you_may_also_like,
)
from models.registry import Registry
from models.reranking import Shown
from models.retrieval import LATEST_BLOCK
from tests.models.test_retrieval import may_show
from tests.support.editorial import bars, rulebooks, silences
from tests.support.indexes import HOUR, index_of, questions
from tests.support.newsroom import AFTER_ALL, COPY, FIRST_DAY, SECTIONS, topics_of
from tests.support.readers import FEW, START, interactions

Asked = tuple[ArticleIndex, int, Query]
Recommend = Callable[[Recommender, int, Query], list[Recommendation]]


def filled_with(reason: Reason, recommend: Recommend | None = None) -> Recommend:
    """A list made full; without ``recommend`` the fallback alone."""

    def answer(recommender: Recommender, source: int, query: Query) -> list[Recommendation]:
        items = recommend(recommender, source, query) if recommend else []
        return filled(recommender, items, query, source, reason)

    return answer


CONTENT = {"related": related_news, "also-like": you_may_also_like}
FALLBACKS = {
    f"{name}+{reason}": (base, reason)
    for name, base in {"nothing": None, **CONTENT}.items()
    for reason in (Reason.LATEST, Reason.SECTION)
}
LISTS = CONTENT | {name: filled_with(reason, base) for name, (base, reason) in FALLBACKS.items()}
every_list = pytest.mark.parametrize("recommend", [pytest.param(each, id=name) for name, each in LISTS.items()])
content_lists = pytest.mark.parametrize("recommend", [pytest.param(each, id=name) for name, each in CONTENT.items()])
fallbacks = pytest.mark.parametrize(
    ("base", "reason"), [pytest.param(*each, id=name) for name, each in FALLBACKS.items()]
)


class TestAlways:
    """Invariants; a list added to the tables above is held to them."""

    @every_list
    @given(questions())
    def test_nothing_stands_in_a_list_that_may_not(self, recommend: Recommend, asked: Asked):
        index, source, query = asked
        items = recommend(Recommender(index), source, query)
        shown = [index.article(item.row) for item in items]
        assert len(items) <= query.limit
        assert source not in [item.row for item in items]
        for article in shown:  # not in the future, not expired, within sections and times, not excluded
            assert may_show(article, query)
        ids = [article.id for article in shown]
        assert len(ids) == len(set(ids))
        stories = [int(index.story[row]) for row in (source, *(item.row for item in items))]
        assert len(stories) == len(set(stories))
        rows = [source, *(item.row for item in items)]
        assert not any(other in index.alike(row) for row in rows for other in rows)
        assert [item.rank for item in items] == list(range(1, len(items) + 1))

    @every_list
    @given(questions())
    def test_the_same_question_gets_the_same_answer(self, recommend: Recommend, asked: Asked):
        index, source, query = asked
        assert recommend(Recommender(index), source, query) == recommend(Recommender(index), source, query)

    @content_lists
    @given(questions())
    def test_scores_are_shares_not_below_the_lowest_asked_for(self, recommend: Recommend, asked: Asked):
        index, source, query = asked
        for item in recommend(Recommender(index), source, query):
            assert query.min_score <= item.score <= 1 + 1e-6
            assert 0 < item.similarity <= 1 + 1e-6
            assert item.reason is Reason.CONTENT

    @given(questions())
    def test_equal_scores_stand_newer_first_then_by_id(self, asked: Asked):
        index, source, query = asked
        items = related_news(Recommender(index), source, replace(query, diversity=0))
        for one, other in pairwise(items):
            assert one.score >= other.score
            if one.score == other.score:
                assert (-int(index.published[one.row]), index.article(one.row).id) < (
                    -int(index.published[other.row]),
                    index.article(other.row).id,
                )

    @given(questions())
    def test_within_a_section_also_like_is_best_first(self, asked: Asked):
        index, source, query = asked
        items = you_may_also_like(Recommender(index), source, replace(query, diversity=0))
        for section in {int(index.section[item.row]) for item in items}:
            ranked = [(-item.score, item.row) for item in items if index.section[item.row] == section]
            assert ranked == sorted(ranked)

    @given(questions())
    def test_also_like_shows_no_article_and_no_story_of_related(self, asked: Asked):
        index, source, query = asked
        shown = related_news(Recommender(index), source, Query(as_of=query.as_of, limit=DEFAULT_RELATED))
        others = you_may_also_like(Recommender(index), source, query)
        assert not {int(index.story[item.row]) for item in shown} & {int(index.story[item.row]) for item in others}
        assert not {other for item in shown for other in index.alike(item.row)} & {item.row for item in others}

    @given(questions(), st.integers(1, 5))
    def test_a_shorter_list_is_the_beginning_of_a_longer_one(self, asked: Asked, limit: int):
        index, source, query = asked
        query = replace(query, min_score=0)
        longer = related_news(Recommender(index), source, replace(query, limit=limit + 1))
        assert related_news(Recommender(index), source, replace(query, limit=limit)) == longer[:limit]

    @given(questions())
    def test_a_threshold_only_takes_away(self, asked: Asked):
        index, source, query = asked
        query = replace(query, limit=50, diversity=0)
        everything = related_news(Recommender(index), source, replace(query, min_score=0))
        kept = [item for item in everything if item.score >= query.min_score]
        assert [item.row for item in related_news(Recommender(index), source, query)] == [item.row for item in kept]

    @given(questions())
    def test_variety_reorders_and_takes_nothing_away(self, asked: Asked):
        index, source, query = asked
        query = replace(query, limit=50, min_score=0)
        plain = related_news(Recommender(index), source, replace(query, diversity=0))
        varied = related_news(Recommender(index), source, replace(query, diversity=0.7))
        assert sorted(item.row for item in varied) == sorted(item.row for item in plain)


class TestRules:
    """Settings of the lists, in random worlds."""

    @given(questions(), st.integers(0, 5))
    def test_a_window_keeps_out_what_lies_further_away_or_has_no_date(self, asked: Asked, hours: int):
        index, source, query = asked
        rules = ListRules(related_window_days=hours / 24, also_like_window_days=hours / 24)
        for recommend in CONTENT.values():
            for item in recommend(Recommender(index, rules), source, query):
                near = abs(int(index.published[item.row]) - int(index.published[source])) <= hours * HOUR
                assert near or index.published[source] == UNKNOWN_TIME

    @given(questions(), st.sampled_from(Shown))
    def test_whichever_copy_is_shown_the_stories_and_their_scores_are_the_same(self, asked: Asked, shown: Shown):
        index, source, query = asked
        index = replace(index, alike_indptr=np.zeros(len(index) + 1, dtype=np.int64))  # likeness may bar one copy only
        query = replace(query, limit=50, diversity=0, min_score=0)
        of = [
            {int(index.story[item.row]): item for item in related_news(Recommender(index, rules), source, query)}
            for rules in (ListRules(story_shows=Shown.BEST), ListRules(story_shows=shown))
        ]
        best, chosen = of
        assert {story: item.score for story, item in best.items()} == {s: item.score for s, item in chosen.items()}
        for story, item in chosen.items():
            near = index.neighbours(source)
            rows = near.rows[near.scores >= ListRules().related_min_similarity].tolist()
            copies = [row for row in rows if index.story[row] == story and may_show(index.article(row), query)]
            own = [row for row in copies if index.own[row]] if shown is Shown.OWN else []
            assert item.row == (best[story].row if shown is Shown.BEST else min(own or copies))


def edited(name: str, reason: Reason | None) -> Recommend:
    """A list as a page gets it: with what editors say, and a fallback behind it."""

    def answer(recommender: Recommender, source: int, query: Query) -> list[Recommendation]:
        items = CONTENT[name](recommender, source, query)
        if reason is None:
            return items
        beside = shown_beside(recommender, source, query) if name == "also-like" else []
        edits = recommender.edits(name, source, query)
        return filled(recommender, items, query, source, reason, beside, edits)

    return answer


def under(index: ArticleIndex, rules: list[Rule]) -> Recommender:
    return Recommender(index, editorial=EditorialRules.of(rules))


edited_lists = pytest.mark.parametrize("reason", [None, Reason.LATEST, Reason.SECTION])
both_lists = pytest.mark.parametrize("name", list(CONTENT))


class TestEditors:
    """What is true of every list whatever editors say, and what they say, in random worlds."""

    @both_lists
    @edited_lists
    @given(questions(), rulebooks(), st.none() | st.integers(0, 7))
    def test_nothing_stands_in_a_list_that_may_not(
        self, name: str, reason: Reason | None, asked: Asked, rules: list[Rule], hour: int | None
    ):
        index, source, query = asked
        query = replace(query, asked_at=None if hour is None else max(query.as_of, hour * HOUR))
        recommender = under(index, rules)
        items = edited(name, reason)(recommender, source, query)
        page, shown = index.article(source), [index.article(item.row) for item in items]
        effective = recommender.editorial.in_effect(
            query.as_of, query.as_of if query.asked_at is None else query.asked_at
        )
        assert len(items) <= query.limit
        assert all(may_show(article, query) for article in shown)
        assert not any(bars(rule, name, page, article) for rule in effective for article in shown)
        assert not items or not any(silences(rule, name, page) for rule in effective)
        rows = [source, *(item.row for item in items)]
        assert len({int(index.story[row]) for row in rows}) == len(rows)
        assert not any(other in index.alike(row) for row in rows for other in rows)
        assert [item.rank for item in items] == list(range(1, len(items) + 1))
        for item in items:
            assert 0 <= item.score <= 1 + 1e-6
            assert item.score >= query.min_score or item.reason not in {Reason.CONTENT, Reason.BOOSTED}
        assert items == edited(name, reason)(under(index, rules), source, query)

    @given(questions(), rulebooks())
    def test_also_like_shows_nothing_that_related_shows(self, asked: Asked, rules: list[Rule]):
        index, source, query = asked
        recommender = under(index, rules)
        shown = shown_beside(recommender, source, query)
        for reason in (None, Reason.LATEST, Reason.SECTION):
            others = edited("also-like", reason)(recommender, source, query)
            assert not {int(index.story[item.row]) for item in shown} & {int(index.story[item.row]) for item in others}
            assert not {other for item in shown for other in index.alike(item.row)} & {item.row for item in others}

    @edited_lists
    @given(questions(), rulebooks(), interactions(tuple(f"a{number}" for number in range(30))))
    def test_readers_bring_nothing_that_editors_keep_out(
        self, reason: Reason | None, asked: Asked, rules: list[Rule], done: list[Interaction]
    ):
        index, source, query = asked
        query = replace(query, as_of=START + 9 * HOUR)
        read = Popularity(FEW).with_interactions(done)
        recommender = replace(under(index, rules), popularity=read)
        items = edited("also-like", reason)(recommender, source, query)
        page, shown = index.article(source), [index.article(item.row) for item in items]
        effective = recommender.editorial.active(query.as_of)
        assert not any(bars(rule, "also-like", page, article) for rule in effective for article in shown)
        assert not items or not any(silences(rule, "also-like", page) for rule in effective)
        rows = [source, *(item.row for item in items)]
        assert len(items) <= query.limit
        assert len({int(index.story[row]) for row in rows}) == len(rows)
        assert all(0 <= item.score <= 1 + 1e-6 for item in items)
        beside = {int(index.story[item.row]) for item in shown_beside(recommender, source, query)}
        assert not beside & {int(index.story[item.row]) for item in items}

    @given(questions(), st.data())
    def test_what_is_banned_makes_room_for_the_next(self, asked: Asked, data: st.DataObject):
        index, source, query = asked
        every = [index.article(row).id for row in range(len(index))]
        banned = data.draw(st.sets(st.sampled_from(every), max_size=4))
        rules = [Rule(id=each, type=RuleType.BAN, article_id=each) for each in banned]
        excluding = replace(query, exclude=query.exclude | banned)
        assert related_news(under(index, rules), source, query) == related_news(Recommender(index), source, excluding)
        for reason in (Reason.LATEST, Reason.SECTION):
            assert edited("related", reason)(under(index, rules), source, query) == edited("related", reason)(
                Recommender(index), source, excluding
            )

    @both_lists
    @edited_lists
    @given(questions(), rulebooks())
    def test_what_is_pinned_stands_at_its_position(
        self, name: str, reason: Reason | None, asked: Asked, rules: list[Rule]
    ):
        index, source, query = asked
        recommender = under(index, rules)
        items = edited(name, reason)(recommender, source, query)
        edits = recommender.edits(name, source, query)
        told = [
            source,
            *(item.row for item in (shown_beside(recommender, source, query) if name == "also-like" else ())),
        ]
        free = list(range(1, query.limit + 1))
        expected: dict[int, int] = {}
        for position, row in edits.pins:
            article, others = index.article(row), [*told, *expected]
            stands = may_show(article, query) and not edits.silent and row not in edits.barred_rows
            stands &= int(index.section[row]) not in edits.barred_sections
            stands &= index.story[row] not in index.story[others] and not set(index.alike(row)) & set(others)
            if position <= query.limit and stands and any(place >= position for place in free):
                expected[row] = next(place for place in free if place >= position)
                free.remove(expected[row])
        found = {item.row: item.rank for item in items if item.reason is Reason.PINNED}
        assert found.keys() == expected.keys()
        behind = [row for row, place in sorted(expected.items(), key=lambda pair: pair[1]) if place > found[row]]
        assert [item.row for item in items[len(items) - len(behind) :]] == behind  # only where the list ran out

    @given(questions(), st.data(), st.sampled_from([0.0, 0.5, 1.0, 3.0, 10.0]))
    def test_a_boost_multiplies_the_score_and_moves_no_other(self, asked: Asked, data: st.DataObject, factor: float):
        index, source, query = asked
        query = replace(query, limit=50, diversity=0, min_score=0)
        index = replace(index, alike_indptr=np.zeros(len(index) + 1, dtype=np.int64))  # likeness bars the lower one
        boosted = index.article(data.draw(st.integers(0, len(index) - 1))).id
        story = int(index.story[index.row_of(boosted)])
        rules = [Rule(id="1", type=RuleType.BOOST, article_id=boosted, factor=factor)]
        before, after = (related_news(each, source, query) for each in (Recommender(index), under(index, rules)))
        place = {int(index.story[item.row]): item for item in after}
        assert [item.row for item in before if int(index.story[item.row]) != story] == [
            item.row for item in after if int(index.story[item.row]) != story
        ]
        for item in before:
            now = place[int(index.story[item.row])]
            if int(index.story[item.row]) != story:
                assert now.score == item.score
                assert now.reason is Reason.CONTENT
            elif factor >= 1:
                assert now.rank <= item.rank
                assert now.score == pytest.approx(min(1.0, item.score * factor)) or factor > 1
                assert now.reason is (Reason.CONTENT if factor == 1 else now.reason)
            else:
                assert now.rank >= item.rank

    @both_lists
    @given(questions())
    def test_rules_of_other_pages_change_nothing(self, name: str, asked: Asked):
        index, source, query = asked
        rules = [
            Rule(id="1", type=RuleType.SUPPRESS, source_id="لا أحد"),
            Rule(id="2", type=RuleType.BAN, section="رياضة", until=query.as_of),
            Rule(id="3", type=RuleType.PIN, article_id="لا أحد", position=1),
        ]
        assert CONTENT[name](under(index, rules), source, query) == CONTENT[name](Recommender(index), source, query)

    @given(questions())
    def test_an_unknown_article_is_under_the_rules_of_all_pages(self, asked: Asked):
        index, row, query = asked
        article = index.article(row)
        ban = under(index, [Rule(id="1", type=RuleType.BAN, article_id=article.id)])
        edits = ban.edits("related", None, query)
        assert row not in [item.row for item in filled(ban, [], query, None, Reason.LATEST, (), edits)]
        pin = under(index, [Rule(id="1", type=RuleType.PIN, article_id=article.id, position=1)])
        items = filled(pin, [], query, None, Reason.LATEST, (), pin.edits("related", None, query))
        assert [(item.row, item.score) for item in items[:1] if may_show(article, query)] == [
            (row, 0.0) for _ in items[:1] if may_show(article, query)
        ]


class TestFilled:
    @fallbacks
    @given(questions())
    def test_a_list_is_full_when_there_are_stories_enough(self, base: Recommend | None, reason: Reason, asked: Asked):
        index, source, query = asked
        items = filled_with(reason, base)(Recommender(index), source, query)
        if reason is Reason.SECTION and query.section is None:
            query = replace(query, section=index.section_name(source))
        told = {int(index.story[row]) for row in (source, *(item.row for item in items))}
        alike = {other for row in (source, *(item.row for item in items)) for other in index.alike(row)}
        left = [
            row
            for row in range(len(index))
            if may_show(index.article(row), query) and int(index.story[row]) not in told and row not in alike
        ]
        assert len(items) == query.limit or not left

    @fallbacks
    @given(questions())
    def test_what_is_added_follows_newest_first(self, base: Recommend | None, reason: Reason, asked: Asked):
        index, source, query = asked
        items = filled_with(reason, base)(Recommender(index), source, query)
        found = [] if base is None else base(Recommender(index), source, query)
        added = items[len(found) :]
        assert items[: len(found)] == found
        assert [item.row for item in added] == sorted(item.row for item in added)
        sectionless = query.section is None and index.section_name(source) is None
        told = Reason.LATEST if sectionless else reason
        assert all((item.score, item.similarity, item.reason) == (0, 0, told) for item in added)

    @given(questions())
    def test_nothing_is_added_that_another_list_shows(self, asked: Asked):
        index, source, query = asked
        recommender = Recommender(index)
        beside = shown_beside(recommender, source, query)
        for reason in (Reason.LATEST, Reason.SECTION):
            found = you_may_also_like(recommender, source, query)
            items = filled(recommender, found, query, source, reason, beside)
            shown = {int(index.story[item.row]) for item in beside} | {int(index.story[source])}
            assert not shown & {int(index.story[item.row]) for item in items}

    @given(questions())
    def test_an_unknown_article_gets_the_latest(self, asked: Asked):
        index, _, query = asked
        items = filled(Recommender(index), [], query, None, Reason.LATEST)
        expected: list[int] = []
        for row in range(len(index)):
            told = {int(index.story[other]) for other in expected}
            alike = {other for shown in expected for other in index.alike(shown)}
            if may_show(index.article(row), query) and int(index.story[row]) not in told and row not in alike:
                expected.append(row)
        assert [item.row for item in items] == expected[: query.limit]

    def test_a_story_is_told_once_even_if_an_archive_lies_between_its_articles(self):
        between = [Article(id=f"{number:05}", title="خبر", section="رياضة") for number in range(LATEST_BLOCK)]
        copies = [
            Article(id="new", title="خبر", section="سياسة", published_at=AFTER_ALL),
            Article(id="zz", title="خبر", section="سياسة"),
        ]
        index = index_of([*between, *copies], [[0.0]] * (LATEST_BLOCK + 2), [*range(LATEST_BLOCK), "one", "one"])
        items = filled(Recommender(index), [], Query(as_of=NEVER - 1, section="سياسة"), None, Reason.LATEST)
        assert [index.article(item.row).id for item in items] == ["new"]

    def test_a_copy_of_what_may_not_stand_has_its_own_place(self):
        articles = [Article(id=name, title="خبر") for name in "abcd"]
        index = index_of(articles, [[0.0]] * 4, ["a", "copies", "c", "copies"], alike=[(0, 1)])
        items = filled(Recommender(index), [], Query(as_of=NEVER - 1), None, Reason.LATEST)
        assert [index.article(item.row).id for item in items] == ["a", "c", "d"]

    def test_a_copy_keeps_nothing_out_that_stands_before_it(self):
        articles = [Article(id=name, title="خبر") for name in "abcd"]
        index = index_of(articles, [[0.0]] * 4, ["a", "copies", "c", "copies"], alike=[(0, 1), (2, 3)])
        items = filled(Recommender(index), [], Query(as_of=NEVER - 1), None, Reason.LATEST)
        assert [index.article(item.row).id for item in items] == ["a", "c"]

    @given(questions())
    def test_section_adds_from_the_section_of_the_article(self, asked: Asked):
        index, source, query = asked
        for item in filled(Recommender(index), [], replace(query, section=None), source, Reason.SECTION):
            assert index.section_name(source) in (None, index.section_name(item.row))


@pytest.fixture(scope="module")
def model(trained: Path) -> Model:
    return Registry(trained).load_current()


def ids(model: Model, items: list[Recommendation]) -> list[str]:
    return [model.index.article(item.row).id for item in items]


def ask(model: Model, recommend: Recommend, article_id: str, **query: object) -> list[str]:
    asked = Query(**{"as_of": to_microseconds(AFTER_ALL), **query})  # type: ignore[arg-type]  # names from a table
    return ids(model, recommend(model.recommender, model.index.row_of(article_id), asked))


class TestVisibleWorld:
    @pytest.mark.parametrize("article", [f"{topic}-{number}" for topic in SECTIONS for number in (1, 2, 3)])
    def test_what_is_related_is_about_the_topic(self, model: Model, article: str):
        found = ask(model, related_news, article, limit=3)
        assert len(found) == 3
        assert all(topics_of(article) & topics_of(each) for each in found)
        assert found[0].startswith(article.partition("-")[0])

    def test_a_copy_never_stands_beside_its_original(self, model: Model):
        for recommend in CONTENT.values():
            assert COPY not in ask(model, recommend, "football-1", limit=50)
            assert "football-1" not in ask(model, recommend, COPY, limit=50)

    def test_a_copy_and_its_original_never_stand_in_one_list(self, model: Model):
        for article in ("football-2", "football-3", "football-5"):
            found = ask(model, related_news, article, limit=50)
            assert len({"football-1", COPY}.intersection(found)) == 1

    def test_also_like_looks_beyond_the_section(self, model: Model):
        assert any(not each.startswith("football") for each in ask(model, you_may_also_like, "football-5", limit=2))

    def test_only_the_past_is_seen(self, model: Model):
        day_two = to_microseconds(FIRST_DAY) + 3 * 86_400_000_000
        assert {each[-1] for each in ask(model, related_news, "water-6", as_of=day_two)} <= {"1", "2"}

    def test_a_section_can_be_asked_for_and_left_out(self, model: Model):
        inside = ask(model, related_news, "football-6", section=SECTIONS["elections"], limit=3)
        assert inside
        assert all(each.startswith("elections") for each in inside)
        outside = ask(model, related_news, "football-6", exclude_section=SECTIONS["elections"], limit=3)
        assert outside
        assert not any(each.startswith("elections") for each in outside)

    def test_an_excluded_article_makes_room_for_the_next(self, model: Model):
        first, *rest = ask(model, related_news, "health-1", limit=3)
        assert ask(model, related_news, "health-1", limit=2, exclude=frozenset({first})) == rest


def test_an_article_alone_in_the_world_has_no_list():
    index = index_of([Article(id="1", title="خبر وحيد")], [[1.0]])
    for recommend in LISTS.values():
        assert recommend(Recommender(index), 0, Query(as_of=NEVER - 1)) == []


def test_articles_without_a_word_in_common_are_not_related():
    index = index_of([Article(id=name, title="خبر") for name in "123"], [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    for source in range(3):
        for recommend in CONTENT.values():
            assert recommend(Recommender(index), source, Query(as_of=NEVER - 1)) == []


def test_articles_that_share_next_to_nothing_are_not_related():
    index = index_of([Article(id=name, title="خبر") for name in "12"], [[1.0, 100.0, 0.0], [1.0, 0.0, 100.0]])
    for recommend in CONTENT.values():
        assert recommend(Recommender(index), 0, Query(as_of=NEVER - 1)) == []
