"""Random editorial rules about the articles and sections of the random worlds in tests/support/indexes."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from models.article import Article
from models.editorial import Rule, RuledList, RuleType
from tests.support.indexes import HOUR, seeds

MOMENTS = [hour * HOUR - before for hour in range(8) for before in (0, 1)]  # when articles appear and expire
IDS = [*(f"a{number}" for number in range(30)), "لا أحد"]
SECTIONS = ["سياسة", "رياضة", "صحة", "لا قسم"]


@st.composite
def rules(draw: st.DrawFn, ids: list[str] = IDS) -> Rule:
    """Any rule about some of the ids."""
    return any_rule(draw(seeds), ids)


@st.composite
def rulebooks(draw: st.DrawFn, ids: list[str] = IDS) -> list[Rule]:
    """Some rules, each with its own id."""
    pick = draw(seeds)
    return [any_rule(pick, ids, rule_id=f"r{number}") for number in range(pick.choice([1, 2, 4, 8]))]


def any_rule(pick: Random, ids: list[str], rule_id: str | None = None, moments: Sequence[int] = MOMENTS) -> Rule:
    """Any rule about some of the ids; it begins and ends at some of the moments, microseconds."""
    kind = pick.choice(list(RuleType))
    target = {"article_id": pick.choice(ids)} if kind is RuleType.PIN else _named(pick, ids, "article_id", "section")
    source = _named(pick, ids, "source_id", "source_section") if pick.random() < 0.5 else {}
    if kind is RuleType.SUPPRESS and source and pick.random() < 0.5:
        target = {}
    if "article_id" in target and target["article_id"] == source.get("source_id"):
        source = {}
    since, until = sorted(pick.sample(moments, 2))
    return Rule(
        id=rule_id or pick.choice(["r1", "r2", "r3", "قاعدة"]),
        type=kind,
        **target,
        **source,
        lists=frozenset(pick.sample(list(RuledList), pick.randint(1, 3))) if pick.random() < 0.3 else None,
        position=pick.choice([1, 1, 2, 3, 50]) if kind is RuleType.PIN else None,
        factor=pick.choice([0.0, 0.5, 1.0, 3.0, 10.0]) if kind is RuleType.BOOST else None,
        since=since if pick.random() < 0.2 else None,
        until=until if pick.random() < 0.2 else None,
        note=pick.choice(["", "قرار المحكمة"]),
    )


def _named(pick: Random, ids: list[str], article: str, section: str) -> dict[str, Any]:
    return {section: pick.choice(SECTIONS)} if pick.random() < 0.25 else {article: pick.choice(ids)}


def bars(rule: Rule, name: str, page: Article | None, article: Article) -> bool:
    """Whether a rule alone keeps an article out of a list on the page of another, or on none."""
    if rule.type not in {RuleType.BAN, RuleType.SUPPRESS} or not rule.has_target or not _is_for(rule, name):
        return False
    forth = _is_target(rule, article) and (not rule.has_source or _is_source(rule, page))
    back = rule.type is RuleType.SUPPRESS and rule.has_source and _is_source(rule, article) and _is_target(rule, page)
    return forth or back


def silences(rule: Rule, name: str, page: Article | None) -> bool:
    """Whether a rule alone keeps a list on the page of an article empty."""
    if rule.type is not RuleType.SUPPRESS or rule.has_target or not _is_source(rule, page):
        return False
    return name in {"related", "also-like"} if rule.lists is None else name in rule.lists


def _is_for(rule: Rule, name: str) -> bool:
    return rule.lists is None or name in rule.lists


def _is_target(rule: Rule, article: Article | None) -> bool:
    return article is not None and (
        rule.article_id == article.id if rule.article_id else rule.section == article.section
    )


def _is_source(rule: Rule, article: Article | None) -> bool:
    return article is not None and (
        rule.source_id == article.id if rule.source_id else rule.source_section == article.section
    )
