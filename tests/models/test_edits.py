"""models.edits: what rules mean in the rows of an index, compared with one rule after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article
from models.editorial import EditorialRules, Rule, RuledList, RuleType
from models.edits import SHEETS, Desk, Edits
from models.index import ArticleIndex
from tests.support.editorial import MOMENTS, bars, rulebooks, silences
from tests.support.indexes import index_of, indexes

NAMES = st.sampled_from(list(RuledList))


def desk(index: ArticleIndex, *rules: Rule) -> Desk:
    return Desk(index, EditorialRules.of(rules))


def allowed(edits: Edits, index: ArticleIndex) -> list[int]:
    rows = np.arange(len(index), dtype=np.int32)
    mask = edits.allowed(index, rows)
    return rows.tolist() if mask is None else rows[mask].tolist()


@given(indexes(), rulebooks(), NAMES, st.sampled_from(MOMENTS), st.sampled_from(MOMENTS), st.data())
def test_edits_are_what_the_rules_say(
    index: ArticleIndex, rules: list[Rule], name: RuledList, as_of: int, now: int, data: st.DataObject
):
    source = data.draw(st.none() | st.integers(0, len(index) - 1))
    edits = desk(index, *rules).edits(name, source, as_of, now)
    page = None if source is None else index.article(source)
    effective = EditorialRules.of(rules).in_effect(as_of, now)
    assert edits.silent == any(silences(rule, name, page) for rule in effective)
    articles = [index.article(row) for row in range(len(index))]
    barred = [any(bars(rule, name, page, article) for rule in effective) for article in articles]
    assert allowed(edits, index) == [row for row, out in enumerate(barred) if not out]


@pytest.fixture
def index() -> ArticleIndex:
    sections = {"a": "رياضة", "b": "رياضة", "c": "صحة", "d": None}
    return index_of([Article(id=name, title="خبر", section=section) for name, section in sections.items()], [[1.0]] * 4)


def boost(rule_id: str, factor: float, **members: str) -> Rule:
    return Rule(id=rule_id, type=RuleType.BOOST, factor=factor, **members)


def pin(rule_id: str, article_id: str, position: int = 1, **members: str) -> Rule:
    return Rule(id=rule_id, type=RuleType.PIN, article_id=article_id, position=position, **members)


def test_boosts_of_an_article_and_of_its_section_multiply(index: ArticleIndex):
    rules = (
        boost("1", 2.0, article_id="a"),
        boost("2", 3.0, section="رياضة"),
        boost("3", 0.5, article_id="a", source_id="c"),
        boost("4", 0.1, article_id="a", source_section="صحة"),
        boost("5", 7.0, section="رياضة", source_id="d"),
    )
    made = desk(index, *rules)
    everything = np.arange(4, dtype=np.int32)

    def factors(source: int | None) -> list[float]:
        found = made.edits("related", source, 0, 0).boosts(index, everything)
        assert found is not None
        return [round(float(factor), 3) for factor in found]

    assert factors(None) == factors(1) == [6, 3, 1, 1]
    assert factors(index.row_of("c")) == [0.3, 3, 1, 1]
    assert factors(index.row_of("d")) == [42, 21, 1, 1]
    assert desk(index).edits("related", None, 0, 0).boosts(index, everything) is None


def test_pins_stand_by_position_then_by_rule(index: ArticleIndex):
    made = desk(index, pin("2", "a", 2), pin("3", "b"), pin("1", "c", 2), pin("0", "d", 1, source_section="صحة"))
    assert [index.article(row).id for _, row in made.edits("related", None, 0, 0).pins] == ["b", "c", "a"]
    on_health = made.edits("related", index.row_of("c"), 0, 0).pins
    assert [(position, index.article(row).id) for position, row in on_health] == [
        (1, "d"),
        (1, "b"),
        (2, "c"),
        (2, "a"),
    ]


def test_a_suppressed_source_silences_its_own_lists_and_others_by_name(index: ArticleIndex):
    own = Rule(id="1", type=RuleType.SUPPRESS, source_id="a")
    named = Rule(id="2", type=RuleType.SUPPRESS, source_id="b", lists=frozenset({RuledList.MOST_READ}))
    made = desk(index, own, named)
    silent = {name: [made.edits(name, row, 0, 0).silent for row in (0, 1, 2)] for name in RuledList}
    assert silent == {
        "related": [True, False, False],
        "also-like": [True, False, False],
        "latest": [False, False, False],
        "most-read": [False, True, False],
        "trending": [False, False, False],
    }


def test_what_the_index_does_not_know_has_no_effect(index: ArticleIndex):
    rules = [
        pin("1", "nobody"),
        boost("2", 2.0, section="لا قسم"),
        Rule(id="3", type=RuleType.SUPPRESS, article_id="a", source_id="nobody"),
        Rule(id="4", type=RuleType.SUPPRESS, source_section="لا قسم"),
        Rule(id="5", type=RuleType.BAN, article_id="nobody"),
    ]
    edits = desk(index, *rules).edits("related", 0, 0, 0)
    assert (edits.silent, edits.pins, edits.factors, edits.section_factors) == (False, (), {}, {})
    assert allowed(edits, index) == [0, 1, 2, 3]


def test_many_states_of_the_rules_are_no_trouble(index: ArticleIndex):
    rules = [Rule(id=str(at), type=RuleType.BAN, article_id="a", since=at, until=at + 1) for at in range(0, 400, 2)]
    made = desk(index, *rules)
    for at in [*range(3 * SHEETS), 0]:
        assert allowed(made.edits("related", 1, at, at), index) == ([1, 2, 3] if at % 2 == 0 else [0, 1, 2, 3])
