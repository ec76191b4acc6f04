"""models.editorial: rules as they are written, refused, kept and in effect."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.answers import ListName
from models.editorial import EditorialRules, Rule, RuledList, RuleType, StoredRule
from models.errors import RuleRefused
from tests.support.editorial import MOMENTS, rules
from tests.support.indexes import HOUR

PIN = {"id": "عاجل", "type": "pin", "article_id": "أخبار/1"}


def read(**members: Any) -> Rule:
    return Rule.from_record({**PIN, **members})


@given(rules())
def test_a_rule_is_read_as_it_was_written(rule: Rule):
    assert Rule.from_json(rule.to_json()) == rule
    assert None not in json.loads(rule.to_json()).values()


def test_a_record_has_the_members_of_the_contract():
    record = {
        "id": "r1",
        "type": "boost",
        "section": "رياضة",
        "source_section": "صحة",
        "lists": ["also-like", "related"],
        "factor": 1.5,
        "validity": {"from": "2026-11-23T10:00:00Z", "until": "2026-11-24T10:00:00.000001Z"},
        "note": "أسبوع الكأس",
    }
    assert Rule.from_record(record).to_record() == record


def test_a_pin_is_the_first_unless_said_otherwise():
    assert read().position == 1
    assert read(position=3).position == 3


def test_an_open_end_may_be_left_out():
    assert read(validity={"from": "2026-11-23"}).until is None
    assert read(validity={"until": "2026-11-23"}).since is None
    assert read(validity=None) == read()


def test_the_lists_of_an_article_can_be_named():
    assert set(ListName) <= set(RuledList)


@pytest.mark.parametrize(
    ("members", "at_fault"),
    [
        ({"id": ""}, "id"),
        ({"id": "a" * 129}, "id"),
        ({"id": "a\nb"}, "id"),
        ({"id": "a\x85b"}, "id"),
        ({"article_id": None}, "article_id"),
        ({"article_id": None, "section": "رياضة"}, "article_id"),
        ({"article_id": ""}, "article_id"),
        ({"section": "رياضة"}, "section"),
        ({"source_id": "a", "source_section": "رياضة"}, "source_section"),
        ({"source_id": "أخبار/1"}, "source_id"),
        ({"position": None}, "position"),
        ({"position": 0}, "position"),
        ({"position": 51}, "position"),
        ({"factor": 2.0}, "factor"),
        ({"lists": []}, "lists"),
        ({"lists": ["front"]}, "type"),
        ({"note": "ن" * 2001}, "note"),
        ({"validity": {"from": "2026-11-24", "until": "2026-11-24"}}, "validity"),
        ({"validity": {"from": "yesterday"}}, "type"),
        ({"validity": ["from"]}, "type"),
        ({"type": "hide"}, "type"),
        ({"type": "ban", "position": None, "article_id": None}, "article_id"),
        ({"type": "ban", "position": None, "article_id": None, "source_id": "a"}, "article_id"),
        ({"type": "ban", "position": 1}, "position"),
        ({"type": "boost", "article_id": None, "factor": 2.0}, "article_id"),
        ({"type": "boost"}, "factor"),
        ({"type": "boost", "factor": -0.1}, "factor"),
        ({"type": "boost", "factor": 10.1}, "factor"),
        ({"type": "boost", "factor": float("nan")}, "factor"),
        ({"type": "suppress", "article_id": None}, "article_id"),
        ({"type": "suppress", "factor": 1.0}, "factor"),
    ],
)
def test_what_is_no_rule_is_refused_by_the_member_at_fault(members: dict[str, Any], at_fault: str):
    with pytest.raises(RuleRefused) as refusal:
        read(**members)
    assert refusal.value.member == at_fault
    assert str(refusal.value).startswith(f"{at_fault} ")


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"type": "pin"}', '{"id": 5, "type": "ban", "section": "أ"}']
)
def test_text_that_is_no_rule_is_refused(text: str):
    with pytest.raises(RuleRefused):
        Rule.from_json(text)


@given(rules(), st.sampled_from(MOMENTS))
def test_a_rule_is_in_effect_from_its_beginning_until_before_its_end(rule: Rule, at: int):
    assert rule.is_active(at) == ((rule.since is None or rule.since <= at) and (rule.until is None or at < rule.until))


def test_validity_is_exact_to_the_microsecond():
    rule = read(validity={"from": "2026-11-23T10:00:00.000001Z", "until": "2026-11-23T10:00:00.000003Z"})
    assert rule.since is not None
    assert [rule.is_active(rule.since + step) for step in (-1, 0, 1, 2)] == [False, True, True, False]


@given(st.lists(rules(), max_size=8))
def test_rules_are_kept_by_id_and_the_last_of_an_id_counts(given_rules: list[Rule]):
    kept = EditorialRules()
    for seq, rule in enumerate(given_rules, 1):
        kept = kept.with_rule(rule, seq, 10 * seq, f"key-{seq}")
    last = {rule.id: (seq, rule) for seq, rule in enumerate(given_rules, 1)}
    assert kept.stored == {
        rule_id: StoredRule(rule, seq, 10 * seq, f"key-{seq}") for rule_id, (seq, rule) in last.items()
    }
    assert [rule.id for rule in kept.rules] == sorted(last)
    assert len(kept) == len(last)
    assert EditorialRules.of(kept.rules).rules == kept.rules


def test_a_change_leaves_the_rules_before_it_as_they_were():
    one, other = read(id="1"), read(id="2")
    before = EditorialRules.of([one])
    assert before.with_rule(other).rules == (one, other)
    assert before.without("1").rules == ()
    assert before.without("2") is before
    assert before.rules == (one,)


@given(st.lists(rules(), max_size=8), st.sampled_from(MOMENTS))
def test_between_turns_the_same_rules_are_in_effect(given_rules: list[Rule], at: int):
    kept = EditorialRules.of(given_rules)
    turns = kept.turns.tolist()
    assert turns == sorted({moment for rule in kept.rules for moment in (rule.since, rule.until) if moment is not None})
    begun = max((moment for moment in turns if moment <= at), default=-HOUR)
    assert kept.active(at) == kept.active(begun)
    assert kept.state(at) == kept.state(begun)


def test_what_was_taken_down_is_not_shown_in_the_past_either():
    later = {"since": 100}
    rules = EditorialRules.of(
        [
            replace(read(id="pin"), **later),
            Rule(id="ban", type=RuleType.BAN, article_id="a", **later),
            Rule(id="boost", type=RuleType.BOOST, article_id="a", factor=2.0, **later),
            Rule(id="over", type=RuleType.BAN, article_id="a", until=60),
            Rule(id="suppress", type=RuleType.SUPPRESS, source_id="a", **later),
        ]
    )
    assert [rule.id for rule in rules.in_effect(50, 200)] == ["ban", "over", "suppress"]
    assert [rule.id for rule in rules.in_effect(50, 50)] == ["over"]
    assert [rule.id for rule in rules.in_effect(200, 200)] == ["ban", "boost", "pin", "suppress"]
